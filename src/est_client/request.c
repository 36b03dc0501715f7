#include <string.h>

#include "base/secret.h"
#include "est_client/client_certs.h"
#include "est_client/client_request.h"
#include "est_client/failure.h"
#include "pki/cms.h"
#include "pki/csr_encode.h"
#include "pki/extension.h"

static void request_free(struct bestow_request *request)
{
	name_done(&request->subject);
	buffer_done(&request->subject_der);
	san_done(&request->san);
	buffer_done(&request->san_value);
	buffer_done(&request->extensions);
	buffer_done(&request->decrypt_key_id);
	cert_free(request->decrypt_cert);
	csr_free(request->csr);
	if (request->challenge)
		memory_wipe(request->challenge, strlen(request->challenge));
	free(request->challenge);
	free(request);
}

bool request_take_subject(struct bestow_request *request, struct name *name, struct bytes der,
			  struct error *err)
{
	struct buffer encoded = { 0 };

	if (der.len)
		buffer_append(&encoded, der);
	if ((!der.len && !name_encode(name, &encoded, err)) || !buffer_ok(&encoded)) {
		name_done(name);
		buffer_done(&encoded);
		return der.len ? error_set(err, REASON_NO_MEMORY, "subject") : false;
	}
	name_done(&request->subject);
	buffer_done(&request->subject_der);
	request->subject = *name;
	request->subject_der = encoded;
	return true;
}

static bool set_subject(struct bestow_request *request, const char *text, struct error *err)
{
	struct name name = { 0 };

	if (*text && !name_from_text(text, &name, err))
		return false;
	return request_take_subject(request, &name, (struct bytes){ 0 }, err);
}

bool request_add_name(struct bestow_request *request, enum name_attribute attribute,
		      const char *value, struct error *err)
{
	struct name name = { 0 };

	if (!name_copy(&request->subject, &name, err))
		return false;
	if (!name_append(&name, attribute, value, err)) {
		name_done(&name);
		return false;
	}
	return request_take_subject(request, &name, (struct bytes){ 0 }, err);
}

static bool add_san(struct bestow_request *request, const char *type, const char *value,
		    struct error *err)
{
	enum san_type known = san_type_by_text(type);

	if (known == SAN_OTHER)
		return error_set(err, REASON_INVALID, "%s is no kind of name: dns, ip, email, uri",
				 type);
	return san_append(&request->san, known, value, err);
}

/* RFC 7030 4.2.2: the very bytes, so that no re-encoding can make another name of it. */
static bool set_names_of(struct bestow_request *request, const struct cert *cert, struct error *err)
{
	struct name name = { 0 };
	const struct extension *san = extensions_find(cert_extensions(cert), oid_subject_alt_name);

	if (!name_copy(cert_subject(cert), &name, err) ||
	    !request_take_subject(request, &name, cert_subject_der(cert), err))
		return false;
	request->names_are_fixed = true;
	buffer_clear(&request->san_value);
	if (san)
		buffer_append(&request->san_value, san->value);
	request->san_is_critical = san && san->critical;
	return buffer_ok(&request->san_value) || error_set(err, REASON_NO_MEMORY, "names");
}

/* A token may know no OAEP. */
static struct smime_capabilities capabilities_of(const struct bestow_key *key)
{
	return (struct smime_capabilities){
		.has = {
			[SMIME_AES_128_CBC] = true,
			[SMIME_AES_256_CBC] = true,
			[SMIME_RSA_OAEP] =
				key && !key->is_token && public_key_type(key->public) == KEY_RSA,
		},
	};
}

/* A token need not decrypt by its key, nor what leads to it know how. The server's key would be
 * lost then, and asked for again and again: what is encrypted here is opened first. Whether the
 * certificate permits it is the server's to say. */
static bool rehearse(const struct cert *cert, struct bytes key_id, const struct bestow_key *key,
		     struct error *err)
{
	const struct cms_recipient recipient = { .cert = cert,
						 .key_id = key_id,
						 .capabilities = capabilities_of(key) };
	const struct bytes content = BYTES_LITERAL("rehearsal");
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(buffer_done) struct buffer opened = { 0 };
	struct error why = { 0 };

	if (!key->is_token || !cms_recipient_check(&recipient, &why))
		return true;
	if (!cms_envelop(oid_cms_data, content, &recipient, &message, err))
		return false;
	if (!cms_open(buffer_view(&message), cert, key->private, &opened, &why))
		return error_set(err, REASON_KEY_ACCESS, "the token's key does not decrypt: %s",
				 why.detail);
	return bytes_equal(buffer_view(&opened), content) ||
	       error_set(err, REASON_KEY_ACCESS, "the token's key decrypts to something else");
}

/* RFC 7030 4.4.1.2 */
static bool set_decrypt_key(struct bestow_request *request, const struct cert *cert,
			    const struct bestow_key *key, struct error *err)
{
	CLEANUP(buffer_done) struct buffer id = { 0 };
	CLEANUP(cert_freep) struct cert *copy = NULL;

	if (memcmp(cert_key_hash(cert), public_key_hash(key->public), KEY_HASH_LEN) != 0)
		return error_set(err, REASON_KEY_ACCESS, "the key is not the certificate's");
	if (public_key_type(key->public) == KEY_ED25519)
		return error_set(err, REASON_INVALID, "nothing can be encrypted to an ed25519 key");
	if (!cert_parse(cert_der(cert), &copy, err) || !cms_key_id(copy, &id, err) ||
	    !rehearse(copy, buffer_view(&id), key, err))
		return false;
	cert_free(request->decrypt_cert);
	buffer_done(&request->decrypt_key_id);
	request->decrypt_cert = TAKE(copy);
	request->decrypt_key_id = id;
	id = (struct buffer){ 0 };
	request->decrypt_key = key;
	return true;
}

