/* Where a request comes from, and who says so. */
#include "est_server/exchange.h"

#include <stdio.h>

#define SOURCE_WORDS_MAX 128

/* Fields that count from a trusted proxy only: whoever sends one may be a proxy nobody named. */
static const char *const ignored_fields[] = { "X-Forwarded-For", "Forwarded" };

static const char *ignored_field(const struct est_exchange *e)
{
	for (size_t i = 0; i < ARRAY_LEN(ignored_fields); i++)
		if (http_header(e->http, ignored_fields[i]))
			return ignored_fields[i];
	return NULL;
}

/* For the operator who is to judge an address that is refused; "" when nobody else spoke. */
static void describe_witness(const struct est_exchange *e, char into[SOURCE_WORDS_MAX])
{
	char proxy_text[ADDRESS_TEXT_MAX];
	const char *means = NULL;
	const struct address *proxy = http_proxy(e->http, &means);
	const char *ignored = proxy ? NULL : ignored_field(e);

	into[0] = '\0';
	if (proxy)
		snprintf(into, SOURCE_WORDS_MAX, ", which the proxy %s named (%s)",
			 address_to_text(proxy, proxy_text), means);
	else if (ignored)
		snprintf(into, SOURCE_WORDS_MAX,
			 "; its %s is ignored, for it is no trusted proxy of this listener",
			 ignored);
}

static bool refuse_unnamed(const struct est_exchange *e, struct error *err)
{
	char proxy_text[ADDRESS_TEXT_MAX];
	const char *means = NULL;
	const struct address *proxy = http_proxy(e->http, &means);

	return error_set(err, REASON_NO_SOURCE, "the proxy %s named no client (%s)",
			 proxy ? address_to_text(proxy, proxy_text) : "-", means ? means : "-");
}

static bool refuse_unlisted(const struct est_exchange *e, const char *words, struct error *err)
{
	char witness[SOURCE_WORDS_MAX];

	describe_witness(e, witness);
	return error_set(err, REASON_IP_NOT_ALLOWED, "%s%s", words, witness);
}

bool source_check(const struct est_exchange *e, struct error *err)
{
	if (http_peer_unknown(e->http))
		return refuse_unnamed(e, err);
	return est_server_admits(e->server, http_peer(e->http)) ||
	       refuse_unlisted(e, "no account lists this address", err);
}

bool source_check_account(const struct est_exchange *e, struct error *ret_shown, struct error *err)
{
	const struct snapshot_account *account =
		&e->server->snapshot->accounts[e->profile->account];

	if (address_set_holds(&account->allowed, http_peer(e->http)))
		return true;
	(void)!error_set(ret_shown, REASON_UNKNOWN_LABEL, "another account's address");
	return refuse_unlisted(e, "the account does not list this address", err);
}
