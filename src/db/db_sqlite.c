#include "db/db.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.h"
#include "db/db_file.h"

#define BUSY_WAIT_MS 5000
#define RETRY_BUSY 1         /* seconds */
#define RETRY_UNAVAILABLE 30 /* seconds: full disks are emptied by people */
/* A power of two well above the number of different statements (about 100); the cache is a hash
 * table that is never to be full. */
#define CACHE_SLOTS 512
/* quick_check reads about 200 MB/s: 20 ms. */
#define CHECKED_AT_OPEN_MAX (4 * 1024 * 1024)

struct db_statement {
	struct db *db;
	const char *sql;
	sqlite3_stmt *prepared;
	bool in_use, kept;
	bool guarded;    /* writes, and so needs a transaction */
	int bind_result; /* the first failure */
};

struct db {
	sqlite3 *sqlite;
	char *path;
	int lock_fd;
	struct db_statement *cache[CACHE_SLOTS];
	size_t cached;
};

/* -- errors -- */

static const struct error_row {
	int code; /* extended codes stand before their primary one */
	enum reason reason;
	uint32_t retry_after;
} error_rows[] = {
	{ SQLITE_IOERR_NOMEM, REASON_NO_MEMORY, RETRY_BUSY },
	{ SQLITE_IOERR_CORRUPTFS, REASON_STORE_CORRUPT, 0 },
	{ SQLITE_NOMEM, REASON_NO_MEMORY, RETRY_BUSY },
	{ SQLITE_FULL, REASON_STORE_UNAVAILABLE, RETRY_UNAVAILABLE },
	{ SQLITE_IOERR, REASON_STORE_UNAVAILABLE, RETRY_UNAVAILABLE },
	{ SQLITE_READONLY, REASON_STORE_UNAVAILABLE, RETRY_UNAVAILABLE },
	{ SQLITE_CANTOPEN, REASON_STORE_UNAVAILABLE, RETRY_UNAVAILABLE },
	{ SQLITE_PROTOCOL, REASON_STORE_UNAVAILABLE, RETRY_BUSY },
	{ SQLITE_CORRUPT, REASON_STORE_CORRUPT, 0 },
	{ SQLITE_NOTADB, REASON_STORE_CORRUPT, 0 },
	{ SQLITE_FORMAT, REASON_STORE_CORRUPT, 0 },
	{ SQLITE_CONSTRAINT, REASON_CONFLICT, 0 },
	{ SQLITE_BUSY, REASON_BUSY, RETRY_BUSY },
	{ SQLITE_LOCKED, REASON_BUSY, RETRY_BUSY },
	{ SQLITE_TOOBIG, REASON_TOO_LARGE, 0 },
};

static void describe_failure(const struct db *db, int code, struct error *err)
{
	const char *words = db->sqlite ? sqlite3_errmsg(db->sqlite) : sqlite3_errstr(code);
	enum reason reason = REASON_INTERNAL;
	uint32_t retry_after = 0;

	for (size_t i = 0; i < ARRAY_LEN(error_rows) && reason == REASON_INTERNAL; i++) {
		if (code != error_rows[i].code && (code & 0xff) != error_rows[i].code)
			continue;
		reason = error_rows[i].reason;
		retry_after = error_rows[i].retry_after;
	}
	error_fill(err, reason, retry_after, "%s (SQLite %d)", words, code);
}

/* As error_set(): false, for compilers and analyzers to see. */
#define fail(db, code, err) (describe_failure((db), (code), (err)), false)

/* -- preparing -- */

/* $1, $2 … are names to SQLite, numbered as they first occur; elsewhere they are the numbers. */
static bool check_places(struct db *db, sqlite3_stmt *prepared, struct error *err)
{
	for (int place = 1; place <= sqlite3_bind_parameter_count(prepared); place++) {
		const char *name = sqlite3_bind_parameter_name(prepared, place);
		char expected[16];

		snprintf(expected, sizeof expected, "$%d", place);
		if (!name || strcmp(name, expected) != 0)
			return error_set(err, REASON_INTERNAL, "%s: parameter %d is %s", db->path,
					 place, name ? name : "nameless");
	}
	return true;
}

