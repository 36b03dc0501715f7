/* From the name to a rehearsal: which link of the chain between device and certificate is broken.
 */
#include <string.h>

#include "bestow/command.h"
#include "bestow/doctor.h"
#include "bestow/say.h"

static const struct check {
	const char *name;
	bool (*run)(struct examination *examination, struct bestow_error *err);
	bool needs_network; /* not tried once an earlier one of these is broken */
} checks[] = {
	{ "name", check_name, true },
	{ "connection", check_connection, true },
	{ "TLS", check_tls, true },
	{ "trust", check_trust, true },
	{ "clock", check_clock, true },
	{ "key", check_key, false },
	{ "csrattrs", check_csrattrs, true },
	{ "credential", check_credential, false },
	{ "rehearsal", check_rehearsal, false },
};

struct report {
	json_t *list;
	struct buffer text;
	struct bestow_error first; /* that was broken */
	bool network_is_broken;
};

static void add(struct report *report, const struct check *check, const char *state,
		const char *words, const char *remedy)
{
	json_array_append_new(report->list,
			      json_pack("{s:s, s:s, s:s, s:s}", "check", check->name, "state",
					state, "words", words, "remedy", remedy));
	buffer_printf(&report->text, "%s%-7s %-11s %s%s%s", report->text.len ? "\n" : "", state,
		      check->name, words, *remedy ? "\n                    " : "", remedy);
}

static void add_broken(struct report *report, const struct check *check,
		       const struct bestow_error *err)
{
	char words[2 * BESTOW_DETAIL_MAX];

	snprintf(words, sizeof words, "%s: %s [%s]", err->words, err->detail, err->code);
	add(report, check, "broken", words, err->remedy);
	if (!report->first.code)
		report->first = *err;
	report->network_is_broken |= check->needs_network;
}

static void run_check(struct report *report, const struct check *check,
		      struct examination *examination)
{
	struct bestow_error err = { 0 };

	examination->words[0] = '\0';
	examination->is_warning = false;
	if (check->needs_network && report->network_is_broken)
		add(report, check, "-", "not tried", "");
	else if (!check->run(examination, &err))
		add_broken(report, check, &err);
	else
		add(report, check, examination->is_warning ? "warning" : "ok", examination->words,
		    "");
}

static int tell(struct options *options, struct report *report)
{
	const char *text = buffer_cstring(&report->text);
	int code = say_result(options,
			      json_pack("{s:b, s:o}", "sound", report->first.code == NULL, "checks",
					report->list),
			      "%s", text ? text : "");

	return report->first.code ? (int)report->first.outcome : code;
}

int cmd_doctor(struct options *options)
{
	struct report report = { .list = json_array() };
	struct examination examination = { .options = options };
	struct bestow_error err = { 0 };
	int code;

	if (examination_begin(&examination, &err)) {
		for (size_t i = 0; i < ARRAY_LEN(checks); i++)
			run_check(&report, &checks[i], &examination);
		code = tell(options, &report);
	} else {
		json_decref(report.list);
		code = fail_client(options, &err);
	}
	buffer_done(&report.text);
	examination_done(&examination);
	return code;
}
