#include "store/store_device.h"

#include <stdio.h>

#include "store/store_private.h"

#define COLUMNS                                                                                    \
	"id, account_id, profile_id, kind, identity, name, remark, created, suspended_at, "        \
	"certificate_id"

_Static_assert(DEVICE_BY_SERIAL == 0 && DEVICE_BY_FINGERPRINT == 1, "device.kind");

/* -- reading -- */

static bool copy_text(const struct db_statement *row, int column, char *into, size_t size,
		      struct error *err)
{
	const char *text = db_text(row, column);

	if (!text || strlen(text) >= size)
		return error_set(err, REASON_STORE_CORRUPT, "a device's column %d", column);
	snprintf(into, size, "%s", text);
	return true;
}

static bool device_of_row(const struct db_statement *row, struct device *ret, struct error *err)
{
	struct device device = {
		.id = db_int64(row, 0),
		.account_id = db_int64(row, 1),
		.profile_id = db_int64(row, 2),
		.kind = (enum device_kind)db_int64(row, 3),
		.created = db_int64(row, 7),
		.suspended_at = db_int64(row, 8),
		.certificate_id = db_int64(row, 9),
	};

	if ((unsigned int)device.kind >= DEVICE_KIND_COUNT)
		return error_set(err, REASON_STORE_CORRUPT, "a device's kind");
	if (!copy_text(row, 4, device.identity, sizeof device.identity, err) ||
	    !copy_text(row, 5, device.name, sizeof device.name, err) ||
	    !copy_text(row, 6, device.remark, sizeof device.remark, err))
		return false;
	*ret = device;
	return true;
}

static bool read_one(struct db_statement *query, struct device *ret, struct error *err)
{
	bool row = false;

	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such device");
	return device_of_row(query, ret, err);
}

static bool find_by_id(struct db *db, int64_t id, struct device *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT " COLUMNS " FROM device WHERE id = $1", &query, err))
		return false;
	db_bind_int64(query, 1, id);
	return read_one(query, ret, err);
}

bool store_device_find(struct store *store, int64_t id, struct device *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && find_by_id(reader.db, id, ret, err);
}

bool store_device_find_tx(struct store_tx *tx, int64_t id, struct device *ret, struct error *err)
{
	return find_by_id(tx_db(tx), id, ret, err);
}

bool store_device_find_by_certificate(struct store *store, int64_t certificate_id,
				      struct device *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT " COLUMNS " FROM device WHERE id = "
			"(SELECT device_id FROM device_certificate WHERE certificate_id = $1)",
			&query, err))
		return false;
	db_bind_int64(query, 1, certificate_id);
	return read_one(query, ret, err);
}

/* "" folds to nothing and is nobody's. */
static void fold(const char *text, char ret[DEVICE_IDENTITY_MAX + 1])
{
	if (!text || !device_identity_fold(text, ret))
		ret[0] = '\0';
}

static bool find_by_identity(struct db *db, int64_t profile_id, const char *serial,
			     const char *fingerprint, struct device *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	char by_serial[DEVICE_IDENTITY_MAX + 1], by_fingerprint[DEVICE_IDENTITY_MAX + 1];

	fold(serial, by_serial);
	fold(fingerprint, by_fingerprint);
	if (!db_prepare(db,
			"SELECT " COLUMNS
			" FROM device WHERE profile_id = $1 AND lookup IN ($2, $3) "
			"AND lookup <> '' AND ((kind = 0 AND lookup = $2) OR "
			"(kind = 1 AND lookup = $3)) "
			"ORDER BY CASE WHEN suspended_at <> 0 THEN 0 ELSE 1 END, kind DESC LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, profile_id);
	db_bind_text(query, 2, by_serial);
	db_bind_text(query, 3, by_fingerprint);
	return read_one(query, ret, err);
}

bool store_device_find_by_identity(struct store *store, int64_t profile_id, const char *serial,
				   const char *fingerprint, struct device *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) &&
	       find_by_identity(reader.db, profile_id, serial, fingerprint, ret, err);
}

bool store_device_find_by_identity_tx(struct store_tx *tx, int64_t profile_id, const char *serial,
				      const char *fingerprint, struct device *ret,
				      struct error *err)
{
	return find_by_identity(tx_db(tx), profile_id, serial, fingerprint, ret, err);
}

/* -- listing -- */

static bool each_row(struct db_statement *query,
		     bool (*each)(void *context, const struct device *device), void *context,
		     struct error *err)
{
	for (;;) {
		struct device device;
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!device_of_row(query, &device, err))
			return false;
		if (!each(context, &device))
			return true;
	}
}

