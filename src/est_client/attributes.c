/* csrattrs (RFC 7030 4.5, RFC 8951 4): what a server wants in a request. What nobody here
 * understands is passed by (ATT-02). */
#include <stdio.h>

#include "base/base64.h"
#include "est_client/client_internal.h"
#include "est_client/client_request.h"
#include "est_client/failure.h"
#include "pki/der.h"

#define ITEMS_MAX 64

struct bestow_attributes {
	bool binding; /* challengePassword or estIdentityLinking is listed */
	enum key_type key_type;
	uint32_t rsa_bits;
	size_t count;
};

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}

static void want_binding(struct bestow_attributes *attributes, struct bytes values)
{
	(void)values;
	attributes->binding = true;
}

static void want_rsa(struct bestow_attributes *attributes, struct bytes values)
{
	struct der reader = der_open(values);
	uint32_t bits = values.len ? der_read_small(&reader) : 0;

	attributes->key_type = KEY_RSA;
	attributes->rsa_bits = reader.failed ? 0 : bits;
}

static void want_curve(struct bestow_attributes *attributes, struct bytes values)
{
	static const struct {
		struct bytes oid;
		enum key_type type;
	} curves[] = {
		{ OID("\x2a\x86\x48\xce\x3d\x03\x01\x07"), KEY_P256 },
		{ OID("\x2b\x81\x04\x00\x22"), KEY_P384 },
		{ OID("\x2b\x81\x04\x00\x23"), KEY_P521 },
	};
	struct der reader = der_open(values);
	struct bytes curve = der_read(&reader, DER_OID);

	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (bytes_equal(curves[i].oid, curve))
			attributes->key_type = curves[i].type;
}

static void want_ed25519(struct bestow_attributes *attributes, struct bytes values)
{
	(void)values;
	attributes->key_type = KEY_ED25519;
}

static const struct {
	struct bytes oid;
	void (*want)(struct bestow_attributes *attributes, struct bytes values);
} rows[] = {
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07"), want_binding },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x02\x3a"), want_binding },
	{ OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"), want_rsa },
	{ OID("\x2a\x86\x48\xce\x3d\x02\x01"), want_curve },
	{ OID("\x2b\x65\x70"), want_ed25519 },
};

static void take_item(struct bestow_attributes *attributes, struct bytes oid, struct bytes values)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (bytes_equal(rows[i].oid, oid))
			rows[i].want(attributes, values);
}

/* AttrOrOID */
static bool read_item(struct der *list, struct bestow_attributes *attributes)
{
	struct bytes values = { 0 };

	if (der_next_is(list, DER_OID)) {
		take_item(attributes, der_read(list, DER_OID), values);
		return !list->failed;
	}
	struct der attribute = der_enter(list, DER_SEQUENCE);
	struct bytes oid = der_read(&attribute, DER_OID);
	values = der_read(&attribute, DER_SET);
	if (attribute.failed || list->failed)
		return false;
	take_item(attributes, oid, values);
	return true;
}

static bool read_list(struct bytes der, struct bestow_attributes *ret, struct error *err)
{
	struct der reader = der_open(der);
	struct der list = der_enter(&reader, DER_SEQUENCE);

	ret->key_type = KEY_TYPE_COUNT;
	for (; list.rest.len && ret->count < ITEMS_MAX; ret->count++)
		if (!read_item(&list, ret))
			return error_set(err, REASON_SERVER_ANSWER,
					 "item %zu of csrattrs is broken", ret->count + 1);
	if (list.failed || !der_at_end(&reader))
		return error_set(err, REASON_SERVER_ANSWER, "no csrattrs (RFC 8951 4)");
	return true;
}

/* Some servers send DER as it is. */
static bool decode_body(const struct buffer *body, struct buffer *ret, struct error *err)
{
	struct error why = { 0 };

	if (body->len && body->data[0] == DER_SEQUENCE)
		buffer_append(ret, buffer_view(body));
	else if (!base64_decode(buffer_view(body), ret, &why))
		return error_set(err, REASON_SERVER_ANSWER, "csrattrs: %s", why.detail);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "csrattrs");
}

static bool fetch(struct bestow_client *client, struct bestow_attributes **ret, struct error *err)
{
	CLEANUP(exchange_answer_donep) struct exchange_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	const struct exchange_call call = { .operation = "csrattrs", .nothing_is_fine = true };

	if (!client_exchange(client, &call, &answer, err))
		return false;
	if (answer.body.len == 0) {
		*ret = NULL;
		return true;
	}
	if (!decode_body(&answer.body, &der, err))
		return false;

	struct bestow_attributes *attributes = calloc(1, sizeof *attributes);
	if (!attributes)
		return error_set(err, REASON_NO_MEMORY, "csrattrs");
	if (!read_list(buffer_view(&der), attributes, err)) {
		free(attributes);
		return false;
	}
	*ret = attributes;
	return true;
}

/* -- what leaves the library -- */

bool bestow_csrattrs(struct bestow_client *client, struct bestow_attributes **ret,
		     struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return fetch(client, ret, &err) || failure_tell(&err, ret_err);
}

void bestow_attributes_free(struct bestow_attributes *attributes)
{
	free(attributes);
}

/* Of RSA the smallest that we make and the server takes. */
const char *bestow_attributes_key_type(const struct bestow_attributes *attributes)
{
	if (!attributes || attributes->key_type == KEY_TYPE_COUNT)
		return NULL;
	if (attributes->key_type != KEY_RSA)
		return key_type_text(attributes->key_type);
	if (attributes->rsa_bits > 3072)
		return "rsa4096";
	return attributes->rsa_bits > 2048 ? "rsa3072" : "rsa2048";
}

void bestow_attributes_text(const struct bestow_attributes *attributes, char *into, size_t size)
{
	const char *key = bestow_attributes_key_type(attributes);

	if (!attributes)
		snprintf(into, size, "the server wants nothing in particular");
	else
		snprintf(into, size, "%zu attribute%s; key: %s; binding to the TLS session: %s",
			 attributes->count, attributes->count == 1 ? "" : "s", key ? key : "any",
			 attributes->binding ? "wanted" : "not asked for");
}

bool bestow_request_apply(struct bestow_request *request,
			  const struct bestow_attributes *attributes, struct bestow_error *ret_err)
{
	(void)ret_err;
	if (attributes)
		request->server_wants_binding = attributes->binding;
	return true;
}
