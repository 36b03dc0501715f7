#include "bestowctl/certificate_commands.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "SERIAL", "serial", LOOK_SERIAL },
	{ "KIND", "kind", LOOK_TEXT },
	{ "CA", "ca", LOOK_TEXT },
	{ "CAME TO", "profile", LOOK_TEXT },
	{ "BEGAN", "not_before", LOOK_DATE },
	{ "ENDS", "not_after", LOOK_DATE },
	{ "TIMES", "times", LOOK_TEXT },
	{ "LAST", "last_seen", LOOK_DATE },
	{ "SUBJECT", "subject", LOOK_TEXT },
};

void show_unknown(const struct invocation *invocation, const json_t *result)
{
	const json_t *list = json_at(result, "certificates");
	const json_t *next = json_at(result, "next_cursor");

	print_table(invocation, list, columns, ARRAY_LEN(columns),
		    "no certificate of these CAs came by that the store does not know");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there are more: --cursor %" JSON_INTEGER_FORMAT,
			   json_integer_value(next));
	if (json_array_size(list) > 0)
		print_hint(invocation, "lost: a restored backup explains it; cert adopt takes it "
				       "in. unexplained: is the CA's key in other hands?");
}

/* What came of all the pieces together. */
struct sums {
	json_t *adopted, *refused;
	json_int_t known;
};

static void sums_done(struct sums *sums)
{
	json_decref(sums->adopted);
	json_decref(sums->refused);
}

/* All of them are asked for in pieces: those that were taken in are listed no more, and the last
 * piece is what was refused. */
static int ask(const struct invocation *invocation, struct sums *sums)
{
	bool all = json_is_true(json_at(invocation->params, "all"));
	size_t adopted;

	do {
		json_auto_t *result = NULL;
		int code = command_ask(invocation, "cert.adopt", invocation->params, &result);

		if (code != EXIT_DONE)
			return code;
		adopted = json_array_size(json_at(result, "adopted"));
		json_array_extend(sums->adopted, json_object_get(result, "adopted"));
		json_array_clear(sums->refused);
		json_array_extend(sums->refused, json_object_get(result, "refused"));
		sums->known += json_integer_value(json_at(result, "known"));
	} while (all && adopted > 0);
	return EXIT_DONE;
}

static void tell_refused(const json_t *refused)
{
	size_t i;
	const json_t *certificate;

	json_array_foreach((json_t *)refused, i, certificate)
	{
		fprintf(stderr, "%s (", json_text_at(certificate, "serial"));
		fprintf(stderr, "%s): ", json_text_at(certificate, "subject"));
		fprintf(stderr, "%s\n", json_text_at(certificate, "detail"));
	}
}

static void tell(const struct invocation *invocation, const struct sums *sums)
{
	printf("%zu certificates are taken in, %lld were known, %zu are refused\n",
	       json_array_size(sums->adopted), (long long)sums->known,
	       json_array_size(sums->refused));
	fflush(stdout);
	tell_refused(sums->refused);
	if (json_array_size(sums->adopted) > 0)
		print_hint(invocation, "they renew as any other from now on, and cert revoke ends "
				       "them: revoke again what was revoked before");
}

int certificate_adopt(const struct invocation *invocation)
{
	CLEANUP(sums_done)
	struct sums sums = { .adopted = json_array(), .refused = json_array() };
	int code = ask(invocation, &sums);

	if (code != EXIT_DONE)
		return code;
	json_auto_t *whole = json_pack("{s:O, s:I, s:O}", "adopted", sums.adopted, "known",
				       sums.known, "refused", sums.refused);
	if (invocation->global->json)
		print_json(whole);
	else
		tell(invocation, &sums);
	return json_array_size(sums.refused) ? EXIT_FAILED : EXIT_DONE;
}