static inline void finalizep(sqlite3_stmt **prepared)
{
	sqlite3_finalize(*prepared);
}

static bool make_statement(struct db *db, const char *sql, bool kept, struct db_statement **ret,
			   struct error *err)
{
	CLEANUP(finalizep) sqlite3_stmt *prepared = NULL;
	int code = sqlite3_prepare_v3(db->sqlite, sql, -1, kept ? SQLITE_PREPARE_PERSISTENT : 0,
				      &prepared, NULL);

	if (code != SQLITE_OK)
		return fail(db, code, err);
	if (!check_places(db, prepared, err))
		return false;

	struct db_statement *statement = malloc(sizeof *statement);
	if (!statement)
		return error_set(err, REASON_NO_MEMORY, "statement");
	*statement = (struct db_statement){
		.db = db, .sql = sql, .prepared = TAKE(prepared), .in_use = true, .kept = kept
	};
	*ret = statement;
	return true;
}

/* -- opening -- */

static bool script(struct db *db, const char *sql, struct error *err)
{
	int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);

	return code == SQLITE_OK || fail(db, code, err);
}

static bool pragma_int64(struct db *db, const char *sql, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	if (!make_statement(db, sql, false, &statement, err) || !db_step_row(statement, err))
		return false;
	*ret = db_int64(statement, 0);
	return true;
}

/* The answer must be this word. */
static bool pragma_answers(struct db *db, const char *sql, const char *expected, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	if (!make_statement(db, sql, false, &statement, err) || !db_step_row(statement, err))
		return false;
	const char *answer = db_text(statement, 0);
	if (!answer || strcmp(answer, expected) != 0)
		return error_set(err, REASON_STORE_CORRUPT, "%s: %s: %s", db->path, sql,
				 answer ? answer : "no answer");
	return true;
}

/* Nothing in the file may run code of its own, and no text in double quotes passes for a value. */
static bool harden(struct db *db, struct error *err)
{
	static const struct {
		int option, value;
	} settings[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },      { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },        { SQLITE_DBCONFIG_DQS_DDL, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 }, { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_FKEY, 1 },
	};

	for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
		int code =
			sqlite3_db_config(db->sqlite, settings[i].option, settings[i].value, NULL);
		if (code != SQLITE_OK)
			return fail(db, code, err);
	}
	return true;
}

/* Tells our files from others'. A new file gets the number in the very first write, so that no
 * crash leaves a file of ours without it. */
static bool claim(struct db *db, uint32_t application_id, struct error *err)
{
	int64_t pages = 0, found = 0;
	char sql[64];

	if (!pragma_int64(db, "PRAGMA page_count", &pages, err) ||
	    !pragma_int64(db, "PRAGMA application_id", &found, err))
		return false;
	if ((uint32_t)found == application_id)
		return true;
	if (pages != 0)
		return error_set(err, REASON_STORE_CORRUPT, "%s is a database, but not a store",
				 db->path);
	snprintf(sql, sizeof sql, "PRAGMA application_id = %d", (int32_t)application_id);
	return script(db, sql, err);
}

static bool check_if_small(struct db *db, struct error *err)
{
	struct stat st;

	if (stat(db->path, &st) != 0 || st.st_size > CHECKED_AT_OPEN_MAX)
		return true;
	return pragma_answers(db, "PRAGMA quick_check(1)", "ok", err);
}

