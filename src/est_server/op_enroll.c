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
	return csr_parse(der, lenient, ret, err) && csr_verify(*ret, err);
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

/* Half a chain would be another chain, so one that is too long is none to ask about. */
static bool take_client_chain(const struct est_exchange *e, struct est_request *ret,
			      struct error *err)
{
	size_t sent = http_client_chain(e->http, ret->client_chain, CLIENT_CHAIN_MAX);

	if (sent > CLIENT_CHAIN_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "%zu certificates from the client; the most is %d", sent,
				 CLIENT_CHAIN_MAX);
	ret->client_chain_count = sent;
	return true;
}

static bool fill_request(const struct est_exchange *e, const struct csr *csr,
			 struct est_request *ret, struct error *err)
{
	const char *authorization = http_header(e->http, "Authorization");

	*ret = (struct est_request){
		.operation = e->path.operation,
		.profile_id = e->profile->id,
		.peer = *http_peer(e->http),
		.csr = csr_der(csr),
		.has_authorization = authorization != NULL,
		.authorization = bytes_of_string(authorization),
		.binding.proxied = e->server->options.tls_proxied,
	};
	memcpy(ret->request_id, http_request_id(e->http), REQUEST_ID_LEN);
	strncpy(ret->tls_version, http_tls_version(e->http), sizeof ret->tls_version - 1);
	http_channel_binding(e->http, ret->binding.tls_unique, ret->binding.tls_exporter);
	return take_client_chain(e, ret, err);
}

static void answered(void *context, const struct est_reply *reply, const struct error *refusal)
{
	struct est_exchange *e = context;

	if (refusal)
		reply_refusal(e, refusal, reply && reply->authenticated);
	else if (e->path.operation == EST_SERVERKEYGEN)
		reply_generated_key(e, reply);
	else
		reply_certificate(e, reply);
	free(e);
}

void op_enroll(struct est_exchange *exchange)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct est_request request;
	struct error refusal = { 0 };

	if (!read_csr(exchange, &csr, &refusal) ||
	    !fill_request(exchange, csr, &request, &refusal)) {
		exchange_refuse(exchange, &refusal, &refusal);
		return;
	}

	struct est_exchange *kept = malloc(sizeof *kept);
	if (!kept) {
		(void)!error_set(&refusal, REASON_NO_MEMORY, "exchange");
		reply_refusal(exchange, &refusal, false);
		return;
	}
	*kept = *exchange;
	/* the snapshot may be replaced before the answer comes */
	kept->profile = NULL;
	exchange->server->options.asker->ask(exchange->server->options.asker, &request, answered,
					     kept);
}
