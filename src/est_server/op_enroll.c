/* simpleenroll, simplereenroll (RFC 7030 4.2) and serverkeygen (4.4) as the edge sees them. */
#include "est_server/exchange.h"

#include <string.h>
#include <strings.h>

#include "est/body.h"
#include "pki/csr.h"

#define PKCS10 "application/pkcs10"
#define FORM "application/x-www-form-urlencoded"

/* Clients send these, or nothing, and mean a PKCS#10 request all the same. */
static const char *const lenient_types[] = { PKCS10,
					     FORM,
					     "application/octet-stream",
					     "application/x-pem-file",
					     "application/pkcs10-mime",
					     "application/pkcs10-base64",
					     "application/x-pkcs10",
					     "text/plain" };

static bool type_is(const char *value, const char *type)
{
	size_t len = strlen(type);

	return strncasecmp(value, type, len) == 0 &&
	       (value[len] == '\0' || value[len] == ';' || value[len] == ' ');
}

static bool check_media_type(const struct est_exchange *e, bool *ret_form, struct error *err)
{
	const char *type = http_header(e->http, "Content-Type");
	size_t accepted = e->profile->strict_encoding ? 1 : ARRAY_LEN(lenient_types);

	*ret_form = type && type_is(type, FORM);
	if (!type && !e->profile->strict_encoding)
		return true;
	for (size_t i = 0; type && i < accepted; i++)
		if (type_is(type, lenient_types[i]))
			return true;
	return error_set(err, REASON_MEDIA_TYPE, "Content-Type is %s", type ? type : "absent");
}

static bool parse_csr(const struct est_exchange *e, struct bytes der, bool lenient,
		      struct csr **ret, struct error *err)
{
	if (e->path.operation == EST_SERVERKEYGEN)
		return csr_parse_unkeyed(der, lenient, ret, err);
	return csr_parse_verified(e->server->verifier, der, lenient, ret, err);
}

/* Everything that can be judged without an authority is judged here, so that it spends nothing on
 * nonsense. */
static bool read_csr(const struct est_exchange *e, struct csr **ret, struct error *err)
{
	struct body_options options = { .strict = e->profile->strict_encoding };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!check_media_type(e, &options.form_encoded, err) ||
	    !body_decode_csr(http_body(e->http), &options, &der, err) ||
	    !parse_csr(e, buffer_view(&der), !options.strict, &csr, err))
		return false;
	*ret = TAKE(csr);
	return true;
}

/* Either may name the TLS session (RFC 7030 3.5, RFC 7894 3.3). */
static bool may_claim_binding(const struct csr *csr)
{
	return csr_challenge_password(csr) || csr_est_identity_linking(csr);
}

void op_enroll(struct est_exchange *exchange)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error refusal = { 0 };

	if (read_csr(exchange, &csr, &refusal))
		exchange_ask(exchange, csr_der(csr), may_claim_binding(csr));
	else
		exchange_refuse(exchange, &refusal, &refusal);
}