static bool set_up_writer(struct db *db, uint32_t application_id, struct error *err)
{
	if (sqlite3_db_readonly(db->sqlite, "main") != 0)
		return error_set_retry(err, REASON_STORE_UNAVAILABLE, RETRY_UNAVAILABLE,
				       "%s cannot be written", db->path);
	/* The log is copied back every 16 MB, because by then a page of the random indexes has been
	 * written several times; recovery of that much takes 20 ms. */
	return claim(db, application_id, err) &&
	       pragma_answers(db, "PRAGMA journal_mode = WAL", "wal", err) &&
	       script(db,
		      "PRAGMA synchronous = FULL;"
		      "PRAGMA cell_size_check = ON;"
		      "PRAGMA wal_autocheckpoint = 4096;"
		      "PRAGMA journal_size_limit = 33554432;"
		      "PRAGMA cache_size = -16384;"
		      "PRAGMA temp_store = MEMORY",
		      err) &&
	       check_if_small(db, err);
}

static bool set_up_reader(struct db *db, struct error *err)
{
	return script(db,
		      "PRAGMA cell_size_check = ON;"
		      "PRAGMA cache_size = -2048;"
		      "PRAGMA temp_store = MEMORY",
		      err);
}

/* SQLite counts its memory under a lock of the whole process unless told not to; nobody asks for
 * the count. */
static pthread_once_t configured = PTHREAD_ONCE_INIT;

static void configure(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool connect(struct db *db, enum db_access access, struct error *err)
{
	int flags = access == DB_WRITER ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;

	pthread_once(&configured, configure);
	int code = sqlite3_open_v2(db->path, &db->sqlite,
				   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW |
					   SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE,
				   NULL);

	if (code != SQLITE_OK)
		return fail(db, code, err);
	sqlite3_busy_timeout(db->sqlite, BUSY_WAIT_MS);
	return harden(db, err);
}

bool db_open(const struct db_options *options, struct db **ret, struct error *err)
{
	CLEANUP(db_closep) struct db *db = calloc(1, sizeof *db);

	if (!db)
		return error_set(err, REASON_NO_MEMORY, "database");
	db->lock_fd = -1;
	if (!db_file_resolve(options->path, &db->path, err))
		return false;
	if (options->access == DB_WRITER &&
	    (!db_file_lock(db->path, &db->lock_fd, err) || !db_file_prepare(db->path, err)))
		return false;
	if (!connect(db, options->access, err))
		return false;
	if (options->access == DB_WRITER ? !set_up_writer(db, options->application_id, err)
					 : !set_up_reader(db, err))
		return false;
	*ret = TAKE(db);
	return true;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < CACHE_SLOTS; i++) {
		if (db->cache[i])
			sqlite3_finalize(db->cache[i]->prepared);
		free(db->cache[i]);
	}
	sqlite3_close(db->sqlite);
	fd_closep(&db->lock_fd);
	free(db->path);
	free(db);
}

const char *db_path(const struct db *db)
{
	return db->path;
}

/* -- statements -- */

/* Where `sql` is in the cache, or the free slot where it belongs. */
static struct db_statement **find_slot(struct db *db, const char *sql)
{
	size_t at = ((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15)) >> 32;

	for (;; at++) {
		struct db_statement **slot = &db->cache[at % CACHE_SLOTS];
		if (!*slot || (*slot)->sql == sql)
			return slot;
	}
}

/* What is written outside a transaction is committed when the statement is reset, where nobody
 * would learn that it failed; and after a full disk ended a transaction, the rest of it must not
 * be written alone. */
static void guard(struct db_statement *statement)
{
	statement->guarded = !sqlite3_stmt_readonly(statement->prepared);
}

bool db_prepare_once(struct db *db, const char *sql, struct db_statement **ret, struct error *err)
{
	if (!make_statement(db, sql, false, ret, err))
		return false;
	guard(*ret);
	return true;
}

static bool find_or_make(struct db *db, const char *sql, struct db_statement **ret,
			 struct error *err)
{
	struct db_statement **slot = find_slot(db, sql);

