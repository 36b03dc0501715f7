#include "store/store_private.h"
#include "store/store_config.h"

bool store_account_insert(struct store_tx *tx, const char *name, const char *oid_arc,
			  int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx), "INSERT INTO account (name, oid_arc) VALUES ($1, $2)",
			&insertion, err))
		return false;
	db_bind_text(insertion, 1, name);
	db_bind_text(insertion, 2, oid_arc);
	return db_insert(insertion, ret_id, err) && catalog_raise(tx, err);
}

bool store_account_update(struct store_tx *tx, int64_t id, const char *name, const char *oid_arc,
			  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE account SET name = $1, oid_arc = $2 WHERE id = $3",
			&update, err))
		return false;
	db_bind_text(update, 1, name);
	db_bind_text(update, 2, oid_arc);
	db_bind_int64(update, 3, id);
	return run_on_existing(update, "account", err) && catalog_raise(tx, err);
}

/* -- allowlists -- */

static struct bytes address_view(const struct address *address)
{
	return (struct bytes){ address->bytes, sizeof address->bytes };
}

bool store_address_insert(struct store_tx *tx, int64_t account_id, const char *text,
			  const char *comment, const struct address_range *range, int64_t *ret_id,
			  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO address "
			"(account_id, notation, remark, first_address, last_address) "
			"VALUES ($1, $2, $3, $4, $5)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, account_id);
	db_bind_text(insertion, 2, text);
	db_bind_text(insertion, 3, comment ? comment : "");
	db_bind_bytes(insertion, 4, address_view(&range->first));
	db_bind_bytes(insertion, 5, address_view(&range->last));
	return db_insert(insertion, ret_id, err) && catalog_raise(tx, err);
}

bool store_address_delete(struct store_tx *tx, int64_t account_id, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM address WHERE id = $1 AND account_id = $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	db_bind_int64(deletion, 2, account_id);
	return run_on_existing(deletion, "address", err) && catalog_raise(tx, err);
}

static void address_done(struct store_address *address)
{
	free(address->text);
	free(address->comment);
}

static bool address_of_row(const struct db_statement *row, struct store_address *ret,
			   struct error *err)
{
	ret->id = db_int64(row, 0);
	ret->account_id = db_int64(row, 1);
	return db_text_copy(row, 2, &ret->text, err) && db_text_copy(row, 3, &ret->comment, err) &&
	       db_bytes_exact(row, 4, ret->range.first.bytes, sizeof ret->range.first.bytes, err) &&
	       db_bytes_exact(row, 5, ret->range.last.bytes, sizeof ret->range.last.bytes, err);
}

static bool list_next_address(struct db_statement *query,
			      bool (*each)(void *context, const struct store_address *address),
			      void *context, bool *ret_go_on, struct error *err)
{
	CLEANUP(address_done) struct store_address address = { 0 };

	if (!db_step(query, ret_go_on, err))
		return false;
	if (!*ret_go_on)
		return true;
	if (!address_of_row(query, &address, err))
		return false;
	*ret_go_on = each(context, &address);
	return true;
}

bool store_address_list(struct store *store, int64_t account_id,
			bool (*each)(void *context, const struct store_address *address),
			void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool go_on = true;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT id, account_id, notation, remark, first_address, last_address "
			"FROM address WHERE account_id = $1 ORDER BY id",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	while (go_on)
		if (!list_next_address(query, each, context, &go_on, err))
			return false;
	return true;
}
