/* What an edge knows: public parts of accounts and profiles, ready-made answers, and the node's own
 * TLS identity. Immutable. */
#pragma once

#include "base/address.h"
#include "base/secret.h"
#include "model/profile.h"

struct snapshot_account {
	int64_t id;
	struct address_set allowed;
	char *name; /* "" of a proxy, which has none */
};

struct snapshot_profile {
	int64_t id;
	size_t account; /* index */
	char *name;
	bool active;
	bool strict_encoding;
	bool in_rollover;       /* who fetches cacerts is told to the authority */
	bool offers_basic;      /* a 401 may ask for Basic */
	bool serverkeygen;      /* the operation is there */
	bool fullcmc;           /* so is this */
	bool is_unknown;        /* a proxy has not heard yet what follows */
	struct buffer cacerts;  /* DER, certs-only PKCS#7 */
	struct buffer csrattrs; /* DER; empty: nothing to ask for */
};

struct snapshot_label {
	char *text;
	size_t profile; /* index */
};

struct snapshot {
	int64_t version;
	struct snapshot_account *accounts;
	size_t account_count;
	struct snapshot_profile *profiles;
	size_t profile_count;
	struct snapshot_label *labels; /* sorted by text */
	size_t label_count;
	bool has_default;
	size_t default_profile;      /* index */
	struct address_set everyone; /* the union of all accounts' lists */
	struct buffer tls_chain;     /* PEM certificates, leaf first; empty: none made yet */
	struct secret tls_key;       /* PKCS#8 DER */
	/* of the admin process alone: whether some administrator signs in with a certificate, and
	 * who issues them (DER Names, one after the other) */
	bool asks_client_certificate;
	struct buffer client_ca_names;
};

const struct snapshot_profile *snapshot_find(const struct snapshot *snapshot, const char *label);

void snapshot_pack(const struct snapshot *snapshot, struct buffer *to);
MUST_CHECK bool snapshot_unpack(struct bytes message, struct snapshot **ret, struct error *err);
void snapshot_free(struct snapshot *snapshot);
DEFINE_CLEANUP(struct snapshot *, snapshot_free)
