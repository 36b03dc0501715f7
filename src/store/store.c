#include "store/store_private.h"

#include "store/backup_mark.h"
#include "store/store_restore.h"
#include "store/store_schema.h"

/* Before anything is changed in it. */
static bool check_not_restored(struct db *db, struct error *err)
{
	int64_t made = 0;
	char text[TIME_TEXT_MAX];

	if (!backup_mark_find(db, &made, err))
		return false;
	return made == 0 ||
	       error_set(err, REASON_STORE_RESTORED,
			 "when the node that it was taken from cannot come back, run "
			 "bestowd --after-restore once: it is a backup of %s, and nothing later is "
			 "in it (%s)",
			 time_to_text(made, text), db_path(db));
}

static bool open_writer(const char *path, bool restored, struct store *store, struct error *err)
{
	const struct db_options options = {
		.path = path,
		.application_id = STORE_APPLICATION_ID,
		.access = DB_WRITER,
	};

	return db_open(&options, &store->writer.db, err) &&
	       backup_mark_prepare(store->writer.db, err) &&
	       (restored || check_not_restored(store->writer.db, err)) &&
	       schema_migrate(store->writer.db, &store_schema, err) &&
	       restoration_count(store->writer.db, &store->restorations, err) &&
	       writer_start(&store->writer, err);
}

static bool open_store(const char *path, bool restored, struct store **ret, struct error *err)
{
	CLEANUP(store_closep) struct store *store = calloc(1, sizeof *store);

	if (!store)
		return error_set(err, REASON_NO_MEMORY, "store");
	pthread_mutex_init(&store->readers.lock, NULL);
	store->writer.tx.store = store;
	if (!open_writer(path, restored, store, err))
		return false;
	*ret = TAKE(store);
	return true;
}

bool store_open(const char *path, struct store **ret, struct error *err)
{
	return open_store(path, false, ret, err);
}

bool store_open_restored(const char *path, struct store **ret, struct error *err)
{
	return open_store(path, true, ret, err);
}

void store_measure(struct store *store, const struct store_meters *meters)
{
	store->writer.meters = *meters;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	writer_stop(&store->writer);
	for (size_t i = 0; i < store->readers.count; i++)
		db_close(store->readers.idle[i]);
	/* the last to close writes the log back into the database */
	db_close(store->writer.db);
	pthread_mutex_destroy(&store->readers.lock);
	free(store);
}

bool store_backup(struct store *store, const char *path, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && db_backup(reader.db, path, backup_mark_put, err);
}

bool run_on_existing(struct db_statement *statement, const char *what, struct error *err)
{
	int64_t changed = 0;

	if (!db_run(statement, &changed, err))
		return false;
	return changed > 0 || error_set(err, REASON_NOT_FOUND, "no such %s", what);
}

int64_t hash_index(const unsigned char hash[HASH_LEN])
{
	uint64_t index = 0;

	for (size_t i = 0; i < sizeof index; i++)
		index = index << 8 | hash[i];
	return (int64_t)index;
}
