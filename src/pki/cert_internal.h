/* What cert.c and cert_parse.c share: the parts of a struct cert. */
#pragma once

#include "pki/cert.h"

/* The key, once it was asked for. */
struct cert_lazy_key {
	bool judged;
	struct public_key *key;
	struct error refusal; /* when key is NULL */
};

struct cert {
	unsigned char *copy; /* every view below points into it */
	struct bytes der, tbs, signature;
	enum signature_algorithm algorithm;
	bool signature_is_weak;
	struct bytes serial;
	struct bytes issuer_der, subject_der;
	struct name issuer, subject;
	int64_t not_before, not_after;
	struct bytes spki;
	struct cert_lazy_key *lazy_key;
	unsigned char fingerprint[CERT_FINGERPRINT_LEN];
	unsigned char key_hash[KEY_HASH_LEN];

	struct extensions extensions;
	bool is_ca;
	int path_len;
	bool has_key_usage;
	unsigned int key_usage;
	struct bytes ext_key_usages; /* the OIDs' elements; empty when absent */
	struct san san;
	bool san_is_unreadable;
	struct bytes subject_key_id, authority_key_id;
};

/* Fills the views and values from `der`, which `cert` keeps. Reasons are those of the parts. */
MUST_CHECK bool cert_read(struct cert *cert, struct error *err);
