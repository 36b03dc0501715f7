/* What the store's own files share. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/change_board.h"
#include "base/hash.h"
#include "db/db.h"
#include "store/store.h"

/* The end of the audit chain as the writer connection sees it. */
struct audit_head {
	bool known; /* else it is read before the next entry */
	int64_t id;
	unsigned char hash[HASH_LEN];
};

struct store_tx {
	struct store *store;
	struct audit_head audit_before; /* to return to when it rolls back */
};

/* Transactions that one COMMIT makes durable together. */
struct group {
	struct audit_head audit_start; /* the end of the audit chain when it began */
	unsigned int members;          /* transactions that it holds; under the writer's lock */
	unsigned int sleepers;         /* of those, who wait for its end; under the writer's lock */
	atomic_uint references;        /* of the writer while it is open, and of each sleeper */

	pthread_mutex_t lock; /* of what is below */
	pthread_cond_t end;
	bool ended, failed;
	struct error failure;
};

/* See store_tx.c. */
struct writer {
	struct db *db;
	struct store_tx tx; /* the one that is open, if any */
	struct audit_head audit_head;

	pthread_mutex_t lock;  /* of everything below; held for moments only */
	pthread_cond_t freed;  /* no longer busy: for those who begin */
	pthread_cond_t wanted; /* for the flusher */
	bool busy;             /* a thread has db, tx and audit_head to itself */
	unsigned int waiting;  /* threads in store_begin() */
	struct group *group;   /* the one that is open, or NULL */
	bool lazy;             /* the open group holds a lazily committed transaction */
	bool lingers;          /* the flusher looks for lazy ones by itself before long */
	bool leader_wanted;    /* the open group has sleepers and nobody to end it */
	uint64_t failures;     /* groups that ended without being durable */
	/* store_revocation.c: what the open group changes, to be told of when it has ended; of
	 * whoever is busy */
	struct change_board *board; /* NULL: there is nobody to tell */
	uint8_t changed[CHANGE_BOARD_SLOTS / 8];
	bool any_changed;
	struct store_meters meters; /* NULL in it: nobody measures */
	bool stopping;
	pthread_t flusher;
	bool has_flusher;
};

/* Connections that wait for the next read. See store_reader.c. */
#define READERS_KEPT 8
struct readers {
	pthread_mutex_t lock;
	struct db *idle[READERS_KEPT];
	size_t count;
	size_t lent; /* that are in use */
};

struct store {
	struct writer writer;
	struct readers readers;
	int64_t restorations; /* that it has been through; none comes while it is open */
};

/* A connection lent for one read; the statement made from it is done before it goes back, so
 * declare it first. */
struct reader {
	struct store *store;
	struct db *db;
};
MUST_CHECK bool reader_take(struct store *store, struct reader *ret, struct error *err);
void reader_done(struct reader *reader);

MUST_CHECK bool writer_start(struct writer *writer, struct error *err);
/* Commits what is left. */
void writer_stop(struct writer *writer);

#define STORE_APPLICATION_ID 0x42535457 /* "BSTW" */

static inline struct db *tx_db(struct store_tx *tx)
{
	return tx->store->writer.db;
}

/* store_audit.c: where the chain ends in the database, all zeros at its beginning. */
MUST_CHECK bool audit_head_read(struct db *db, struct audit_head *ret, struct error *err);

/* store_ca.c: from the CA's issuer up to the root. */
MUST_CHECK bool ca_chain_insert(struct db *db, int64_t ca_id, const struct bytes *chain,
				size_t count, struct error *err);

/* store_catalog.c: tells readers of the catalog that it changed. */
MUST_CHECK bool catalog_raise(struct store_tx *tx, struct error *err);

/* store_restore.c: how often the store was restored from a backup. */
MUST_CHECK bool restoration_count(struct db *db, int64_t *ret, struct error *err);

/* store_revocation.c: what is answered about the certificate is another from this group on. */
MUST_CHECK bool status_changes(struct store_tx *tx, int64_t id, struct error *err);
/* The same file: raises the board for what the group changed. */
void writer_tell_changes(struct writer *writer);

/* Runs a write to its end; REASON_NOT_FOUND naming `what` when it wrote nothing. */
MUST_CHECK bool run_on_existing(struct db_statement *statement, const char *what,
				struct error *err);

/* The first 64 bits of a hash: what the indexes hold of it. */
int64_t hash_index(const unsigned char hash[HASH_LEN]);

/* store_administrator_pin.c: fills `pin`, PIN_NONE where there is none. */
struct administrator;
MUST_CHECK bool administrator_pin_read(struct db *db, struct administrator *administrator,
				       struct error *err);
