/* The store: all SQL. Reads take the store, writes a transaction; a transaction that leaves scope
 * rolls back.
 *
 * Transactions of several threads share one durable commit: store_commit() returns when the group
 * that holds this transaction is on disk. Only one thread writes at a time, from store_begin() to
 * store_commit(), so do there what the transaction needs and nothing slow; and never begin while
 * holding a lock of your own.
 * Reads do not see what is not yet committed, except those that take the transaction. */
#pragma once

#include "base/change_board.h"
#include "base/clock.h"
#include "base/meter.h"
#include "model/catalog.h"
#include "model/certificate.h"

struct store;
struct store_tx;

/* Opens or creates, takes the lock against a second process, migrates, checks integrity.
 * REASON_SCHEMA_NEWER, REASON_STORE_CORRUPT, REASON_CONFLICT (in use), REASON_FILE;
 * REASON_STORE_RESTORED for a backup that nobody took over yet (store_restore.h). */
MUST_CHECK bool store_open(const char *path, struct store **ret, struct error *err);
/* From here on what keeps answers about certificates is told by the board of each revocation, hold
 * and release, once it can be read and before the commit returns. Before the first transaction. */
void store_set_board(struct store *store, struct change_board *board);
/* How commits go. */
struct store_meters {
	struct meter *durations; /* until it is durable */
	struct meter *sizes;     /* transactions that one made durable */
	struct counter *failures;
};
/* Before the first transaction; what it points to is borrowed. */
void store_measure(struct store *store, const struct store_meters *meters);
void store_close(struct store *store);
DEFINE_CLEANUP(struct store *, store_close)

MUST_CHECK bool store_begin(struct store *store, struct store_tx **ret, struct error *err);
/* Consumes tx. Durable when true. */
MUST_CHECK bool store_commit(struct store_tx *tx, struct error *err);
/* Consumes tx. Ends the transaction and releases the writer lock without waiting for the disk: the
 * next group commit carries it. */
MUST_CHECK bool store_commit_lazily(struct store_tx *tx, struct error *err);
/* Many answers, one wait: take a mark, end any number of transactions lazily, and settle. True when
 * all that this thread ended since the mark is durable; false when any group since then failed, so
 * that none of it may be relied on. */
uint64_t store_mark(struct store *store);
MUST_CHECK bool store_settle(struct store *store, uint64_t mark, struct error *err);
void store_rollback(struct store_tx *tx);
DEFINE_CLEANUP(struct store_tx *, store_rollback)

/* Connections that reads are made on. */
void store_readers(struct store *store, size_t *ret_idle, size_t *ret_in_use);

/* A consistent copy of a running store to a new file, mode 0600, with the mark of a backup. */
MUST_CHECK bool store_backup(struct store *store, const char *path, struct error *err);
MUST_CHECK bool store_catalog_load(struct store *store, struct catalog **ret, struct error *err);
MUST_CHECK bool store_catalog_load_tx(struct store_tx *tx, struct catalog **ret, struct error *err);
