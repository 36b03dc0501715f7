/* fullcmc (RFC 7030 4.3) as the edge sees it: a signed message, which the authority reads. */
#include "est_server/exchange.h"

#include <string.h>
#include <strings.h>

#include "est/body.h"
#include "pki/cmc.h"
#include "pki/cms.h"

/* RFC 5273 3: with the parameter; without it the URL says the same. */
static bool check_media_type(const struct est_exchange *e, struct error *err)
{
	const char *type = http_header(e->http, "Content-Type");
	const char *accepted = "application/pkcs7-mime";

	if (type && strncasecmp(type, accepted, strlen(accepted)) == 0 &&
	    (type[strlen(accepted)] == '\0' || type[strlen(accepted)] == ';'))
		return true;
	return error_set(err, REASON_MEDIA_TYPE, "Content-Type is %s; a CMC request is %s",
			 type ? type : "absent", accepted);
}

/* What is no signed message at all never was a CMC request, and costs the authority nothing. */
static bool read_message(const struct est_exchange *e, struct buffer *ret, struct error *err)
{
	const struct body_options options = { .strict = e->profile->strict_encoding };
	struct cms_signed message;

	if (!check_media_type(e, err) || !body_decode_csr(http_body(e->http), &options, ret, err))
		return false;
	if (ret->len > CMC_MAX)
		return error_set(err, REASON_TOO_LARGE, "a message of %zu octets; the most is %d",
				 ret->len, CMC_MAX);
	return cms_signed_parse(buffer_view(ret), &message, err);
}

/* RFC 5272 3.1: a bare PKCS#10 request is CMC's simple request, and certs-only its answer (4.1):
 * just what simpleenroll takes and gives. */
static bool is_simple_request(const struct est_exchange *e)
{
	static const char type[] = "application/pkcs10";
	const char *given = http_header(e->http, "Content-Type");

	return given && strncasecmp(given, type, sizeof type - 1) == 0 &&
	       (given[sizeof type - 1] == '\0' || given[sizeof type - 1] == ';');
}

void op_fullcmc(struct est_exchange *exchange)
{
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct error refusal = { 0 };

	if (is_simple_request(exchange)) {
		exchange->path.operation = EST_SIMPLEENROLL;
		op_enroll(exchange);
		return;
	}
	if (read_message(exchange, &message, &refusal))
		exchange_ask(exchange, buffer_view(&message), true);
	else
		exchange_refuse(exchange, &refusal, &refusal);
}