static bool write_extensions(const struct bestow_request *request, struct buffer *to,
			     struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	buffer_append(to, buffer_view(&request->extensions));
	if (request->san_value.len) {
		extension_write(to, oid_subject_alt_name, request->san_is_critical,
				buffer_view(&request->san_value));
		return true;
	}
	if (request->san.count == 0)
		return true;
	if (!san_encode(&request->san, &value, err))
		return false;
	/* RFC 5280 4.2.1.6 */
	extension_write(to, oid_subject_alt_name, request->subject.count == 0, buffer_view(&value));
	return true;
}

static bool copy_csr(const struct csr *csr, struct buffer *ret, struct error *err)
{
	buffer_append(ret, csr_der(csr));
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "request");
}

bool request_encode(const struct bestow_request *request, const struct bestow_key *key,
		    const struct request_link *link, struct buffer *ret, struct error *err)
{
	if (request->csr)
		return copy_csr(request->csr, ret, err);
	if (!key)
		return error_set(err, REASON_INVALID, "a request needs a key that signs it");

	CLEANUP(buffer_done) struct buffer extensions = { 0 };
	static const struct bytes empty_name = BYTES_LITERAL("\x30\x00");

	if (!write_extensions(request, &extensions, err))
		return false;
	if (!buffer_ok(&extensions))
		return error_set(err, REASON_NO_MEMORY, "request");

	const struct csr_draft draft = {
		.subject =
			request->subject_der.len ? buffer_view(&request->subject_der) : empty_name,
		.extensions = buffer_view(&extensions),
		.challenge_password = link->challenge_password,
		.est_identity_linking = link->est_identity_linking,
		.decrypt_key_id = buffer_view(&request->decrypt_key_id),
		.capabilities = capabilities_of(request->decrypt_key),
	};
	return csr_encode(&draft, key->private,
			  key_type_default_algorithm(public_key_type(key->public)), ret, err);
}

/* -- binding -- */

bool request_wants_binding(const struct bestow_request *request)
{
	if (request->csr)
		return false;
	switch (request->binding) {
	case BESTOW_BINDING_AUTO:
		return request->server_wants_binding;
	case BESTOW_BINDING_NONE:
		return false;
	case BESTOW_BINDING_CHALLENGE:
	case BESTOW_BINDING_LINKING:
		return true;
	}
	return false;
}

/* A server that wants the binding knows challengePassword (RFC 7030 3.5) and may know RFC 7894's
 * attribute; where the first holds an enrolment code, only the second is left. */
struct request_link request_link_of(const struct bestow_request *request, const char *binding)
{
	bool links = *binding && request_wants_binding(request);
	bool only_linking = request->binding == BESTOW_BINDING_LINKING || request->challenge;
	bool only_challenge = request->binding == BESTOW_BINDING_CHALLENGE && !request->challenge;

	return (struct request_link){
		.challenge_password = links && !only_linking ? binding : request->challenge,
		.est_identity_linking = links && !only_challenge ? binding : NULL,
	};
}

/* -- what leaves the library -- */

bool bestow_request_new(struct bestow_request **ret, struct bestow_error *ret_err)
{
	struct bestow_request *request = calloc(1, sizeof *request);

	if (!request)
		return bestow_fail(ret_err, BESTOW_FAILED, "memory is out");
	*ret = request;
	return true;
}

bool bestow_request_set_subject(struct bestow_request *request, const char *subject,
				struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return (request_check_open(request, &err) && set_subject(request, subject, &err)) ||
	       failure_tell(&err, ret_err);
}

bool bestow_request_add_san(struct bestow_request *request, const char *type, const char *value,
			    struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return (request_check_open(request, &err) && add_san(request, type, value, &err)) ||
	       failure_tell(&err, ret_err);
}

bool bestow_request_set_names_of(struct bestow_request *request, const struct bestow_certs *certs,
				 size_t index, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return (request_check_open(request, &err) &&
		set_names_of(request, certs->bundle.certs[index], &err)) ||
	       failure_tell(&err, ret_err);
}

bool bestow_request_set_challenge(struct bestow_request *request, const char *text,
				  struct bestow_error *ret_err)
{
	struct error err = { 0 };

	if (!request_check_open(request, &err))
		return failure_tell(&err, ret_err);
	char *copy = strdup(text);
	if (!copy)
		return bestow_fail(ret_err, BESTOW_FAILED, "memory is out");
	free(request->challenge);
	request->challenge = copy;
	return true;
}

bool bestow_request_set_decrypt_key(struct bestow_request *request,
				    const struct bestow_certs *certs, size_t index,
				    const struct bestow_key *key, struct bestow_error *ret_err)
{
	struct error err = { 0 };

	return (request_check_open(request, &err) &&
		set_decrypt_key(request, certs->bundle.certs[index], key, &err)) ||
	       failure_tell(&err, ret_err);
}

void bestow_request_set_binding(struct bestow_request *request, enum bestow_binding binding)
{
	request->binding = binding;
}

bool bestow_request_encode(const struct bestow_request *request, const struct bestow_key *key,
			   unsigned char **ret_der, size_t *ret_size, struct bestow_error *ret_err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct request_link link = request_link_of(request, "");
	struct error err = { 0 };

	if (!request_encode(request, key, &link, &der, &err))
		return failure_tell(&err, ret_err);
	*ret_size = der.len;
	*ret_der = TAKE(der.data);
	return true;
}

void bestow_request_free(struct bestow_request *request)
{
	if (request)
		request_free(request);
}
