/* csrattrs (RFC 7030 4.5, RFC 8951 4): what a server wants in a request. What nobody here
 * understands is passed by (ATT-02). */
#include <stdio.h>

#include "base/base64.h"
#include "est_client/client_internal.h"
#include "est_client/client_request.h"
#include "est_client/failure.h"
#include "pki/csr_attrs.h"
#include "pki/der.h"
#include "pki/der_string.h"
#include "pki/name_attribute.h"

struct bestow_attributes {
	struct buffer der; /* what the views of `wanted` point into */
	struct csr_attrs wanted;
};

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

/* Takes the DER over on success. */
static bool read_attributes(struct buffer *der, struct bestow_attributes **ret, struct error *err)
{
	struct bestow_attributes *attributes = calloc(1, sizeof *attributes);
	struct error why = { 0 };

	if (!attributes)
		return error_set(err, REASON_NO_MEMORY, "csrattrs");
	if (!csr_attrs_parse(buffer_view(der), &attributes->wanted, &why)) {
		free(attributes);
		return error_set(err, REASON_SERVER_ANSWER, "csrattrs: %s", why.detail);
	}
	attributes->der = *der;
	*der = (struct buffer){ 0 };
	*ret = attributes;
	return true;
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

	return read_attributes(&der, ret, err);
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
	if (!attributes)
		return;
	buffer_done(&attributes->der);
	free(attributes);
}

/* Of RSA the smallest that we make and the server takes. */
const char *bestow_attributes_key_type(const struct bestow_attributes *attributes)
{
	if (!attributes || attributes->wanted.key_type == KEY_TYPE_COUNT)
		return NULL;
	if (attributes->wanted.key_type != KEY_RSA)
		return key_type_text(attributes->wanted.key_type);
	if (attributes->wanted.key_bits > 3072)
		return "rsa4096";
	return attributes->wanted.key_bits > 2048 ? "rsa3072" : "rsa2048";
}

static bool wants_nothing(const struct bestow_attributes *attributes)
{
	return !attributes ||
	       (!attributes->wanted.challenge_password &&
		attributes->wanted.key_type == KEY_TYPE_COUNT &&
		attributes->wanted.subject_count == 0 && attributes->wanted.extension_count == 0);
}

void bestow_attributes_text(const struct bestow_attributes *attributes, char *into, size_t size)
{
	const char *key = bestow_attributes_key_type(attributes);

	if (wants_nothing(attributes))
		snprintf(into, size, "the server wants nothing in particular");
	else
		snprintf(into, size,
			 "key: %s; names in the subject: %zu; extensions: %zu; challengePassword: "
			 "%s",
			 key ? key : "any", attributes->wanted.subject_count,
			 attributes->wanted.extension_count,
			 attributes->wanted.challenge_password ? "wanted" : "not asked for");
}

/* -- into a request -- */

/* A value that the server fixes; what is asked for by the device itself stays, and is the server's
 * to judge. */
static bool apply_name(struct bestow_request *request, const struct wished_name *wish,
		       struct error *err)
{
	enum name_attribute attribute = name_attribute_by_oid(wish->type);
	CLEANUP(freep) char *value = NULL;

	if (!wish->value.data || attribute == NAME_UNKNOWN ||
	    name_find(&request->subject, attribute))
		return true;
	return der_string_decode(wish->tag, wish->value, &value, err) &&
	       request_add_name(request, attribute, value, err);
}

static bool apply(struct bestow_request *request, const struct csr_attrs *wanted, struct error *err)
{
	request->server_wants_binding = wanted->challenge_password;
	if (request->names_are_fixed)
		return true;
	for (size_t i = 0; i < wanted->subject_count; i++)
		if (!apply_name(request, &wanted->subject[i], err))
			return false;
	buffer_clear(&request->extensions);
	for (size_t i = 0; i < wanted->extension_count; i++) {
		const struct wished_extension *wish = &wanted->extensions[i];

		/* names are the device's own matter */
		if (wish->value.data && !bytes_equal(wish->oid, oid_subject_alt_name))
			extension_write(&request->extensions, wish->oid, wish->critical,
					wish->value);
	}
	return buffer_ok(&request->extensions) || error_set(err, REASON_NO_MEMORY, "request");
}

bool bestow_request_apply(struct bestow_request *request,
			  const struct bestow_attributes *attributes, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return !attributes || apply(request, &attributes->wanted, &err) ||
	       failure_tell(&err, ret_err);
}
