/* A thin driver over one database connection. SQL above it is one dialect that SQLite 3.40 and
 * PostgreSQL 15 both run: parameters are $1, $2 … in the order of their first use, upserts are ON
 * CONFLICT, and where the two differ (how a transaction begins, how a new id is learnt) there is a
 * function here.
 *
 * A connection is used by one thread at a time; who shares one guards it. Statements are prepared
 * once per connection and found again by the address of their constant text. */
#pragma once

#include <sys/types.h>

#include "base/bytes.h"
#include "base/error.h"

struct db;
struct db_statement;

enum db_access {
	DB_WRITER, /* creates the file (mode 0600), holds the lock against a second process */
	DB_READER, /* beside a writer of this process; cannot write */
};

struct db_options {
	const char *path;        /* of the SQLite file */
	uint32_t application_id; /* a file that was made with another one is not ours */
	enum db_access access;
};

/* Refusals: REASON_CONFLICT (a second process), REASON_STORE_CORRUPT, REASON_FILE (path, rights,
 * network file system), REASON_STORE_UNAVAILABLE (read-only medium, full, I/O error).
 *
 * A small database is checked page by page; of a large one only what is touched is, so that the
 * start stays within its 100 ms. */
MUST_CHECK bool db_open(const struct db_options *options, struct db **ret, struct error *err);
void db_close(struct db *db);
DEFINE_CLEANUP(struct db *, db_close)

/* Where the database really lies, links followed. Borrowed. */
const char *db_path(const struct db *db);

/* -- transactions --
 * The database itself may end a transaction when a write fails (disk full, I/O error):
 * db_in_transaction() then says false although nobody rolled back. A statement that writes outside
 * a transaction is refused. */
MUST_CHECK bool db_begin_write(struct db *db, struct error *err);
MUST_CHECK bool db_begin_read(struct db *db, struct error *err); /* one snapshot for all reads */
MUST_CHECK bool db_commit(struct db *db, struct error *err);     /* durable when true */
void db_rollback(struct db *db);                                 /* harmless outside of one */
bool db_in_transaction(const struct db *db);
/* One savepoint at a time, inside a write transaction. */
MUST_CHECK bool db_savepoint(struct db *db, struct error *err);
MUST_CHECK bool db_savepoint_keep(struct db *db, struct error *err);
MUST_CHECK bool db_savepoint_undo(struct db *db, struct error *err);

/* -- statements -- */

/* Several statements without parameters and results: migrations. */
MUST_CHECK bool db_script(struct db *db, const char *sql, struct error *err);
/* `sql` is a string literal. Until db_done() the statement is the caller's alone. */
MUST_CHECK bool db_prepare(struct db *db, const char *sql, struct db_statement **ret,
			   struct error *err);
/* For text that was put together; not kept. Values never go into the text. */
MUST_CHECK bool db_prepare_once(struct db *db, const char *sql, struct db_statement **ret,
				struct error *err);
void db_done(struct db_statement *statement); /* NULL is fine */
DEFINE_CLEANUP(struct db_statement *, db_done)

/* `place` counts from 1. Views are borrowed until db_done(). A failure sticks and is told by the
 * next step. */
void db_bind_int64(struct db_statement *statement, int place, int64_t value);
void db_bind_text(struct db_statement *statement, int place, const char *text); /* NULL: null */
void db_bind_bytes(struct db_statement *statement, int place, struct bytes view);
void db_bind_null(struct db_statement *statement, int place);

/* *ret_row tells whether there is a row. */
MUST_CHECK bool db_step(struct db_statement *statement, bool *ret_row, struct error *err);
/* Steps to the only row that matters; REASON_NOT_FOUND without one. */
MUST_CHECK bool db_step_row(struct db_statement *statement, struct error *err);
/* For writes: to the end; *ret_changed (may be NULL) is how many rows were written. */
MUST_CHECK bool db_run(struct db_statement *statement, int64_t *ret_changed, struct error *err);
/* For an INSERT of one row whose id the database gives: as db_run, and *ret_id is that id. */
MUST_CHECK bool db_insert(struct db_statement *statement, int64_t *ret_id, struct error *err);

/* Columns count from 0; views hold until the next step. */
bool db_is_null(const struct db_statement *statement, int column);
int64_t db_int64(const struct db_statement *statement, int column);    /* null: 0 */
const char *db_text(const struct db_statement *statement, int column); /* null: NULL */
struct bytes db_bytes(const struct db_statement *statement, int column);
/* Exactly `len` bytes, or REASON_STORE_CORRUPT. */
MUST_CHECK bool db_bytes_exact(const struct db_statement *statement, int column, void *into,
			       size_t len, struct error *err);
/* A heap copy; null gives NULL. */
MUST_CHECK bool db_text_copy(const struct db_statement *statement, int column, char **ret,
			     struct error *err);

/* -- the whole -- */

/* A consistent, compact copy to a new file, mode 0600, on disk when true; a file of that name is a
 * whole copy or there is none. `finish` has the copy to itself before it gets its name. An existing
 * file is REASON_CONFLICT. */
MUST_CHECK bool db_backup(struct db *db, const char *path,
			  bool (*finish)(struct db *copy, struct error *err), struct error *err);
/* Every page and index, however long it takes; REASON_STORE_CORRUPT with the first finding. */
MUST_CHECK bool db_check(struct db *db, struct error *err);