bool store_device_list(struct store *store, const struct store_device_filter *filter,
		       bool (*each)(void *context, const struct device *device), void *context,
		       struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT " COLUMNS " FROM device WHERE profile_id = $1 AND id > $2 "
			"AND ($3 < 0 OR $3 = CASE WHEN suspended_at <> 0 THEN 2 "
			"WHEN certificate_id <> 0 THEN 1 ELSE 0 END) "
			"AND ($4 = 0 OR NOT EXISTS (SELECT 1 FROM device_code "
			"WHERE device_code.device_id = device.id AND device_code.device_id <> 0 "
			"AND uses < uses_max AND (ends = 0 OR ends > $5) AND locked_at = 0)) "
			"ORDER BY id LIMIT $6",
			&query, err))
		return false;
	db_bind_int64(query, 1, filter->profile_id);
	db_bind_int64(query, 2, filter->after_id);
	db_bind_int64(query, 3, filter->state);
	db_bind_int64(query, 4, filter->lacks_code);
	db_bind_int64(query, 5, filter->now);
	db_bind_int64(query, 6, filter->limit);
	return each_row(query, each, context, err);
}

/* -- writing -- */

static bool insert(struct store_tx *tx, const struct device *device, int64_t *ret_id,
		   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	char lookup[DEVICE_IDENTITY_MAX + 1];

	if (!device_identity_fold(device->identity, lookup))
		return error_set(err, REASON_INVALID, "a device without an identity");
	if (!db_prepare(tx_db(tx),
			"INSERT INTO device (account_id, profile_id, kind, identity, lookup, name, "
			"remark, created, suspended_at, certificate_id) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, device->account_id);
	db_bind_int64(insertion, 2, device->profile_id);
	db_bind_int64(insertion, 3, device->kind);
	db_bind_text(insertion, 4, device->identity);
	db_bind_text(insertion, 5, lookup);
	db_bind_text(insertion, 6, device->name);
	db_bind_text(insertion, 7, device->remark);
	db_bind_int64(insertion, 8, device->created);
	return db_insert(insertion, ret_id, err);
}

bool store_device_insert(struct store_tx *tx, const struct device *device, int64_t *ret_id,
			 bool *ret_new, struct error *err)
{
	bool by_serial = device->kind == DEVICE_BY_SERIAL;
	struct device present;
	struct error missing = { 0 };

	if (store_device_find_by_identity_tx(
		    tx, device->profile_id, by_serial ? device->identity : NULL,
		    by_serial ? NULL : device->identity, &present, &missing)) {
		*ret_id = present.id;
		*ret_new = false;
		return true;
	}
	if (missing.reason != REASON_NOT_FOUND) {
		*err = missing;
		return false;
	}
	*ret_new = true;
	return insert(tx, device, ret_id, err);
}

static bool run_on_device(struct store_tx *tx, const char *sql, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	if (!db_prepare(tx_db(tx), sql, &statement, err))
		return false;
	db_bind_int64(statement, 1, id);
	return db_run(statement, NULL, err);
}

bool store_device_delete(struct store_tx *tx, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!run_on_device(tx, "DELETE FROM device_certificate WHERE device_id = $1", id, err) ||
	    !run_on_device(tx, "DELETE FROM device_code WHERE device_id = $1 AND device_id <> 0",
			   id, err) ||
	    !db_prepare(tx_db(tx), "DELETE FROM device WHERE id = $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return run_on_existing(deletion, "device", err);
}

bool store_device_suspend(struct store_tx *tx, int64_t id, int64_t at, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE device SET suspended_at = $1 WHERE id = $2", &update,
			err))
		return false;
	db_bind_int64(update, 1, at);
	db_bind_int64(update, 2, id);
	return run_on_existing(update, "device", err);
}

static bool set_certificate(struct store_tx *tx, int64_t id, int64_t certificate_id,
			    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE device SET certificate_id = $1 WHERE id = $2", &update,
			err))
		return false;
	db_bind_int64(update, 1, certificate_id);
	db_bind_int64(update, 2, id);
	return run_on_existing(update, "device", err);
}

bool store_device_note_certificate(struct store_tx *tx, int64_t id, int64_t certificate_id,
				   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!set_certificate(tx, id, certificate_id, err) ||
	    !db_prepare(
		    tx_db(tx),
		    "INSERT INTO device_certificate (certificate_id, device_id) VALUES ($1, $2)",
		    &insertion, err))
		return false;
	db_bind_int64(insertion, 1, certificate_id);
	db_bind_int64(insertion, 2, id);
	return db_run(insertion, NULL, err);
}
