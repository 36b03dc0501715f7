#include "node/reload.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "node/control.h"
#include "node/standing.h"

#define RELOAD_MS 60000

static void refuse(struct supervisor *supervisor, const char *detail)
{
	char quoted[QUOTED_MAX];

	standing_note_reload(supervisor, false);
	log_event(LOG_LEVEL_ERROR, "node.reload_refused",
		  "detail=%s remedy=\"mend it and reload; the previous configuration is in force\"",
		  log_quote(detail, quoted, sizeof quoted));
	notify_send(&supervisor->notify, "READY=1\nSTATUS=reload refused, serving as before: %s",
		    detail);
}

void reload_abandon(struct supervisor *supervisor, const char *detail)
{
	struct family *family = &supervisor->family;
	struct generation *coming = supervisor->coming;

	supervisor->coming = NULL;
	supervisor->deadline = 0;
	for (size_t i = family->count; i > 0; i--) {
		struct process *member = family->members[i - 1];
		if (member->generation != coming)
			continue;
		member->retiring = true;
		process_signal(member, SIGTERM);
		if (!member->pid)
			family_remove(family, member);
	}
	generation_stop_listening(coming, supervisor->current);
	refuse(supervisor, detail);
}

static bool load(enum config_dialect dialect, const char *path, struct config **ret,
		 struct error *err)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	char quoted[QUOTED_MAX];

	if (config_load(dialect, path, ret, &problems, err))
		return true;
	for (size_t i = 1; i < problems.count; i++)
		log_event(LOG_LEVEL_ERROR, "node.config", "file=%s line=%u key=%s detail=%s",
			  problems.items[i].file, problems.items[i].line, problems.items[i].key,
			  log_quote(problems.items[i].words, quoted, sizeof quoted));
	return false;
}

static bool texts_differ(const char *a, const char *b)
{
	return !a != !b || (a && strcmp(a, b) != 0);
}

static bool tokens_differ(const struct config_token *first, const struct config_token *now)
{
	return texts_differ(first->module, now->module) || texts_differ(first->label, now->label) ||
	       texts_differ(first->pin_file, now->pin_file) || first->sessions != now->sessions ||
	       first->network != now->network;
}

static void warn_of_restart(const struct config *before, const struct config *after)
{
	const struct config_node *first = &before->node, *now = &after->node;
	const struct {
		const char *key;
		bool differs;
	} keys[] = {
		{ "state_dir", texts_differ(first->state_dir, now->state_dir) },
		{ "socket", texts_differ(first->socket, now->socket) },
		{ "key_passphrase_file",
		  texts_differ(first->key_passphrase_file, now->key_passphrase_file) },
		{ "user", texts_differ(first->user, now->user) },
		{ "est_url", texts_differ(first->est_url, now->est_url) },
		{ "workers", first->workers != now->workers },
		{ "[token]", tokens_differ(&before->token, &after->token) },
		{ "log_format", first->log_format != now->log_format },
	};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].differs)
			log_event(LOG_LEVEL_WARNING, "node.restart_needed", "key=%s", keys[i].key);
}

static bool start_edges(struct supervisor *supervisor, const struct generation *generation,
			struct error *err)
{
	struct family *family = &supervisor->family;

	if (!family_add_edges(family, generation, err))
		return false;
	for (size_t i = 0; i < family->count; i++) {
		if (family->members[i]->generation != generation)
			continue;
		family_announce(family, family->members[i]);
		if (!family_start(family, family->members[i], err))
			return false;
	}
	return true;
}

static bool prepare_generation(struct supervisor *supervisor, struct error *err)
{
	struct config *config = NULL;
	struct generation *generation = NULL;

	if (supervisor->generation_count == GENERATIONS_MAX)
		return error_set(err, REASON_BUSY,
				 "edges of %d earlier configurations still serve connections",
				 GENERATIONS_MAX - 1);
	if (!load(supervisor->family.program->dialect, supervisor->config_path, &config, err) ||
	    !generation_new(config, supervisor->current, &generation, err))
		return false;
	supervisor->generations[supervisor->generation_count++] = generation;
	supervisor->coming = generation;
	return true;
}