	/* in use: a callback asks again what its caller is still reading */
	if ((*slot && (*slot)->in_use) || (!*slot && db->cached >= CACHE_SLOTS / 2))
		return make_statement(db, sql, false, ret, err);
	if (!*slot) {
		if (!make_statement(db, sql, true, slot, err))
			return false;
		db->cached++;
	}
	(*slot)->in_use = true;
	*ret = *slot;
	return true;
}

bool db_prepare(struct db *db, const char *sql, struct db_statement **ret, struct error *err)
{
	if (!find_or_make(db, sql, ret, err))
		return false;
	guard(*ret);
	return true;
}

void db_done(struct db_statement *statement)
{
	if (!statement)
		return;
	if (!statement->kept) {
		sqlite3_finalize(statement->prepared);
		free(statement);
		return;
	}
	sqlite3_reset(statement->prepared);
	/* what was bound is the caller's memory */
	sqlite3_clear_bindings(statement->prepared);
	statement->bind_result = SQLITE_OK;
	statement->in_use = false;
}

static void note(struct db_statement *statement, int code)
{
	if (statement->bind_result == SQLITE_OK)
		statement->bind_result = code;
}

void db_bind_int64(struct db_statement *statement, int place, int64_t value)
{
	note(statement, sqlite3_bind_int64(statement->prepared, place, value));
}

void db_bind_text(struct db_statement *statement, int place, const char *text)
{
	note(statement, sqlite3_bind_text(statement->prepared, place, text, -1, SQLITE_STATIC));
}

void db_bind_bytes(struct db_statement *statement, int place, struct bytes view)
{
	/* a NULL pointer would be a null */
	const void *data = view.len ? (const void *)view.data : "";

	note(statement,
	     sqlite3_bind_blob64(statement->prepared, place, data, view.len, SQLITE_STATIC));
}

void db_bind_null(struct db_statement *statement, int place)
{
	note(statement, sqlite3_bind_null(statement->prepared, place));
}

bool db_step(struct db_statement *statement, bool *ret_row, struct error *err)
{
	int code = statement->bind_result;

	if (statement->guarded && !db_in_transaction(statement->db))
		return error_set_retry(err, REASON_STORE_UNAVAILABLE, RETRY_BUSY,
				       "a write needs a transaction, and there is none any more");
	if (code == SQLITE_OK)
		code = sqlite3_step(statement->prepared);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail(statement->db, code, err);
	*ret_row = code == SQLITE_ROW;
	return true;
}

bool db_step_row(struct db_statement *statement, struct error *err)
{
	bool row = false;

	if (!db_step(statement, &row, err))
		return false;
	return row || error_set(err, REASON_NOT_FOUND, "no such row");
}

bool db_run(struct db_statement *statement, int64_t *ret_changed, struct error *err)
{
	bool row = true;

	while (row)
		if (!db_step(statement, &row, err))
			return false;
	if (ret_changed)
		*ret_changed = sqlite3_changes64(statement->db->sqlite);
	return true;
}

bool db_insert(struct db_statement *statement, int64_t *ret_id, struct error *err)
{
	if (!db_run(statement, NULL, err))
		return false;
	*ret_id = sqlite3_last_insert_rowid(statement->db->sqlite);
	return true;
}

bool db_is_null(const struct db_statement *statement, int column)
{
	return sqlite3_column_type(statement->prepared, column) == SQLITE_NULL;
}

int64_t db_int64(const struct db_statement *statement, int column)
{
	return sqlite3_column_int64(statement->prepared, column);
}

const char *db_text(const struct db_statement *statement, int column)
{
	return (const char *)sqlite3_column_text(statement->prepared, column);
}

struct bytes db_bytes(const struct db_statement *statement, int column)
{
	const void *data = sqlite3_column_blob(statement->prepared, column);
	int len = sqlite3_column_bytes(statement->prepared, column);

	return (struct bytes){ data, data && len > 0 ? (size_t)len : 0 };
}

