/* What proves who asks, and that it was meant. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/exchange.h"
#include "base/secret.h"
#include "manage/credential.h"

#define BEARER "Bearer "
/* What the console sends along where a timer asks, and no person. */
#define BACKGROUND "Bestow-Background"

/* The value of our cookie among those of the field, which other programs of this host may have
 * set. */
static struct bytes find_cookie(const char *field)
{
	static const char name[] = SESSION_COOKIE "=";

	while (field && *field) {
		field += strspn(field, "; ");
		size_t len = strcspn(field, ";");

		if (len >= sizeof name - 1 && memcmp(field, name, sizeof name - 1) == 0)
			return (struct bytes){ (const unsigned char *)field + sizeof name - 1,
					       len - (sizeof name - 1) };
		field += len;
	}
	return (struct bytes){ 0 };
}

bool credential_read(const struct http_exchange *exchange, struct api_credential *ret,
		     struct error *err)
{
	const char *authorization = http_header(exchange, "Authorization");
	struct bytes cookie = find_cookie(http_header(exchange, "Cookie"));

	*ret = (struct api_credential){ .peer = *http_peer(exchange) };
	/* guesses are counted by address, and the proxy's own is everybody's */
	if (http_peer_unknown(exchange))
		return error_set(err, REASON_NO_SOURCE, "the proxy named no client");
	if (authorization && strncasecmp(authorization, BEARER, sizeof BEARER - 1) != 0)
		return error_set(err, REASON_BAD_CREDENTIALS, "the API takes Bearer tokens");
	if (authorization) {
		ret->kind = CREDENTIAL_TOKEN;
		ret->text = bytes_of_string(authorization + sizeof BEARER - 1);
	} else if (cookie.len) {
		ret->kind = CREDENTIAL_SESSION;
		ret->text = cookie;
	}
	if (ret->kind == CREDENTIAL_SESSION)
		(void)http_client_chain(exchange, &ret->certificate, 1);
	ret->is_background = http_header(exchange, BACKGROUND) != NULL;
	ret->idempotency_key = bytes_of_string(http_header(exchange, "Idempotency-Key"));
	if (ret->idempotency_key.len > IDEMPOTENCY_KEY_MAX)
		return error_set(err, REASON_INVALID, "Idempotency-Key: at most %d octets",
				 IDEMPOTENCY_KEY_MAX);
	return ret->text.len <= CREDENTIAL_MAX ||
	       error_set(err, REASON_BAD_CREDENTIALS, "the credential is too long");
}

static bool is_reading(const char *method)
{
	return strcmp(method, "GET") == 0;
}

/* A browser says where a request comes from; one that does not is held to the token. */
static bool is_own_origin(const struct http_exchange *exchange)
{
	const char *origin = http_header(exchange, "Origin");
	const char *host = http_header(exchange, "Host");
	const char *site = http_header(exchange, "Sec-Fetch-Site");
	char own[300];

	if (site && strcmp(site, "same-origin") != 0)
		return false;
	if (!origin)
		return true;
	snprintf(own, sizeof own, "https://%s", host ? host : "");
	return strcasecmp(origin, own) == 0;
}

bool forgery_check(const struct http_exchange *exchange, const struct api_credential *credential,
		   struct error *err)
{
	const char *given = http_header(exchange, "X-CSRF-Token");
	char right[CSRF_TOKEN_LEN + 1];

	if (is_reading(http_method(exchange)))
		return true;
	if (!is_own_origin(exchange))
		return error_set(err, REASON_FORGED, "the request comes from another site");
	if (credential->kind != CREDENTIAL_SESSION)
		return true;
	if (!csrf_token(credential->text, right, err))
		return false;
	bool same = given && secret_equal(bytes_of_string(given), bytes_of_string(right));
	memory_wipe(right, sizeof right);
	return same || error_set(err, REASON_FORGED, "X-CSRF-Token is missing or wrong");
}

const char *cookie_write(const char *token, char into[COOKIE_TEXT_MAX])
{
	snprintf(into, COOKIE_TEXT_MAX,
		 SESSION_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s",
		 token ? token : "", token ? "" : "; Max-Age=0");
	return into;
}

bool kept_credential_init(const struct api_credential *credential, struct kept_credential *ret,
			  struct error *err)
{
	ret->credential = *credential;
	ret->credential.idempotency_key = (struct bytes){ 0 }; /* of one request only */
	buffer_append(&ret->certificate, credential->certificate);
	if (!buffer_ok(&ret->certificate))
		return error_set(err, REASON_NO_MEMORY, "certificate");
	if (!secret_copy(credential->text, &ret->secret, err))
		return false;
	ret->credential.certificate = buffer_view(&ret->certificate);
	ret->credential.text = secret_view(&ret->secret);
	return true;
}

void kept_credential_done(struct kept_credential *kept)
{
	secret_done(&kept->secret);
	buffer_done(&kept->certificate);
	*kept = (struct kept_credential){ 0 };
}