void reload_begin(struct supervisor *supervisor)
{
	struct timespec now;
	struct error err;

	supervisor->reload_wanted = false;
	supervisor->settling = false;
	supervisor->deadline = 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	notify_send(&supervisor->notify, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading",
		    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	if (!prepare_generation(supervisor, &err)) {
		refuse(supervisor, err.detail);
		return;
	}
	supervisor->deadline = monotonic_ms() + RELOAD_MS;
	if (!start_edges(supervisor, supervisor->coming, &err))
		reload_abandon(supervisor, err.detail);
}

static void end_part(struct family *family, struct process *member)
{
	static const struct control_retire order = { .close_idle = true };

	if (member->pid)
		process_retire(member, &order);
	else
		family_remove(family, member);
}

/* Started with whatever is due to start. */
static void add_missing_parts(struct family *family, const struct generation *now)
{
	size_t before = family->count;
	struct error err;

	if (!family_add_parts(family, now, &err))
		log_event(LOG_LEVEL_ERROR, "node.part_missing", "detail=\"%s\"", err.detail);
	for (size_t i = before; i < family->count; i++)
		family_announce(family, family->members[i]);
}

/* What a part has of the configuration it has since its start. */
static void move_parts(struct family *family, const struct generation *before,
		       const struct generation *now)
{
	for (size_t i = family->count; i > 0; i--) {
		struct process *member = family->members[i - 1];
		const struct part *part = family_part(family, member);

		if (!part || member->retiring || !part->must_restart)
			continue;
		if (part->is_wanted && !part->is_wanted(now)) {
			end_part(family, member);
			continue;
		}
		member->generation = now;
		if (!member->pid || !part->must_restart(before, now))
			continue;
		member->restarting = true;
		process_signal(member, SIGTERM);
	}
	add_missing_parts(family, now);
}

static void take_over(struct supervisor *supervisor)
{
	static const struct control_retire order = { .close_idle = false, .drain_ms = 0 };
	struct family *family = &supervisor->family;
	struct generation *before = supervisor->current;

	supervisor->current = supervisor->coming;
	supervisor->coming = NULL;
	supervisor->deadline = 0;
	for (size_t i = family->count; i > 0; i--) {
		struct process *member = family->members[i - 1];
		if (member->kind != PROCESS_EDGE || member->generation != before)
			continue;
		if (member->pid)
			process_retire(member, &order);
		else
			family_remove(family, member);
	}
	move_parts(family, before, supervisor->current);
	generation_stop_listening(before, supervisor->current);
	log_set_level(supervisor->current->config->node.log_level);
	warn_of_restart(supervisor->generations[0]->config, supervisor->current->config);
	standing_note_reload(supervisor, true);
	supervisor->settling = true;
	supervisor->deadline = monotonic_ms() + RELOAD_MS;
}

/* Who is told of the reload may count on it: parts that had to start again for it serve again. */
void reload_settle(struct supervisor *supervisor)
{
	const struct process *awaited = family_awaited_part(&supervisor->family);

	if (awaited && monotonic_ms() < supervisor->deadline)
		return;
	supervisor->settling = false;
	supervisor->deadline = 0;
	if (awaited)
		log_event(LOG_LEVEL_ERROR, "node.reload_incomplete",
			  "child=%s detail=\"it did not become ready in time\"", awaited->name);
	supervisor_tell_serving(supervisor, "node.reloaded");
}

void reload_advance(struct supervisor *supervisor)
{
	if (family_all_ready(&supervisor->family, supervisor->coming))
		take_over(supervisor);
	else if (monotonic_ms() >= supervisor->deadline)
		reload_abandon(supervisor, "the new edges did not become ready in time");
}
