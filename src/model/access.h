/* Who may do what: roles, and those who hold them. */
#pragma once

#include "base/bytes.h"
#include "base/hash.h"

/* Each role may do what those before it may. */
enum role {
	ROLE_NONE,
	ROLE_AUDITOR,       /* reads */
	ROLE_RA_OPERATOR,   /* and enrolls and revokes */
	ROLE_ADMINISTRATOR, /* and changes what there is */
	ROLE_OWNER,         /* and says who may */
	ROLE_COUNT,
};
const char *role_text(enum role role);    /* "auditor", "ra-operator", … */
enum role role_by_text(const char *text); /* ROLE_NONE when unknown */

#define ACCOUNT_NODE 0 /* a role here holds on every account, and for what is the node's */
#define ROLES_MAX 64   /* per administrator */
#define ACCESS_NAME_MAX 64
#define PASSWORD_VERIFIER_MAX 256
#define TOTP_NONCE_LEN 16

struct account_role {
	int64_t account_id;
	enum role role;
};

/* The TLS certificate that somebody must sign in with: known itself, or by its key, which outlives
 * renewals. */
enum pin_kind { PIN_NONE, PIN_CERTIFICATE, PIN_KEY };
struct certificate_pin {
	enum pin_kind kind;
	unsigned char sha256[HASH_LEN]; /* of the DER, or of the SubjectPublicKeyInfo */
};

struct administrator {
	int64_t id;
	char name[ACCESS_NAME_MAX + 1];
	bool locked;
	int64_t created;
	unsigned char password[PASSWORD_VERIFIER_MAX];
	size_t password_len; /* 0: none chosen yet */
	unsigned char totp_nonce[TOTP_NONCE_LEN];
	size_t totp_len; /* 0: no second factor */
	int64_t totp_step;
	struct certificate_pin pin;
	struct account_role roles[ROLES_MAX];
	size_t role_count;
};

struct session {
	unsigned char token_hash[HASH_LEN];
	int64_t administrator_id, created, last_seen;
	char peer[64];
	struct certificate_pin pin; /* what it began with, and each of its requests must show */
};

struct api_token {
	int64_t id;
	unsigned char token_hash[HASH_LEN];
	struct account_role role;
	char name[ACCESS_NAME_MAX + 1];
	char created_by[96];
	int64_t administrator_id;         /* with whose rights it ends; 0: nobody's */
	int64_t created, ends, last_used; /* ends 0: none */
};

/* A token may do no more than whose it is may: neither is it when that one is locked. */
bool administrator_may_have(const struct administrator *administrator,
			    const struct api_token *token);

/* Who asks, once that is known. */
struct caller {
	char actor[96];           /* "administrator:alice", "token:ci", "operator:root" */
	bool is_local;            /* over the local socket: may do everything */
	int64_t administrator_id; /* who, or whose token; 0: nobody's */
	bool has_session;
	unsigned char session_hash[HASH_LEN];
	struct account_role roles[ROLES_MAX];
	size_t role_count;
};
/* The highest that the caller holds on the account; ACCOUNT_NODE asks for the node's own. */
enum role caller_role(const struct caller *caller, int64_t account_id);
