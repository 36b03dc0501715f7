/* Leave to issue one certificate, and all that it may say. Only policy/ makes one
 * (tools/check-layers sees to it); ca_prepare() consumes it. */
#pragma once

#include "model/catalog.h"
#include "model/certificate.h"

struct grant {
	int64_t account_id, ca_id;
	int64_t profile_id, profile_version; /* 0: by an operator's word */
	enum certificate_purpose purpose;
	struct name subject;
	struct buffer key_id;      /* of a CA that is known by one already; empty: ours */
	struct buffer subject_der; /* of a CA that has written its name before; empty: ours */
	struct san san;
	struct public_key *key; /* a reference */
	unsigned int key_usage;
	char **ext_key_usages; /* dotted */
	size_t ext_key_usage_count;
	bool key_usage_critical, ext_key_usage_critical;
	/* Whole Extension elements: what the profile writes besides. */
	struct buffer extensions;
	/* Where the node itself publishes; not where the profile has its own word on it. */
	bool crl_at_node, access_at_node;
	bool is_ca;
	int path_len;                       /* -1: none */
	struct buffer name_constraints;     /* DER of the extension's value; empty: none */
	enum signature_algorithm signature; /* SIGN_COUNT: the CA key's default */
	int64_t not_before, not_after;      /* already within the CA's own */
	/* for the record */
	enum est_operation operation;
	int64_t renews_id;
	unsigned char identity_hash[KEY_HASH_LEN];
	char *requested_by, *peer, *request_id;
};

void grant_free(struct grant *grant);
DEFINE_CLEANUP(struct grant *, grant_free)
