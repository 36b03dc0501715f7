#include "metrics/exposition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OPENMETRICS "application/openmetrics-text"

const char *exposition_media_type(enum exposition_format format)
{
	static const char *const types[EXPOSITION_FORMAT_COUNT] = {
		[EXPOSITION_OPENMETRICS] = OPENMETRICS "; version=1.0.0; charset=utf-8",
		[EXPOSITION_PROMETHEUS] = "text/plain; version=0.0.4; charset=utf-8",
	};

	return types[format];
}

/* RFC 9110 12.4.2: a weight of nought is a refusal. */
static bool is_refused(const char *range, size_t len)
{
	const char *weight = memmem(range, len, "q=0", 3);

	return weight && strspn(weight + 2, "0.") >= strcspn(weight + 2, ",; \t");
}

enum exposition_format exposition_choose(const char *accept)
{
	while (accept && *accept) {
		accept += strspn(accept, ", \t");
		size_t len = strcspn(accept, ",");

		if (strncasecmp(accept, OPENMETRICS, strlen(OPENMETRICS)) == 0 &&
		    strchr(",; \t", accept[strlen(OPENMETRICS)]) && !is_refused(accept, len))
			return EXPOSITION_OPENMETRICS;
		accept += len;
	}
	return EXPOSITION_PROMETHEUS;
}

/* -- families -- */

/* What samples are called beyond their family's name. */
static const char *const suffixes[] = {
	[METRIC_COUNTER] = "_total",
	[METRIC_GAUGE] = "",
	[METRIC_HISTOGRAM] = "",
	[METRIC_INFO] = "_info",
};

static const char *const type_texts[EXPOSITION_FORMAT_COUNT][4] = {
	[EXPOSITION_OPENMETRICS] = { [METRIC_COUNTER] = "counter",
				     [METRIC_GAUGE] = "gauge",
				     [METRIC_HISTOGRAM] = "histogram",
				     [METRIC_INFO] = "info" },
	[EXPOSITION_PROMETHEUS] = { [METRIC_COUNTER] = "counter",
				    [METRIC_GAUGE] = "gauge",
				    [METRIC_HISTOGRAM] = "histogram",
				    [METRIC_INFO] = "gauge" },
};

void exposition_begin(enum exposition_format format, const struct metric *family, struct buffer *to)
{
	/* the older format names what stands in the samples */
	const char *suffix = format == EXPOSITION_PROMETHEUS ? suffixes[family->type] : "";

	buffer_printf(to, "# HELP %s%s %s\n# TYPE %s%s %s\n", family->name, suffix, family->help,
		      family->name, suffix, type_texts[format][family->type]);
	if (family->unit && format == EXPOSITION_OPENMETRICS)
		buffer_printf(to, "# UNIT %s %s\n", family->name, family->unit);
}

/* -- samples -- */

static void append_value(const char *value, struct buffer *to)
{
	for (; *value; value++) {
		if (*value == '\n')
			buffer_append_text(to, "\\n");
		else if (*value == '"' || *value == '\\')
			buffer_printf(to, "\\%c", *value);
		else
			buffer_append(to, (struct bytes){ (const unsigned char *)value, 1 });
	}
}

/* `bound` NULL: no further label. */
static void append_labels(const struct labels *labels, const char *bound, struct buffer *to)
{
	const char *before = "{";

	for (size_t i = 0; labels && i < LABELS_MAX && labels->items[i].name; i++) {
		buffer_printf(to, "%s%s=\"", before, labels->items[i].name);
		append_value(labels->items[i].value, to);
		buffer_append_text(to, "\"");
		before = ",";
	}
	if (bound) {
		buffer_printf(to, "%sle=\"%s\"", before, bound);
		before = ",";
	}
	if (*before == ',')
		buffer_append_text(to, "}");
}

void exposition_integer(const struct metric *family, const struct labels *labels, int64_t value,
			struct buffer *to)
{
	buffer_printf(to, "%s%s", family->name, suffixes[family->type]);
	append_labels(labels, NULL, to);
	buffer_printf(to, " %" PRId64 "\n", value);
}

/* As OpenMetrics has numbers: "0.005", "1.0", never with nothing behind the point. */
static void print_number(enum meter_scale scale, uint64_t value, char into[32])
{
	unsigned int part = (unsigned int)(value % 1000000);
	size_t len;

	if (scale == METER_SIZE) {
		snprintf(into, 32, "%" PRIu64 ".0", value);
		return;
	}
	len = (size_t)snprintf(into, 32, "%" PRIu64 ".%06u", value / 1000000, part);
	while (into[len - 1] == '0' && into[len - 2] != '.')
		into[--len] = '\0';
}

void exposition_meter(const struct metric *family, const struct labels *labels,
		      enum meter_scale scale, const struct meter *meter, struct buffer *to)
{
	char number[32];
	uint64_t count = 0;

	for (size_t i = 0; i <= METER_BOUNDS; i++) {
		count += counter_read(&meter->buckets[i]);
		if (i < METER_BOUNDS)
			print_number(scale, meter_bound(scale, i), number);
		buffer_printf(to, "%s_bucket", family->name);
		append_labels(labels, i < METER_BOUNDS ? number : "+Inf", to);
		buffer_printf(to, " %" PRIu64 "\n", count);
	}
	print_number(scale, counter_read(&meter->sum), number);
	buffer_printf(to, "%s_count", family->name);
	append_labels(labels, NULL, to);
	buffer_printf(to, " %" PRIu64 "\n%s_sum", count, family->name);
	append_labels(labels, NULL, to);
	buffer_printf(to, " %s\n", number);
}

void exposition_end(enum exposition_format format, struct buffer *to)
{
	if (format == EXPOSITION_OPENMETRICS)
		buffer_append_text(to, "# EOF\n");
}
