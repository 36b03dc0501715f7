#include "api/route.h"

#include <stdio.h>
#include <string.h>

#include "manage/access.h"

static const struct route routes[] = {
	/* who is asking */
	{ "POST", "/session", "session.create", ROUTE_SIGN_IN, NULL },
	{ "POST", "/session/link", "session.redeem", ROUTE_SIGN_IN, NULL },
	{ "GET", "/session", "session.show", ROUTE_SESSION, NULL },
	{ "DELETE", "/session", "session.end", ROUTE_SIGN_OUT, NULL },
	{ "PUT", "/session/password", "administrator.password", ROUTE_PLAIN, NULL },
	{ "PUT", "/session/totp", "administrator.totp", ROUTE_PLAIN, NULL },
	{ "PUT", "/session/certificate", "administrator.own-certificate", ROUTE_PLAIN, NULL },

	/* whatever bestowctl can ask for */
	{ "POST", "/verbs/{verb}", NULL, ROUTE_VERB, NULL },

	/* the node */
	{ "GET", "/status", "status", ROUTE_PLAIN, NULL },
	{ "GET", "/node", "node.show", ROUTE_PLAIN, NULL },
	{ "GET", "/node/token", "node.token", ROUTE_PLAIN, NULL },
	{ "GET", "/administrators", "administrator.list", ROUTE_PLAIN, NULL },
	{ "POST", "/administrators", "administrator.create", ROUTE_PLAIN, NULL },
	{ "DELETE", "/administrators/{name}", "administrator.remove", ROUTE_PLAIN, NULL },
	{ "PUT", "/administrators/{name}/role", "administrator.grant", ROUTE_PLAIN, NULL },
	{ "DELETE", "/administrators/{name}/role", "administrator.withdraw", ROUTE_PLAIN, NULL },
	{ "POST", "/administrators/{name}/link", "administrator.link", ROUTE_PLAIN, NULL },
	{ "PUT", "/administrators/{name}/certificate", "administrator.certificate", ROUTE_PLAIN,
	  NULL },
	{ "DELETE", "/administrators/{name}/certificate", "administrator.no-certificate",
	  ROUTE_PLAIN, NULL },
	{ "POST", "/administrators/{name}/lock", "administrator.lock", ROUTE_PLAIN, NULL },
	{ "POST", "/administrators/{name}/unlock", "administrator.unlock", ROUTE_PLAIN, NULL },
	{ "GET", "/tokens", "token.list", ROUTE_PLAIN, NULL },
	{ "POST", "/tokens", "token.create", ROUTE_PLAIN, NULL },
	{ "DELETE", "/tokens/{name}", "token.revoke", ROUTE_PLAIN, NULL },
	{ "GET", "/events", "event.list", ROUTE_PLAIN, NULL },
	{ "GET", "/audit", "audit.list", ROUTE_PLAIN, NULL },
	{ "GET", "/audit/verification", "audit.verify", ROUTE_PLAIN, NULL },
	{ "GET", "/blocked-keys", "key.list", ROUTE_PLAIN, NULL },
	{ "POST", "/blocked-keys", "key.block", ROUTE_PLAIN, NULL },
	{ "DELETE", "/blocked-keys/{fingerprint}", "key.unblock", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts", "account.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts", "account.create", ROUTE_PLAIN, NULL },

	/* an account */
	{ "GET", "/accounts/{account}", "account.show", ROUTE_PLAIN, NULL },
	{ "PATCH", "/accounts/{account}", "account.set", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/status", "status", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/administrators", "administrator.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/administrators", "administrator.create", ROUTE_PLAIN, NULL },
	{ "PUT", "/accounts/{account}/administrators/{name}/role", "administrator.grant",
	  ROUTE_PLAIN, NULL },
	{ "DELETE", "/accounts/{account}/administrators/{name}/role", "administrator.withdraw",
	  ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/tokens", "token.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/tokens", "token.create", ROUTE_PLAIN, NULL },
	{ "DELETE", "/accounts/{account}/tokens/{name}", "token.revoke", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/node-certificate", "node.certificate", ROUTE_PLAIN, NULL },

	{ "GET", "/accounts/{account}/cas", "ca.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas", "ca.create", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/import", "ca.import", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/cas/{name}", "ca.show", ROUTE_PLAIN, NULL },
	{ "PATCH", "/accounts/{account}/cas/{name}", "ca.set", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/cas/{name}/export", "ca.export", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/retire", "ca.retire", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/disable", "ca.disable", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/activate", "ca.activate", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/request", "ca.request", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/certificate", "ca.certificate", ROUTE_PLAIN,
	  NULL },
	{ "DELETE", "/accounts/{account}/cas/{name}/request", "ca.cancel", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/sign", "ca.sign", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/cas/{name}/renew", "ca.renew", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/rollovers", "rollover.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/rollovers", "rollover.start", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/rollovers/{name}", "rollover.show", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/rollovers/{name}/export", "rollover.export", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/rollovers/{name}/switch", "rollover.switch", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/rollovers/{name}/finish", "rollover.finish", ROUTE_PLAIN,
	  NULL },
	{ "GET", "/accounts/{account}/ocsp", "ocsp.show", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/crls", "crl.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/crls", "crl.import", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/crls/{ca}", "crl.issue", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/crls/{ca}", "crl.export", ROUTE_PLAIN, NULL },

	{ "GET", "/accounts/{account}/profiles", "profile.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/profiles", "profile.create", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/profiles/{name}", "profile.show", ROUTE_VERSIONED,
	  "profile" },
	{ "PATCH", "/accounts/{account}/profiles/{name}", "profile.set", ROUTE_VERSIONED,
	  "profile" },
	{ "POST", "/accounts/{account}/profiles/{name}/suspend", "profile.suspend", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/profiles/{name}/resume", "profile.resume", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/profiles/{name}/passphrase", "profile.passphrase",
	  ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/profiles/{name}/test", "profile.test", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/profiles/{name}/versions", "profile.versions", ROUTE_PLAIN,
	  NULL },

	{ "GET", "/accounts/{account}/profiles/{profile}/devices", "device.list", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/profiles/{profile}/devices", "device.add", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/profiles/{profile}/devices/import", "device.import",
	  ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/profiles/{profile}/devices/{device}", "device.show",
	  ROUTE_PLAIN, NULL },
	{ "DELETE", "/accounts/{account}/profiles/{profile}/devices/{device}", "device.remove",
	  ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/profiles/{profile}/devices/{device}/suspend",
	  "device.suspend", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/profiles/{profile}/devices/{device}/resume", "device.resume",
	  ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/profiles/{profile}/device-codes", "device.codes",
	  ROUTE_PLAIN, NULL },
	{ "PUT", "/accounts/{account}/default-profile", "profile.default", ROUTE_PLAIN, NULL },

	{ "GET", "/accounts/{account}/trust", "trust.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/trust", "trust.add", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/trust/preview", "trust.preview", ROUTE_PLAIN, NULL },
	{ "DELETE", "/accounts/{account}/trust/{id}", "trust.remove", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/addresses", "allow.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/addresses", "allow.add", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/addresses/preview", "allow.preview", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/addresses/test", "allow.test", ROUTE_PLAIN, NULL },
	{ "DELETE", "/accounts/{account}/addresses/{id}", "allow.remove", ROUTE_PLAIN, NULL },

	{ "GET", "/accounts/{account}/ra-certificates", "ra.list", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/ra-certificates", "ra.enroll", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/ra-certificates/{name}", "ra.show", ROUTE_PLAIN, NULL },
	{ "PATCH", "/accounts/{account}/ra-certificates/{name}", "ra.set", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/ra-certificates/{name}/admit", "ra.admit", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/ra-certificates/{name}/rotate", "ra.rotate", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/ra-certificates/{name}/revoke", "ra.revoke", ROUTE_PLAIN,
	  NULL },

	{ "GET", "/accounts/{account}/certificates", "cert.list", ROUTE_PAGES, "certificates" },
	{ "GET", "/accounts/{account}/certificates/{serial}", "cert.show", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/certificates/{serial}/export", "cert.export", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/certificates/{serial}/revoke", "cert.revoke", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/certificates/{serial}/hold", "cert.hold", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/certificates/{serial}/release", "cert.release", ROUTE_PLAIN,
	  NULL },
	{ "GET", "/accounts/{account}/unknown-certificates", "cert.unknown", ROUTE_PAGES,
	  "certificates" },
	{ "POST", "/accounts/{account}/unknown-certificates/adopt", "cert.adopt", ROUTE_PLAIN,
	  NULL },
	{ "GET", "/accounts/{account}/requests", "request.list", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/requests/{id}", "request.show", ROUTE_PLAIN, NULL },
	{ "POST", "/accounts/{account}/requests/{id}/approve", "request.approve", ROUTE_PLAIN,
	  NULL },
	{ "POST", "/accounts/{account}/requests/{id}/reject", "request.reject", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/events", "event.list", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/audit", "audit.list", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/graphs/ends", "graph.ends", ROUTE_PLAIN, NULL },
	{ "GET", "/accounts/{account}/graphs/enrollments", "graph.enrollments", ROUTE_PLAIN, NULL },
};

const struct route *route_at(size_t index)
{
	return index < ARRAY_LEN(routes) ? &routes[index] : NULL;
}

static bool is_about_sessions(enum route_form form)
{
	return form == ROUTE_SIGN_IN || form == ROUTE_SESSION || form == ROUTE_SIGN_OUT;
}

bool route_offers_verb(const char *verb)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (is_about_sessions(routes[i].form) && strcmp(routes[i].verb, verb) == 0)
			return false;

	const struct access_row *row = access_find(verb);
	return verb_find(verb) && row && row->place != ACCESS_LOCAL;
}

void route_match_done(struct route_match *match)
{
	json_decref(match->captured);
	*match = (struct route_match){ 0 };
}

/* Cuts the next segment off both; false at the end of either. */
static bool next_segments(const char **pattern, const char **path, struct bytes *ret_pattern,
			  struct bytes *ret_path)
{
	if (**pattern != '/' || **path != '/')
		return false;
	size_t pattern_len = strcspn(*pattern + 1, "/"), path_len = strcspn(*path + 1, "/");
	*ret_pattern = (struct bytes){ (const unsigned char *)*pattern + 1, pattern_len };
	*ret_path = (struct bytes){ (const unsigned char *)*path + 1, path_len };
	*pattern += 1 + pattern_len;
	*path += 1 + path_len;
	return true;
}

static bool capture(struct bytes name, struct bytes value, json_t *captured)
{
	char key[ROUTE_NAME_MAX];

	/* without its braces */
	snprintf(key, sizeof key, "%.*s", (int)name.len - 2, name.data + 1);
	return value.len > 0 &&
	       json_object_set_new(captured, key,
				   json_stringn((const char *)value.data, value.len)) == 0;
}

/* NULL when the path is another's, or holds what no text may. */
static json_t *match_path(const char *pattern, const char *path)
{
	json_auto_t *captured = json_object();
	struct bytes wanted, found;

	while (captured && next_segments(&pattern, &path, &wanted, &found)) {
		bool is_name = wanted.data[0] == '{';

		if (is_name ? !capture(wanted, found, captured) : !bytes_equal(wanted, found))
			return NULL;
	}
	return *pattern == '\0' && *path == '\0' ? TAKE(captured) : NULL;
}

static void note_allowed(struct route_match *match, const char *method)
{
	size_t used = strlen(match->allowed);

	if (!strstr(match->allowed, method))
		snprintf(match->allowed + used, sizeof match->allowed - used, "%s%s",
			 used ? ", " : "", method);
}

bool route_find(const char *method, const char *path, struct route_match *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		json_auto_t *captured = match_path(routes[i].path, path);

		if (!captured)
			continue;
		if (strcmp(routes[i].method, method) == 0) {
			ret->route = &routes[i];
			ret->captured = TAKE(captured);
			return true;
		}
		note_allowed(ret, routes[i].method);
	}
	if (ret->allowed[0])
		return error_set(err, REASON_METHOD_NOT_ALLOWED, "%s is for %s", path,
				 ret->allowed);
	return error_set(err, REASON_NOT_FOUND, "there is no %s", path);
}
