#include "jobs/failures.h"

#define RETRY_SECONDS 5 /* a token comes back when it comes back */
#define COMPLAIN_SECONDS 60

struct failure {
	int64_t ca_id, tried, complained;
};

static struct failure *find(const struct failures *failures, int64_t ca_id)
{
	for (size_t i = 0; i < failures->count; i++)
		if (failures->items[i].ca_id == ca_id)
			return &failures->items[i];
	return NULL;
}

static struct failure *add(struct failures *failures, int64_t ca_id)
{
	struct failure *grown = reallocarray(failures->items, failures->count + 1, sizeof *grown);

	if (!grown)
		return NULL;
	failures->items = grown;
	grown[failures->count] = (struct failure){ .ca_id = ca_id };
	return &grown[failures->count++];
}

bool failures_let_try(const struct failures *failures, const struct jobs_options *options,
		      const struct ca *ca)
{
	const struct failure *failure = find(failures, ca->id);

	if (options->concerns && !options->concerns(options->context, ca))
		return false;
	return !failure || clock_now(options->clock) >= failure->tried + RETRY_SECONDS;
}

void failures_note(struct failures *failures, const struct jobs_options *options, const char *event,
		   const struct ca *ca, const struct error *err)
{
	struct failure *failure = find(failures, ca->id);
	int64_t now = clock_now(options->clock);

	if (!failure)
		failure = add(failures, ca->id);
	if (failure)
		failure->tried = now;
	if (failure && now < failure->complained + COMPLAIN_SECONDS)
		return;
	if (failure)
		failure->complained = now;
	options->complain(options->context, event, ca, err);
}

void failures_done(struct failures *failures)
{
	free(failures->items);
	*failures = (struct failures){ 0 };
}
