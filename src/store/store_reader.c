/* Readers have connections of their own, so that no read waits for the writer or its disk. A read
 * takes an idle one or opens another; as many stay open as READERS_KEPT. */
#include "store/store_private.h"

static void count_lent(struct readers *readers)
{
	pthread_mutex_lock(&readers->lock);
	readers->lent++;
	pthread_mutex_unlock(&readers->lock);
}

void store_readers(struct store *store, size_t *ret_idle, size_t *ret_in_use)
{
	pthread_mutex_lock(&store->readers.lock);
	*ret_idle = store->readers.count;
	*ret_in_use = store->readers.lent;
	pthread_mutex_unlock(&store->readers.lock);
}

static struct db *take_idle(struct readers *readers)
{
	struct db *db = NULL;

	pthread_mutex_lock(&readers->lock);
	if (readers->count)
		db = readers->idle[--readers->count];
	pthread_mutex_unlock(&readers->lock);
	return db;
}

bool reader_take(struct store *store, struct reader *ret, struct error *err)
{
	struct db *db = take_idle(&store->readers);

	if (!db) {
		const struct db_options options = {
			.path = db_path(store->writer.db),
			.application_id = STORE_APPLICATION_ID,
			.access = DB_READER,
		};
		if (!db_open(&options, &db, err))
			return false;
	}
	count_lent(&store->readers);
	*ret = (struct reader){ .store = store, .db = db };
	return true;
}

void reader_done(struct reader *reader)
{
	struct db *db = reader->db;

	if (!db)
		return;
	db_rollback(db);
	struct readers *readers = &reader->store->readers;
	pthread_mutex_lock(&readers->lock);
	readers->lent--;
	if (readers->count < READERS_KEPT)
		readers->idle[readers->count++] = TAKE(db);
	pthread_mutex_unlock(&readers->lock);
	db_close(db);
	*reader = (struct reader){ 0 };
}
