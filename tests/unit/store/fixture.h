/* A store of its own for each test, with an account and what a certificate record needs. */
#pragma once

#include "db/db.h"
#include "db/scratch.h"
#include "store/store_certificate.h"
#include "store/store_config.h"

#define STORE_FILE_ID 0x42535457 /* what a store's file says of itself */

struct fixture {
	struct scratch scratch;
	struct store *store;
	int64_t account_id;
	struct error err;
};

#define OK(call) EXPECT_OK(call, f->err)
#define REFUSED(call, expected) EXPECT_REFUSED(call, f->err, expected)

/* One write in a transaction of its own. */
#define IN_TX(call)                                                                                \
	do {                                                                                       \
		struct store_tx *tx = NULL;                                                        \
		OK(store_begin(f->store, &tx, &f->err));                                           \
		OK(call);                                                                          \
		OK(store_commit(tx, &f->err));                                                     \
	} while (0)
#define REFUSED_IN_TX(call, expected)                                                              \
	do {                                                                                       \
		struct store_tx *tx = NULL;                                                        \
		OK(store_begin(f->store, &tx, &f->err));                                           \
		REFUSED(call, expected);                                                           \
		store_rollback(tx);                                                                \
	} while (0)

static inline struct fixture fixture_new(void)
{
	struct fixture fixture = { .scratch = scratch_new() }, *f = &fixture;

	OK(store_open(f->scratch.path, &f->store, &f->err));
	IN_TX(store_account_insert(tx, "acme", "2.25.1", &f->account_id, &f->err));
	return fixture;
}

static inline void fixture_done(struct fixture *f)
{
	store_close(f->store);
	scratch_done(&f->scratch);
}

static inline void fixture_reopen(struct fixture *f)
{
	store_close(TAKE(f->store));
	OK(store_open(f->scratch.path, &f->store, &f->err));
}

/* Runs SQL on the closed file, as one who has the file could. */
static inline void fixture_tamper(struct fixture *f, const char *sql)
{
	struct db *db = NULL;
	const struct db_options options = { .path = f->scratch.path,
					    .application_id = STORE_FILE_ID,
					    .access = DB_WRITER };

	store_close(TAKE(f->store));
	OK(db_open(&options, &db, &f->err));
	OK(db_script(db, sql, &f->err));
	db_close(db);
}

/* A record as an enrollment makes it; `number` makes serial and key. */
static inline struct certificate record_new(const struct fixture *f, uint32_t number)
{
	static char subject[] = "CN=device", san[] = "dns:device.example", peer[] = "192.0.2.1",
		    by[] = "passphrase", request[] = "0123456789abcdef";
	static unsigned char tbs[] = "to be signed";
	struct certificate record = {
		.account_id = f->account_id,
		.ca_id = 1,
		.profile_id = 1,
		.profile_version = 3,
		.purpose = PURPOSE_DEVICE,
		.serial = { 0x0a, (unsigned char)(number >> 24), (unsigned char)(number >> 16),
			    (unsigned char)(number >> 8), (unsigned char)number },
		.serial_len = 16,
		.subject = subject,
		.san = san,
		.not_before = 1000,
		.not_after = 2000,
		.created = 1000,
		.key_hash = { (unsigned char)(number >> 8), (unsigned char)number, 0x11 },
		.identity_hash = { 0x22 },
		.operation = EST_SIMPLEENROLL,
		.peer = peer,
		.requested_by = by,
		.request_id = request,
		.der = tbs,
		.der_len = sizeof tbs,
	};

	return record;
}

static inline int64_t record_issue(struct fixture *f, const struct certificate *record)
{
	int64_t id = 0;

	IN_TX(store_certificate_insert_intent(tx, record, &id, &f->err) &&
	      store_certificate_complete(tx, id, BYTES_LITERAL("signed"), &f->err));
	return id;
}
