/* The API's routes: a method and a path for each of the operator's verbs. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "manage/verb.h"

enum route_form {
	ROUTE_PLAIN,
	ROUTE_SIGN_IN,   /* begins a session: its token becomes a cookie */
	ROUTE_SESSION,   /* shows it: to a page that was loaded anew, with its csrf text */
	ROUTE_SIGN_OUT,  /* ends it */
	ROUTE_PAGES,     /* a list by pages, which can also be had whole as NDJSON or CSV */
	ROUTE_VERSIONED, /* the object has a version: ETag and If-Match */
	ROUTE_VERB       /* any verb, named by the path, as bestowctl asks for it */
};

struct route {
	const char *method;
	const char *path; /* below /api/v1; "{account}" and other names stand for a segment */
	const char *verb; /* NULL: ROUTE_VERB */
	enum route_form form;
	const char *items; /* ROUTE_PAGES: the member that holds the list; ROUTE_VERSIONED: the
			      object */
};

/* One a call, by growing index; NULL at the end. */
const struct route *route_at(size_t index);

#define ROUTE_NAME_MAX 32
struct route_match {
	const struct route *route;
	json_t *captured; /* text by name; owned */
	/* where the path is one, but not with this method: "GET, POST" */
	char allowed[64];
};
void route_match_done(struct route_match *match);
/* REASON_NOT_FOUND for a path that is none, REASON_METHOD_NOT_ALLOWED with ret->allowed. */
MUST_CHECK bool route_find(const char *method, const char *path, struct route_match *ret,
			   struct error *err);

/* The verb may be asked for by ROUTE_VERB: not what is for the local socket, nor what begins, shows
 * and ends a session, as that answers with a cookie and not to whoever reads the body. */
bool route_offers_verb(const char *verb);

/* The query's parameters as the verb takes them, added to `params`; `reserved` (NULL: none) is left
 * out. REASON_INVALID. */
MUST_CHECK bool query_read(const char *query, const struct param *rows, const char *reserved,
			   json_t *params, struct error *err);
