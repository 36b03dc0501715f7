#include "bestow-ra/upstream_watch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct watched {
	bool answers;
	char detail[ERROR_DETAIL_MAX]; /* why not */
};

struct upstream_watch {
	const struct config *config;
	pthread_mutex_t lock;
	struct watched profiles[]; /* as the configuration has them */
};

bool upstream_watch_new(const struct config *config, struct upstream_watch **ret, struct error *err)
{
	struct upstream_watch *watch =
		calloc(1, sizeof *watch + config->profile_count * sizeof(struct watched));

	if (!watch)
		return error_set(err, REASON_NO_MEMORY, "profiles");
	watch->config = config;
	pthread_mutex_init(&watch->lock, NULL);
	for (size_t i = 0; i < config->profile_count; i++)
		snprintf(watch->profiles[i].detail, ERROR_DETAIL_MAX,
			 "nothing was heard from its upstream yet");
	*ret = watch;
	return true;
}

void upstream_watch_free(struct upstream_watch *watch)
{
	if (!watch)
		return;
	pthread_mutex_destroy(&watch->lock);
	free(watch);
}

void upstream_watch_note(struct upstream_watch *watch, const char *profile,
			 const struct error *failure)
{
	pthread_mutex_lock(&watch->lock);
	for (size_t i = 0; i < watch->config->profile_count; i++) {
		if (strcmp(watch->config->profiles[i].name, profile) != 0)
			continue;
		watch->profiles[i].answers = !failure;
		snprintf(watch->profiles[i].detail, ERROR_DETAIL_MAX, "%s",
			 failure ? failure->detail : "");
	}
	pthread_mutex_unlock(&watch->lock);
}

void upstream_watch_health(struct upstream_watch *watch, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer lines = { 0 };
	bool any_answers = false;

	pthread_mutex_lock(&watch->lock);
	for (size_t i = 0; i < watch->config->profile_count; i++) {
		any_answers |= watch->profiles[i].answers;
		buffer_printf(&lines, "profile %s: %s\n", watch->config->profiles[i].name,
			      watch->profiles[i].detail);
	}
	pthread_mutex_unlock(&watch->lock);
	if (!any_answers)
		buffer_append(to, buffer_view(&lines));
}

static const struct metric answers = { "bestow_upstream_answers", METRIC_GAUGE, NULL,
				       "1 if the profile's upstream answered when it was last "
				       "asked." };

void upstream_watch_metrics(struct upstream_watch *watch, enum exposition_format format,
			    struct buffer *to)
{
	exposition_begin(format, &answers, to);
	pthread_mutex_lock(&watch->lock);
	for (size_t i = 0; i < watch->config->profile_count; i++)
		exposition_integer(
			&answers,
			&(struct labels){ { { "profile", watch->config->profiles[i].name } } },
			watch->profiles[i].answers, to);
	pthread_mutex_unlock(&watch->lock);
}
