/* All configuration of a node's accounts as one immutable value: read from the store, swapped whole
 * when anything changes. */
#pragma once

#include "base/address.h"
#include "model/profile.h"
#include "pki/cert.h"

struct account {
	int64_t id;
	char *name;    /* unique */
	char *oid_arc; /* dotted; profiles' OIDs grow below it */
	struct address_set allowed;
};

enum ca_state { CA_ACTIVE, CA_RETIRED, CA_DISABLED };

/* A certification authority of ours. Its private key is ca/'s business: a file named by id, or a
 * token's object. */
struct ca {
	int64_t id, account_id;
	char *name;     /* unique in its account */
	char *key_name; /* where the signer keeps its private key */
	enum ca_state state;
	/* what it was told to sign with; ca_signature() says what it does sign with */
	enum signature_algorithm signature;
	bool revoked;      /* its certificate is, or that of a CA of ours above it */
	int64_t parent_id; /* 0: self-signed, or signed elsewhere */
	struct cert *cert;
	struct cert *
		*chain; /* from its issuer up to the root, excluding itself; empty for a root */
	size_t chain_count;
	struct cert **former; /* that it had before, for the same key */
	size_t former_count;
};

/* A CA's key is being replaced (RFC 7030 4.1.3, RFC 4210 4.4). */
struct ca_rollover {
	int64_t id, account_id;
	int64_t old_ca_id, new_ca_id;
	int64_t started, finished;                /* finished 0: under way */
	struct cert *old_with_new, *new_with_old; /* NULL where no root is replaced */
};

/* An issuing CA that may vouch for EST clients of an account (EST authentication). */
struct anchor {
	int64_t id, account_id;
	int64_t ca_id; /* our own CA's id, or 0 for a third party's */
	struct cert *cert;
};

/* A passphrase's verifier. The old one of a rotation has an end. */
enum verifier_kind { VERIFIER_HMAC, VERIFIER_ARGON2ID };
#define VERIFIER_MAX 256
struct passphrase {
	int64_t id, profile_id;
	enum verifier_kind kind;
	unsigned char verifier[VERIFIER_MAX]; /* HMAC: 32 bytes; argon2id: its encoded text */
	size_t verifier_len;
	int64_t created, ends; /* ends 0: none */
};

#define RA_FORMER_MAX 8 /* that hold beside the present one; who needs more rotates in a circle */

/* An RA certificate's reach. */
struct ra_scope {
	int64_t id, account_id;
	int64_t certificate_id; /* the certificate record */
	/* of those that it replaced, newest first; each holds until it is revoked */
	int64_t former_ids[RA_FORMER_MAX];
	size_t former_count;
	char *name;
	int64_t *profile_ids;
	size_t profile_count;
	bool all_profiles; /* of the account */
};

struct catalog {
	int64_t version; /* rises with every change of anything below */
	struct account *accounts;
	size_t account_count;
	struct ca *cas;
	size_t ca_count;
	struct ca_rollover *rollovers; /* also those that are finished */
	size_t rollover_count;
	struct anchor *anchors;
	size_t anchor_count;
	struct profile **profiles;
	size_t profile_count;
	struct passphrase *passphrases;
	size_t passphrase_count;
	struct ra_scope *ra_scopes;
	size_t ra_scope_count;
	int64_t default_profile_id; /* 0: none */
	int references;             /* atomic; its maker sets it to 1 */
};

/* NULL when absent. `profiles` is sorted by id, and searched by halves. */
const struct account *catalog_account(const struct catalog *catalog, int64_t id);
const struct account *catalog_account_by_name(const struct catalog *catalog, const char *name);
const struct ca *catalog_ca(const struct catalog *catalog, int64_t id);
const struct ca *catalog_ca_by_name(const struct catalog *catalog, int64_t account_id,
				    const char *name);
/* The rollover under way that replaces the CA, or NULL. */
const struct ca_rollover *catalog_rollover_of(const struct catalog *catalog, int64_t old_ca_id);
/* Whether the CA is `above`, or stands below it. */
bool catalog_ca_is_below(const struct catalog *catalog, const struct ca *ca,
			 const struct ca *above);
const struct profile *catalog_profile(const struct catalog *catalog, int64_t id);
const struct profile *catalog_profile_by_name(const struct catalog *catalog, int64_t account_id,
					      const char *name);
/* By OID or alias. */
const struct profile *catalog_profile_by_label(const struct catalog *catalog, const char *label);

/* The scope of the certificate, present or former, or NULL. */
const struct ra_scope *catalog_ra_scope_of(const struct catalog *catalog, int64_t certificate_id);

struct catalog *catalog_ref(struct catalog *catalog); /* thread-safe; returns its argument */
void catalog_unref(struct catalog *catalog); /* thread-safe; the last one frees; NULL is fine */
DEFINE_CLEANUP(struct catalog *, catalog_unref)

/* What the CA signs with where no profile says otherwise: as it was told, if its key can do that,
 * else as keys of its type usually do. SIGN_COUNT if its key is unsound. */
enum signature_algorithm ca_signature(const struct ca *ca);
/* Whether certificates can be signed so: REASON_INVALID, in words. SIGN_COUNT always can. */
MUST_CHECK bool ca_check_signature(const struct ca *ca, enum signature_algorithm algorithm,
				   struct error *err);

/* By name and signature: whether the store knows the certificate is another matter. */
bool ca_has_signed(const struct ca *ca, const struct cert *cert);

const char *ca_state_text(enum ca_state state); /* "active", "retired", "disabled" */
