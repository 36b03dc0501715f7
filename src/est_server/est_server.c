/* Routes: address gate, label, operation, method, and then one function per operation. */
#include "est_server/est_server.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "est_server/exchange.h"
#include "model/event.h"

bool est_server_new(const struct est_server_options *options, struct est_server **ret,
		    struct error *err)
{
	CLEANUP(est_server_freep) struct est_server *server = calloc(1, sizeof *server);

	if (!server)
		return error_set(err, REASON_NO_MEMORY, "est server");
	server->options = *options;
	if (!verifier_new(&server->verifier, err))
		return false;
	*ret = TAKE(server);
	return true;
}

void est_server_free(struct est_server *server)
{
	if (!server)
		return;
	snapshot_free(server->snapshot);
	verifier_free(server->verifier);
	free(server);
}

void est_server_set_snapshot(struct est_server *server, struct snapshot *snapshot)
{
	snapshot_free(server->snapshot);
	server->snapshot = snapshot;
	server->fetches = (struct fetch_notes){ 0 };
}

bool est_server_admits(const struct est_server *server, const struct address *peer)
{
	return server->snapshot && address_set_holds(&server->snapshot->everyone, peer);
}

static bool keygen_is_on(const struct snapshot_profile *profile)
{
	return profile->serverkeygen;
}

static bool cmc_is_on(const struct snapshot_profile *profile)
{
	return profile->fullcmc;
}

/* An operation that has no row does not exist. */
static const struct operation {
	enum est_operation operation;
	const char *method;
	void (*serve)(struct est_exchange *exchange);
	bool (*is_on)(const struct snapshot_profile *profile); /* NULL: always */
} operations[] = {
	{ EST_CACERTS, "GET", reply_cacerts, NULL },
	{ EST_CSRATTRS, "GET", reply_csrattrs, NULL },
	{ EST_SIMPLEENROLL, "POST", op_enroll, NULL },
	{ EST_SIMPLEREENROLL, "POST", op_enroll, NULL },
	{ EST_SERVERKEYGEN, "POST", op_enroll, keygen_is_on },
	{ EST_FULLCMC, "POST", op_fullcmc, cmc_is_on },
};

static const struct operation *find_operation(const struct est_exchange *e)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (operations[i].operation == e->path.operation &&
		    (!operations[i].is_on || operations[i].is_on(e->profile)))
			return &operations[i];
	return NULL;
}

static bool find_profile(struct est_exchange *e, struct error *err)
{
	const struct snapshot *snapshot = e->server->snapshot;

	if (e->path.label[0])
		e->profile = snapshot_find(snapshot, e->path.label);
	else if (snapshot->has_default)
		e->profile = &snapshot->profiles[snapshot->default_profile];
	if (!e->profile)
		return error_set(err, REASON_UNKNOWN_LABEL, "no profile has this label");
	snprintf(e->profile_name, sizeof e->profile_name, "%s", e->profile->name);
	snprintf(e->account_name, sizeof e->account_name, "%s",
		 snapshot->accounts[e->profile->account].name);
	if (!e->profile->active)
		return error_set(err, REASON_UNKNOWN_LABEL, "the profile is suspended");
	return true;
}

/* An event costs the authority a write, and stands in the same queue as enrollments: a stranger who
 * asks for nothing as fast as it can must not hold them up. */
static void take_budget(struct est_exchange *e, const struct error *refusal)
{
	char kind[96];

	snprintf(kind, sizeof kind, "%s of %lld", reason_code(refusal->reason),
		 e->profile ? (long long)e->profile->id : 0);
	e->is_withheld = !log_budget_take(&e->server->refusals, kind, monotonic_ms(), &e->withheld);
}

static void describe(const struct est_exchange *e, const struct error *refusal,
		     char into[ERROR_DETAIL_MAX])
{
	if (e->withheld)
		snprintf(into, ERROR_DETAIL_MAX, "%s (and %u more that are not told)",
			 refusal->detail, e->withheld);
	else
		snprintf(into, ERROR_DETAIL_MAX, "%s", refusal->detail);
}

static void report(const struct est_exchange *e, const struct error *refusal)
{
	const struct snapshot *snapshot = e->server->snapshot;
	struct event event = {
		.operation = e->path.operation,
		.reason = refusal->reason,
		.profile_id = e->profile ? e->profile->id : 0,
		.account_id = e->profile ? snapshot->accounts[e->profile->account].id : 0,
	};

	snprintf(event.request_id, sizeof event.request_id, "%s", http_request_id(e->http));
	address_to_text(http_peer(e->http), event.peer);
	describe(e, refusal, event.detail);
	snprintf(event.label, sizeof event.label, "%s", e->path.label);
	e->server->options.asker->tell(e->server->options.asker, &event);
}

void exchange_refuse(struct est_exchange *e, const struct error *why, const struct error *shown)
{
	take_budget(e, why);
	if (!e->is_withheld)
		report(e, why);
	reply_refusal(e, shown, false);
}

static bool check_way(struct est_exchange *e, struct error *err)
{
	const char *own = e->server->options.via_name;

	return !own || via_add(http_header(e->http, "Via"), own, e->via, err);
}

/* Which operation this is, by a method that it takes. */
static bool choose(const struct est_exchange *e, const struct operation **ret, struct error *err)
{
	const struct operation *operation = find_operation(e);

	if (!operation)
		return error_set(err, REASON_UNKNOWN_OPERATION, "switched off");
	if (strcmp(operation->method, http_method(e->http)) != 0)
		return error_set(err, REASON_METHOD_NOT_ALLOWED, "%s wants %s",
				 est_operation_text(e->path.operation), operation->method);
	*ret = operation;
	return true;
}

static void serve(struct est_exchange *e)
{
	const struct operation *operation = NULL;
	struct error refusal = { 0 };

	if (choose(e, &operation, &refusal) && check_way(e, &refusal))
		operation->serve(e);
	else
		exchange_refuse(e, &refusal, &refusal);
}

void est_server_handle(struct est_server *server, struct http_exchange *http)
{
	struct est_exchange e = { .server = server,
				  .http = http,
				  .path.operation = EST_OPERATION_COUNT };
	struct error why = { 0 }, shown = { 0 };

	if (!server->snapshot) {
		(void)!error_set_retry(&why, REASON_BUSY, 1, "the node is starting");
		reply_refusal(&e, &why, false);
		return;
	}
	/* An address that nobody lists reads the same words for every URL; whose profile it asked
	 * for is found all the same, so that its operator hears of it. */
	bool found = est_path_parse(http_path(http), server->options.base_path, &e.path, &why) &&
		     find_profile(&e, &why);
	if (!source_check(&e, &why) || !found) {
		exchange_refuse(&e, &why, &why);
		return;
	}
	if (!source_check_account(&e, &shown, &why)) {
		exchange_refuse(&e, &why, &shown);
		return;
	}
	serve(&e);
}
