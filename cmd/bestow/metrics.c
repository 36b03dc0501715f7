#include "bestow/metrics.h"

#include "base/file.h"
#include "bestow/pair.h"

struct series {
	const char *name, *type, *help;
	int64_t value;
	bool is_there;
};

static void print(const struct series *series, const char *identity, struct buffer *to)
{
	if (!series->is_there)
		return;
	buffer_printf(to, "# HELP %s %s\n# TYPE %s %s\n%s{name=\"%s\"} %lld\n", series->name,
		      series->help, series->name, series->type, series->name, identity,
		      (long long)series->value);
}

bool metrics_write(const struct options *options, const struct memory *memory, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	char path[PATH_MAX];
	const int64_t end = options->metrics ? pair_end(options, "current") : 0;
	const struct series all[] = {
		{ "bestow_agent_certificate_not_after_timestamp_seconds", "gauge",
		  "End of the current certificate.", end, end != 0 },
		{ "bestow_agent_next_renewal_timestamp_seconds", "gauge",
		  "When the next renewal is tried.", memory->next_try, memory->next_try != 0 },
		{ "bestow_agent_last_success_timestamp_seconds", "gauge",
		  "When a certificate was last obtained.", memory->last_success,
		  memory->last_success != 0 },
		{ "bestow_agent_renewal_failures_total", "counter", "Failed renewals.",
		  memory->failures_total, true },
		{ "bestow_agent_renewal_failures_in_a_row", "gauge",
		  "Failed renewals since the last success.", memory->failures, true },
	};

	if (!options->metrics)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		print(&all[i], options->name, &text);
	if (!buffer_ok(&text) || snprintf(path, sizeof path, "%s/bestow-%s.prom", options->metrics,
					  options->name) >= (int)sizeof path)
		return error_set(err, REASON_FILE, "metrics");
	return file_save(path, buffer_view(&text), 0644, err);
}
