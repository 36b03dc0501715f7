/* One operator's verb: what it may be given and what it does. Each noun's file ends in a table of
 * its verbs; manage.c joins the tables. */
#pragma once

#include "manage/manage.h"
#include "manage/params.h"
#include "model/catalog.h"

/* One request under way. Views are borrowed for the call. */
struct call {
	const struct manage *manage;
	const char *actor; /* "operator:root" */
	const struct verb *verb;
	const struct catalog *catalog; /* as it was when the request arrived */
	const struct account *account; /* of `catalog`; NULL where none was named and none needed */
	const json_t *params;
	int64_t now;
};

enum verb_reach {
	REACH_NODE,    /* an account may be named, and may be missing */
	REACH_ACCOUNT, /* needs one: the named one, or the only one */
};

struct verb {
	const char *name; /* "profile.create" */
	/* *ret is a new reference, set only on success. */
	bool (*run)(const struct call *call, json_t **ret, struct error *err);
	enum verb_reach reach;
	bool changes; /* the node is told when it succeeded */
	const struct param *params;
};

struct verb_table {
	const struct verb *verbs;
	size_t count;
};

extern const struct verb_table account_verbs, allow_verbs, audit_verbs, ca_verbs, certificate_verbs,
	crl_verbs, event_verbs, key_verbs, node_verbs, ocsp_verbs, passphrase_verbs, profile_verbs,
	ra_verbs, request_verbs, rollover_verbs, status_verbs, trust_verbs;

/* Ends a verb: *ret takes over `result`, which is NULL when memory ran out while it was made. */
MUST_CHECK bool call_return(json_t *result, json_t **ret, struct error *err);

/* The account's object of that name, or REASON_NOT_FOUND: another account's is not found either. */
MUST_CHECK bool find_ca(const struct catalog *catalog, const struct account *account,
			const char *name, const struct ca **ret, struct error *err);
MUST_CHECK bool find_profile(const struct catalog *catalog, const struct account *account,
			     const char *name, const struct profile **ret, struct error *err);
MUST_CHECK bool find_ra_scope(const struct catalog *catalog, const struct account *account,
			      const char *name, const struct ra_scope **ret, struct error *err);

/* `id` is how a request's id may begin: enough of its digits to be meant. */
MUST_CHECK bool request_id_check(const char *id, struct error *err);

/* Those of the account whose devices a change to EST authentication or the allowlist concerns. */
size_t count_active_profiles(const struct catalog *catalog, const struct account *account);
