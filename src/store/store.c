#include "store/store_private.h"

#include "store/store_schema.h"

static bool open_writer(const char *path, struct store *store, struct error *err)
{
	const struct db_options options = {
		.path = path,
		.application_id = STORE_APPLICATION_ID,
		.access = DB_WRITER,
	};

	return db_open(&options, &store->writer.db, err) &&
	       schema_migrate(store->writer.db, &store_schema, err) &&
	       writer_start(&store->writer, err);
}

bool store_open(const char *path, struct store **ret, struct error *err)
{
	CLEANUP(store_closep) struct store *store = calloc(1, sizeof *store);

	if (!store)
		return error_set(err, REASON_NO_MEMORY, "store");
	pthread_mutex_init(&store->readers.lock, NULL);
	store->writer.tx.store = store;
	if (!open_writer(path, store, err))
		return false;
	*ret = TAKE(store);
	return true;
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

	return reader_take(store, &reader, err) && db_backup(reader.db, path, err);
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
