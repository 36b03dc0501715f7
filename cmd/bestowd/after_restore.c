#include "bestowd/after_restore.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "manage/restoration.h"
#include "node/user.h"

#define ACTOR_MAX 80

/* Root acts as whom the state belongs to: where a service manager chooses the user, the
 * configuration does not name it, and files that root makes would be in the service's way. */
static bool become_owner(const struct config *config, struct error *err)
{
	struct lockdown_options options;
	struct stat folder;

	if (!user_find(config, &options, err))
		return false;
	if (stat(config->node.state_dir, &folder) != 0)
		return error_set(err, REASON_FILE, "state_dir %s: %s", config->node.state_dir,
				 strerror(errno));
	if (!options.switch_user && options.uid == 0 && folder.st_uid != 0) {
		options.switch_user = true;
		options.uid = folder.st_uid;
		options.gid = folder.st_gid;
	}
	return lockdown_authority(&options, err);
}

/* Before root is given up: who sits there. */
static void name_actor(char into[ACTOR_MAX])
{
	const struct passwd *user = getpwuid(getuid());

	snprintf(into, ACTOR_MAX, "operator:%s", user ? user->pw_name : "unknown");
}

static bool open_store(const struct config *config, struct store **ret, struct error *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/bestow.db", config->node.state_dir);
	/* a store that is not there would be made */
	if (access(path, F_OK) != 0)
		return error_set(err, REASON_FILE, "%s: %s", path, strerror(errno));
	return store_open_restored(path, ret, err);
}

static bool is_marked(struct store *store, bool *ret, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct store_reach reach;

	if (!store_begin(store, &tx, err) || !store_reach_find(tx, &reach, err))
		return false;
	*ret = reach.made != 0;
	return true;
}

static void print_report(const struct restoration_report *report)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	restoration_describe(report, &text);
	puts("the backup is the node's store from now on; it can be started");
	fputs(buffer_cstring(&text) ? buffer_cstring(&text) : "", stdout);
	puts("what came after the backup is not in it: docs/guide/backup.md tells what to look at");
}

static bool take_over(const struct config *config, bool unmarked, struct error *err)
{
	CLEANUP(store_closep) struct store *store = NULL;
	struct restoration_report report;
	char actor[ACTOR_MAX];
	bool marked = false;

	name_actor(actor);
	if (!become_owner(config, err) || !open_store(config, &store, err) ||
	    !is_marked(store, &marked, err))
		return false;
	if (!marked && !unmarked) {
		puts("nothing to do: the store is no backup, or was taken over already "
		     "(one that came as a copy of a disk: --after-restore=snapshot)");
		return true;
	}
	/* a backup that lay somewhere for long is looked at whole, which no start has the time for
	 */
	if (!store_check(store, err) ||
	    !restoration_take_over(store, actor, clock_now(&clock_system), &report, err))
		return false;
	print_report(&report);
	return true;
}

int after_restore(const struct config *config, bool unmarked)
{
	struct error err = { 0 };

	log_open(config->node.log_format, config->node.log_level, "after-restore");
	if (take_over(config, unmarked, &err))
		return EXIT_SUCCESS;
	fprintf(stderr, "bestowd: %s: %s\n", reason_code(err.reason), err.detail);
	return EXIT_FAILURE;
}
