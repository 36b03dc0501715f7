#include <string.h>

#include "bestow/command.h"
#include "bestow/conformance.h"
#include "bestow/say.h"
#include "est_client/failure.h"

/* ENR-02 comes before what looks at its certificate, and CA-02 looks at it too. */
static const struct item_list *const families[] = {
	&tls_items,      &http_items,    &enroll_items,   &identity_items,
	&encoding_items, &cacerts_items, &csrattrs_items, &binding_items,
};

static bool is_wanted(const struct options *options, const struct item *item)
{
	for (size_t i = 0; i < options->only.count; i++)
		if (strncmp(item->id, options->only.items[i], strlen(options->only.items[i])) == 0)
			return true;
	return options->only.count == 0;
}

static unsigned int cost_of(const struct kit *kit, const struct item *item)
{
	return item->cost + (item->uses_first && !kit->first_is_tried);
}

/* False, with the reason, for what the user does not want to pay. */
static bool is_allowed(const struct kit *kit, const struct item *item, struct finding *finding)
{
	unsigned int most = cost_of(kit, item) + item->risk;

	if (most == 0)
		return true;
	if (!kit->may_enroll)
		snprintf(finding->words, sizeof finding->words, "--no-enroll");
	else if (kit->certificates + most > kit->certificates_max)
		snprintf(finding->words, sizeof finding->words,
			 "%u certificates were issued, and this might need %u more: "
			 "--max-certificates %u",
			 kit->certificates, most, kit->certificates_max);
	else
		return true;
	return false;
}

static void run_item(struct kit *kit, const struct item *item, struct outcomes *outcomes)
{
	struct outcome *outcome = &outcomes->rows[outcomes->count++];

	outcome->item = item;
	outcome->verdict = NOT_APPLICABLE;
	if (is_allowed(kit, item, &outcome->finding))
		outcome->verdict = item->run(kit, &outcome->finding);
	if (outcome->verdict == FAILED && !item->is_must)
		outcome->verdict = WARNED;
	outcomes->of[outcome->verdict]++;
}

/* What all of it asks for, and what a server would issue that refuses nothing. */
static void say_cost(const struct options *options, const struct kit *kit)
{
	unsigned int cost = 0, risk = 0;
	bool uses_first = false;

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		for (size_t k = 0; k < families[i]->count; k++) {
			const struct item *item = &families[i]->items[k];

			if (!is_wanted(options, item))
				continue;
			cost += item->cost;
			risk += item->risk;
			uses_first |= item->uses_first;
		}
	cost += uses_first;
	if (!kit->may_enroll)
		say_done(options, "asks for no certificates");
	else
		say_done(options,
			 "asks for up to %u certificates; a server that accepts what it must "
			 "refuse may issue %u more; never more than %u in all",
			 cost, risk, kit->certificates_max);
}

static size_t item_count(void)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		count += families[i]->count;
	return count;
}

/* A server that nobody can reach fails no item. */
static bool is_reachable(const struct kit *kit, struct error *err)
{
	CLEANUP(probe_freep) struct probe *probe = NULL;
	const struct probe_wish wish = { .client = kit->anonymous.client };
	struct probe_facts facts = { 0 };

	return probe_open(&wish, &probe, &facts, err) || facts.hello_sent;
}

static int run_all(struct options *options, struct kit *kit)
{
	struct outcomes outcomes = { .rows = calloc(item_count(), sizeof *outcomes.rows) };
	struct error err = { 0 };

	if (!outcomes.rows)
		(void)error_set(&err, REASON_NO_MEMORY, "report");
	if (!outcomes.rows || !is_reachable(kit, &err)) {
		free(outcomes.rows);
		return fail_here(options, &err);
	}
	say_cost(options, kit);
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		for (size_t k = 0; k < families[i]->count; k++)
			if (is_wanted(options, &families[i]->items[k]))
				run_item(kit, &families[i]->items[k], &outcomes);
	outcomes.certificates = kit->certificates;
	int code = outcomes_tell(options, &outcomes);
	free(outcomes.rows);
	return code;
}

int cmd_conformance(struct options *options)
{
	struct kit kit = { 0 };
	struct bestow_error err = { 0 };

	if (!kit_open(options, &kit, &err))
		return fail_client(options, &err);
	int code = run_all(options, &kit);
	kit_close(&kit);
	return code;
}
