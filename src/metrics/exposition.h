/* The text that a monitoring system reads: OpenMetrics 1.0, or Prometheus' own older format. */
#pragma once

#include "base/bytes.h"
#include "base/meter.h"

enum exposition_format { EXPOSITION_OPENMETRICS, EXPOSITION_PROMETHEUS, EXPOSITION_FORMAT_COUNT };

const char *exposition_media_type(enum exposition_format format);
/* By the field Accept; NULL: there was none. OpenMetrics only for who asks for it by name. */
enum exposition_format exposition_choose(const char *accept);

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM, METRIC_INFO };
/* A metric family: its name has the unit at its end, but neither "_total" nor "_info". */
struct metric {
	const char *name;
	enum metric_type type;
	const char *unit; /* "seconds"; NULL: none */
	const char *help;
};
/* What begins a family; its samples follow, and no other family's. */
void exposition_begin(enum exposition_format format, const struct metric *family,
		      struct buffer *to);

struct label {
	const char *name, *value;
};
#define LABELS_MAX 4
struct labels {
	struct label items[LABELS_MAX]; /* name NULL ends */
};
void exposition_integer(const struct metric *family, const struct labels *labels, int64_t value,
			struct buffer *to);
void exposition_meter(const struct metric *family, const struct labels *labels,
		      enum meter_scale scale, const struct meter *meter, struct buffer *to);
/* What ends the whole. */
void exposition_end(enum exposition_format format, struct buffer *to);