bool db_bytes_exact(const struct db_statement *statement, int column, void *into, size_t len,
		    struct error *err)
{
	struct bytes view = db_bytes(statement, column);

	if (view.len != len)
		return error_set(err, REASON_STORE_CORRUPT, "column %d holds %zu bytes, not %zu",
				 column, view.len, len);
	memcpy(into, view.data, len);
	return true;
}

bool db_text_copy(const struct db_statement *statement, int column, char **ret, struct error *err)
{
	const char *text = db_text(statement, column);
	char *copy = NULL;

	if (!text && db_is_null(statement, column)) {
		*ret = NULL;
		return true;
	}
	if (text)
		copy = strdup(text);
	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "column %d", column);
	*ret = copy;
	return true;
}

bool db_script(struct db *db, const char *sql, struct error *err)
{
	return script(db, sql, err);
}

/* -- transactions -- */

static bool run(struct db *db, const char *sql, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	return find_or_make(db, sql, &statement, err) && db_run(statement, NULL, err);
}

bool db_begin_write(struct db *db, struct error *err)
{
	/* takes the write lock now, so that no later statement can fail for want of it */
	return run(db, "BEGIN IMMEDIATE", err);
}

bool db_begin_read(struct db *db, struct error *err)
{
	return run(db, "BEGIN", err);
}

bool db_commit(struct db *db, struct error *err)
{
	return run(db, "COMMIT", err);
}

void db_rollback(struct db *db)
{
	if (db_in_transaction(db))
		(void)!run(db, "ROLLBACK", NULL);
}

bool db_in_transaction(const struct db *db)
{
	return sqlite3_get_autocommit(db->sqlite) == 0;
}

bool db_savepoint(struct db *db, struct error *err)
{
	return run(db, "SAVEPOINT step", err);
}

bool db_savepoint_keep(struct db *db, struct error *err)
{
	return run(db, "RELEASE SAVEPOINT step", err);
}

bool db_savepoint_undo(struct db *db, struct error *err)
{
	return run(db, "ROLLBACK TO SAVEPOINT step", err) && db_savepoint_keep(db, err);
}

/* -- the whole -- */

static bool copy_into(struct db *db, const char *path, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	if (!make_statement(db, "VACUUM INTO $1", false, &statement, err))
		return false;
	db_bind_text(statement, 1, path);
	return db_run(statement, NULL, err);
}

/* Nobody else sees the copy yet, and one that is half made is thrown away: no file beside it. */
static bool finish_copy(const char *path, bool (*finish)(struct db *copy, struct error *err),
			struct error *err)
{
	CLEANUP(db_closep) struct db *copy = calloc(1, sizeof *copy);

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "copy");
	copy->lock_fd = -1;
	copy->path = strdup(path);
	if (!copy->path)
		return error_set(err, REASON_NO_MEMORY, "copy");
	return connect(copy, DB_WRITER, err) &&
	       script(copy, "PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY", err) &&
	       finish(copy, err);
}

bool db_backup(struct db *db, const char *path, bool (*finish)(struct db *copy, struct error *err),
	       struct error *err)
{
	CLEANUP(freep) char *beside = NULL;

	if (!db_file_begin_copy(path, &beside, err))
		return false;
	if (copy_into(db, beside, err) && finish_copy(beside, finish, err) &&
	    db_file_end_copy(beside, path, err))
		return true;
	(void)unlink(beside);
	return false;
}

bool db_check(struct db *db, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *orphans = NULL;
	bool row = false;

	if (!pragma_answers(db, "PRAGMA integrity_check(1)", "ok", err) ||
	    !make_statement(db, "PRAGMA foreign_key_check", false, &orphans, err) ||
	    !db_step(orphans, &row, err))
		return false;
	return !row || error_set(err, REASON_STORE_CORRUPT, "a row of %s refers to nothing",
				 db_text(orphans, 0));
}
