/* One operator's verb: what it may be given and what it does. Each noun's file ends in a table of
 * its verbs; manage.c joins the tables. */
#pragma once

#include "manage/manage.h"
#include "manage/params.h"
#include "model/access.h"
#include "model/catalog.h"

/* One request under way. Views are borrowed for the call. */
struct call {
	const struct manage *manage;
	const char *actor; /* caller->actor */
	const struct caller *caller;
	const struct address *peer; /* the API client's; over the local socket "::" */
	struct bytes certificate;   /* the TLS client's, DER, where one signs in; empty: none */
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

/* clang-format off: one a line, so that two that are added do not meet */
extern const struct verb_table account_verbs;
extern const struct verb_table administrator_verbs;
extern const struct verb_table allow_verbs;
extern const struct verb_table audit_verbs;
extern const struct verb_table ca_verbs;
extern const struct verb_table certificate_verbs;
extern const struct verb_table crl_verbs;
extern const struct verb_table device_code_verbs;
extern const struct verb_table device_import_verbs;
extern const struct verb_table device_verbs;
extern const struct verb_table event_verbs;
extern const struct verb_table key_verbs;
extern const struct verb_table node_verbs;
extern const struct verb_table ocsp_verbs;
extern const struct verb_table passphrase_verbs;
extern const struct verb_table profile_verbs;
extern const struct verb_table ra_verbs;
extern const struct verb_table request_verbs;
extern const struct verb_table rollover_verbs;
extern const struct verb_table session_verbs;
extern const struct verb_table status_verbs;
extern const struct verb_table token_verbs;
extern const struct verb_table graph_verbs;
extern const struct verb_table profile_version_verbs;
extern const struct verb_table trust_verbs;
extern const struct verb_table unknown_certificate_verbs;
/* clang-format on */

/* NULL when there is none of that name. */
const struct verb *verb_find(const char *name);
/* One verb a call, by growing index; NULL at the end. */
const struct verb *verb_at(size_t index);

/* Ends a verb: *ret takes over `result`, which is NULL when memory ran out while it was made. */
MUST_CHECK bool call_return(json_t *result, json_t **ret, struct error *err);

/* How many of a list are asked for: "limit", 1 to 1000, and 50 where it is not said. */
MUST_CHECK bool call_limit(const struct call *call, unsigned int *ret, struct error *err);

struct page {
	const char *name; /* of the list in the answer */
	json_t *items;    /* borrowed */
	unsigned int limit;
	int64_t last_id; /* of the last item: the next page begins behind it */
};
/* Ends a verb that lists: "next_cursor" is null where the page is not full. */
MUST_CHECK bool call_return_page(const struct page *page, json_t **ret, struct error *err);

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
