/* What was found, for people, for programs and for CI. */
#include "base/file.h"
#include "base/utf8.h"
#include "bestow/conformance.h"
#include "bestow/say.h"

const char *verdict_text(enum verdict verdict)
{
	switch (verdict) {
	case PASSED:
		return "passed";
	case WARNED:
		return "warning";
	case FAILED:
		return "failed";
	case NOT_APPLICABLE:
	case VERDICT_COUNT:
		break;
	}
	return "not applicable";
}

static bool is_bad(const struct outcome *outcome)
{
	return outcome->verdict == FAILED || outcome->verdict == WARNED;
}

static void write_text(const struct outcomes *outcomes, struct buffer *to)
{
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct outcome *outcome = &outcomes->rows[i];

		buffer_printf(to, "%-14s %-7s %s\n%23s%s\n", verdict_text(outcome->verdict),
			      outcome->item->id, outcome->item->title, "", outcome->finding.words);
		if (is_bad(outcome))
			buffer_printf(to, "%23s%s\n", "", outcome->item->rule);
	}
	buffer_printf(to,
		      "%zu passed, %zu failed, %zu warnings, %zu not applicable; %u certificates "
		      "issued",
		      outcomes->of[PASSED], outcomes->of[FAILED], outcomes->of[WARNED],
		      outcomes->of[NOT_APPLICABLE], outcomes->certificates);
}

static json_t *make_json(const struct options *options, const struct outcomes *outcomes)
{
	json_t *list = json_array();

	for (size_t i = 0; i < outcomes->count; i++) {
		const struct outcome *outcome = &outcomes->rows[i];
		char words[sizeof outcome->finding.words];

		snprintf(words, sizeof words, "%s", outcome->finding.words);
		utf8_clean(words);
		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id",
						outcome->item->id, "title", outcome->item->title,
						"level", outcome->item->is_must ? "must" : "should",
						"verdict", verdict_text(outcome->verdict), "words",
						words, "rule", outcome->item->rule));
	}
	return json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "url", options->url, "passed",
			 (int)outcomes->of[PASSED], "failed", (int)outcomes->of[FAILED], "warnings",
			 (int)outcomes->of[WARNED], "not_applicable",
			 (int)outcomes->of[NOT_APPLICABLE], "certificates",
			 (int)outcomes->certificates, "items", list);
}

/* -- JUnit -- */

static void write_escaped(struct buffer *to, const char *text)
{
	char clean[sizeof((struct finding *)0)->words];

	snprintf(clean, sizeof clean, "%s", text);
	utf8_clean(clean);
	for (const char *at = clean; *at; at++)
		switch (*at) {
		case '&':
			buffer_append_text(to, "&amp;");
			break;
		case '<':
			buffer_append_text(to, "&lt;");
			break;
		case '"':
			buffer_append_text(to, "&quot;");
			break;
		default:
			buffer_append_byte(to, (unsigned char)*at);
		}
}

static void write_element(struct buffer *to, const char *element, const char *words,
			  const char *rule)
{
	buffer_printf(to, "    <%s message=\"", element);
	write_escaped(to, words);
	if (rule) {
		buffer_append_text(to, "\">");
		write_escaped(to, rule);
		buffer_printf(to, "</%s>\n", element);
		return;
	}
	buffer_append_text(to, "\"/>\n");
}

static void write_case(struct buffer *to, const struct outcome *outcome)
{
	buffer_printf(to, "  <testcase classname=\"est\" name=\"%s ", outcome->item->id);
	write_escaped(to, outcome->item->title);
	buffer_append_text(to, "\">\n");
	switch (outcome->verdict) {
	case FAILED:
		write_element(to, "failure", outcome->finding.words, outcome->item->rule);
		break;
	case NOT_APPLICABLE:
		write_element(to, "skipped", outcome->finding.words, NULL);
		break;
	case PASSED:
	case WARNED:
	case VERDICT_COUNT:
		buffer_printf(to, "    <system-out>%s: ", verdict_text(outcome->verdict));
		write_escaped(to, outcome->finding.words);
		buffer_append_text(to, "</system-out>\n");
	}
	buffer_append_text(to, "  </testcase>\n");
}

static bool save_junit(const char *path, const struct outcomes *outcomes, struct error *err)
{
	CLEANUP(buffer_done) struct buffer xml = { 0 };

	buffer_printf(&xml,
		      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"EST "
		      "conformance\" tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
		      outcomes->count, outcomes->of[FAILED], outcomes->of[NOT_APPLICABLE]);
	for (size_t i = 0; i < outcomes->count; i++)
		write_case(&xml, &outcomes->rows[i]);
	buffer_append_text(&xml, "</testsuite>\n");
	if (!buffer_ok(&xml))
		return error_set(err, REASON_NO_MEMORY, "report");
	return file_save(path, buffer_view(&xml), 0644, err);
}

int outcomes_tell(const struct options *options, const struct outcomes *outcomes)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };

	if (options->junit && !save_junit(options->junit, outcomes, &err))
		return fail_here(options, &err);
	write_text(outcomes, &text);
	const char *words = buffer_cstring(&text);
	int code = say_result(options, make_json(options, outcomes), "%s", words ? words : "");

	return code == 0 && outcomes->of[FAILED] ? BESTOW_FAILED : code;
}
