#include "store/store_access.h"
#include "store/store_private.h"

#define ADMINISTRATOR_COLUMNS                                                                      \
	"SELECT id, name, locked, created, password, totp_nonce, totp_step FROM administrator "

static bool read_bytes(const struct db_statement *row, int column, unsigned char *into, size_t max,
		       size_t *ret_len, struct error *err)
{
	struct bytes view = db_bytes(row, column);

	if (view.len > max)
		return error_set(err, REASON_STORE_CORRUPT, "administrator: %zu octets", view.len);
	if (view.len)
		memcpy(into, view.data, view.len);
	*ret_len = view.len;
	return true;
}

static bool read_row(const struct db_statement *row, struct administrator *ret, struct error *err)
{
	const char *name = db_text(row, 1);

	*ret = (struct administrator){
		.id = db_int64(row, 0),
		.locked = db_int64(row, 2) != 0,
		.created = db_int64(row, 3),
		.totp_step = db_int64(row, 6),
	};
	if (!name || strlen(name) > ACCESS_NAME_MAX)
		return error_set(err, REASON_STORE_CORRUPT, "an administrator's name");
	memcpy(ret->name, name, strlen(name) + 1);
	return read_bytes(row, 4, ret->password, sizeof ret->password, &ret->password_len, err) &&
	       read_bytes(row, 5, ret->totp_nonce, sizeof ret->totp_nonce, &ret->totp_len, err);
}

static bool read_roles(struct db *db, struct administrator *administrator, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT account_id, role FROM administrator_role "
			"WHERE administrator_id = $1 ORDER BY account_id",
			&query, err))
		return false;
	db_bind_int64(query, 1, administrator->id);
	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (administrator->role_count == ROLES_MAX)
			return error_set(err, REASON_STORE_CORRUPT, "more than %d roles",
					 ROLES_MAX);
		administrator->roles[administrator->role_count++] =
			(struct account_role){ db_int64(query, 0), (enum role)db_int64(query, 1) };
	}
}

static bool find_by_id(struct db *db, int64_t id, struct administrator *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db, ADMINISTRATOR_COLUMNS "WHERE id = $1", &query, err))
		return false;
	db_bind_int64(query, 1, id);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such administrator");
	return read_row(query, ret, err) && read_roles(db, ret, err) &&
	       administrator_pin_read(db, ret, err);
}

bool store_administrator_find(struct store *store, int64_t id, struct administrator *ret,
			      struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && find_by_id(reader.db, id, ret, err);
}

bool store_administrator_find_tx(struct store_tx *tx, int64_t id, struct administrator *ret,
				 struct error *err)
{
	return find_by_id(tx_db(tx), id, ret, err);
}

bool store_administrator_find_by_name(struct store *store, const char *name,
				      struct administrator *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, ADMINISTRATOR_COLUMNS "WHERE name = $1", &query, err))
		return false;
	db_bind_text(query, 1, name);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "administrator %s", name);
	return read_row(query, ret, err) && read_roles(reader.db, ret, err) &&
	       administrator_pin_read(reader.db, ret, err);
}

bool store_administrator_list(struct store *store,
			      bool (*each)(void *context,
					   const struct administrator *administrator),
			      void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, ADMINISTRATOR_COLUMNS "ORDER BY name", &query, err))
		return false;
	for (;;) {
		struct administrator administrator;
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!read_row(query, &administrator, err) ||
		    !read_roles(reader.db, &administrator, err) ||
		    !administrator_pin_read(reader.db, &administrator, err))
			return false;
		if (!each(context, &administrator))
			return true;
	}
}

bool store_administrator_insert(struct store_tx *tx, const char *name, int64_t created,
				int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	const struct bytes nothing = { (const unsigned char *)"", 0 };

	if (!db_prepare(tx_db(tx),
			"INSERT INTO administrator "
			"(name, locked, created, password, totp_nonce, totp_step) "
			"VALUES ($1, 0, $2, $3, $4, 0)",
			&insertion, err))
		return false;
	db_bind_text(insertion, 1, name);
	db_bind_int64(insertion, 2, created);
	db_bind_bytes(insertion, 3, nothing);
	db_bind_bytes(insertion, 4, nothing);
	return db_insert(insertion, ret_id, err);
}

bool store_administrator_update(struct store_tx *tx, const struct administrator *administrator,
				struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE administrator SET name = $1, locked = $2, password = $3, "
			"totp_nonce = $4, totp_step = $5 WHERE id = $6",
			&update, err))
		return false;
	db_bind_text(update, 1, administrator->name);
	db_bind_int64(update, 2, administrator->locked);
	db_bind_bytes(update, 3,
		      (struct bytes){ administrator->password, administrator->password_len });
	db_bind_bytes(update, 4,
		      (struct bytes){ administrator->totp_nonce, administrator->totp_len });
	db_bind_int64(update, 5, administrator->totp_step);
	db_bind_int64(update, 6, administrator->id);
	return run_on_existing(update, "administrator", err);
}

static bool delete_where(struct store_tx *tx, const char *sql, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), sql, &deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return db_run(deletion, NULL, err);
}

bool store_administrator_delete(struct store_tx *tx, int64_t id, struct error *err)
{
	return store_administrator_pin_delete(tx, id, err) &&
	       delete_where(tx, "DELETE FROM login_link WHERE administrator_id = $1", id, err) &&
	       delete_where(tx, "DELETE FROM session WHERE administrator_id = $1", id, err) &&
	       delete_where(tx, "DELETE FROM administrator_role WHERE administrator_id = $1", id,
			    err) &&
	       delete_where(tx, "DELETE FROM administrator WHERE id = $1", id, err);
}

static bool remove_role(struct store_tx *tx, int64_t id, int64_t account_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx),
			"DELETE FROM administrator_role "
			"WHERE administrator_id = $1 AND account_id = $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	db_bind_int64(deletion, 2, account_id);
	return run_on_existing(deletion, "role", err);
}

bool store_administrator_set_role(struct store_tx *tx, int64_t id, struct account_role role,
				  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (role.role == ROLE_NONE)
		return remove_role(tx, id, role.account_id, err);
	if (!db_prepare(tx_db(tx),
			"INSERT INTO administrator_role (administrator_id, account_id, role) "
			"VALUES ($1, $2, $3) ON CONFLICT (administrator_id, account_id) "
			"DO UPDATE SET role = excluded.role",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, id);
	db_bind_int64(insertion, 2, role.account_id);
	db_bind_int64(insertion, 3, role.role);
	return db_run(insertion, NULL, err);
}

bool store_administrator_count(struct store_tx *tx, struct account_role role, int64_t except,
			       int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx),
			"SELECT count(*) FROM administrator_role "
			"JOIN administrator ON administrator.id = administrator_id "
			"WHERE account_id = $1 AND role = $2 AND locked = 0 "
			"AND administrator_id <> $3",
			&query, err))
		return false;
	db_bind_int64(query, 1, role.account_id);
	db_bind_int64(query, 2, role.role);
	db_bind_int64(query, 3, except);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}
