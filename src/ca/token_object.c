#include "ca/token_object.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "pki/der.h"

#define VALUE_MAX 65536 /* of a certificate */

bool object_id_of_name(const char *key_name, struct object_id *ret, struct error *err)
{
	if (strncmp(key_name, TOKEN_KEY_PREFIX, strlen(TOKEN_KEY_PREFIX)) == 0 &&
	    hex_decode(key_name + strlen(TOKEN_KEY_PREFIX), ret->octets, sizeof ret->octets,
		       &ret->len) &&
	    ret->len > 0)
		return true;
	return error_set(err, REASON_INVALID, "not the name of a token's key");
}

void object_id_to_name(const struct object_id *id, char ret[KEY_NAME_MAX + 1])
{
	char text[2 * OBJECT_ID_MAX + 1];

	hex_encode((struct bytes){ id->octets, id->len }, text);
	snprintf(ret, KEY_NAME_MAX + 1, TOKEN_KEY_PREFIX "%s", text);
}

static struct ck_attribute attribute(ck_attribute_type_t type, const void *value, size_t len)
{
	return (struct ck_attribute){ type, (void *)(uintptr_t)value, len };
}

/* -- finding -- */

/* A search that has begun must end, or the session can begin no other. */
static bool search(struct token_session *session, struct ck_attribute *template,
		   unsigned long count, ck_object_handle_t *ret, size_t max, size_t *ret_count,
		   struct error *err)
{
	unsigned long found = 0, more = 1;
	ck_rv_t code = session->calls->C_FindObjectsInit(session->handle, template, count);

	if (code != CKR_OK)
		return token_refuse(session, "C_FindObjectsInit", code, err);
	while (code == CKR_OK && more && found < max) {
		code = session->calls->C_FindObjects(session->handle, ret + found, max - found,
						     &more);
		found += code == CKR_OK ? more : 0;
	}
	ck_rv_t ended = session->calls->C_FindObjectsFinal(session->handle);
	if (code != CKR_OK)
		return token_refuse(session, "C_FindObjects", code, err);
	if (ended != CKR_OK)
		return token_refuse(session, "C_FindObjectsFinal", ended, err);
	*ret_count = found;
	return true;
}

static bool find_all(struct token_session *session, ck_object_class_t class,
		     const struct object_id *id, ck_object_handle_t *ret, size_t max,
		     size_t *ret_count, struct error *err)
{
	struct ck_attribute template[] = {
		attribute(CKA_CLASS, &class, sizeof class),
		attribute(CKA_ID, id ? id->octets : NULL, id ? id->len : 0),
	};

	return search(session, template, id ? 2 : 1, ret, max, ret_count, err);
}

bool token_find_private(struct token_session *session, const struct object_id *id,
			ck_object_handle_t *ret, struct error *err)
{
	ck_object_handle_t found[2];
	size_t count;

	if (!find_all(session, CKO_PRIVATE_KEY, id, found, 2, &count, err))
		return false;
	if (count > 1)
		return error_set(err, REASON_CA_UNAVAILABLE,
				 "two private keys of the token have the same CKA_ID");
	*ret = count ? found[0] : 0;
	return true;
}

/* -- reading -- */

/* False, quietly, if the object has no such attribute or a longer one. */
static bool read_value(struct token_session *session, ck_object_handle_t object,
		       ck_attribute_type_t type, void *into, size_t max, size_t *ret_len)
{
	/* cppcheck-suppress uninitvar; the token writes there, nobody reads before */
	struct ck_attribute wanted = attribute(type, into, max);
	ck_rv_t code = session->calls->C_GetAttributeValue(session->handle, object, &wanted, 1);

	if (code != CKR_OK || wanted.value_len > max)
		return false;
	*ret_len = wanted.value_len;
	return true;
}

static bool read_bool(struct token_session *session, ck_object_handle_t object,
		      ck_attribute_type_t type, bool otherwise)
{
	unsigned char value;
	size_t len;

	return read_value(session, object, type, &value, sizeof value, &len) && len == 1
		       ? value != 0
		       : otherwise;
}

static const struct curve {
	enum key_type type;
	ck_key_type_t family;
	const char *params; /* CKA_EC_PARAMS: a named curve */
	size_t params_len;
	const char *also; /* the form of PKCS#11 3.0, as a PrintableString */
	size_t also_len;
} curves[] = {
	{ KEY_P256, CKK_EC, "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10, NULL, 0 },
	{ KEY_P384, CKK_EC, "\x06\x05\x2b\x81\x04\x00\x22", 7, NULL, 0 },
	{ KEY_P521, CKK_EC, "\x06\x05\x2b\x81\x04\x00\x23", 7, NULL, 0 },
	{ KEY_ED25519, CKK_EC_EDWARDS, "\x06\x03\x2b\x65\x70", 5,
	  "\x13\x0c"
	  "edwards25519",
	  14 },
};

static const struct curve *curve_of_params(struct bytes params)
{
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if ((params.len == curves[i].params_len &&
		     memcmp(params.data, curves[i].params, params.len) == 0) ||
		    (curves[i].also && params.len == curves[i].also_len &&
		     memcmp(params.data, curves[i].also, params.len) == 0))
			return &curves[i];
	return NULL;
}

static const struct curve *curve_of_type(enum key_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(curves); i++)
		if (curves[i].type == type)
			return &curves[i];
	return NULL;
}

static enum key_type type_of(struct token_session *session, ck_object_handle_t object)
{
	ck_key_type_t family = 0;
	unsigned char params[64];
	size_t len;

	if (!read_value(session, object, CKA_KEY_TYPE, &family, sizeof family, &len))
		return KEY_TYPE_COUNT;
	if (family == CKK_RSA)
		return KEY_RSA;
	if (!read_value(session, object, CKA_EC_PARAMS, params, sizeof params, &len))
		return KEY_TYPE_COUNT;
	const struct curve *curve = curve_of_params((struct bytes){ params, len });
	return curve ? curve->type : KEY_TYPE_COUNT;
}

static void describe(struct token_session *session, ck_object_handle_t object,
		     struct token_key *ret)
{
	struct object_id id = { 0 };
	size_t len = 0;

	*ret = (struct token_key){ .type = type_of(session, object) };
	if (read_value(session, object, CKA_ID, id.octets, sizeof id.octets, &id.len) && id.len)
		object_id_to_name(&id, ret->key_name);
	if (!read_value(session, object, CKA_LABEL, ret->label, KEY_LABEL_MAX, &len))
		len = 0;
	ret->label[len] = '\0';
}

bool token_list_keys(struct token_session *session, struct token_key *ret, size_t max,
		     size_t *ret_count, struct error *err)
{
	ck_object_handle_t found[TOKEN_OBJECTS_MAX];
	size_t count;

	if (max > TOKEN_OBJECTS_MAX)
		max = TOKEN_OBJECTS_MAX;
	if (!find_all(session, CKO_PRIVATE_KEY, NULL, found, max, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		describe(session, found[i], &ret[i]);
	*ret_count = count;
	return true;
}

static bool append_cert(struct token_session *session, ck_object_handle_t object, struct buffer *to,
			struct error *err)
{
	CLEANUP(freep) unsigned char *der = malloc(VALUE_MAX);
	size_t len;

	if (!der)
		return error_set(err, REASON_NO_MEMORY, "certificate");
	if (!read_value(session, object, CKA_VALUE, der, VALUE_MAX, &len))
		return true; /* a reference to one, or one of another kind */
	buffer_append(to, (struct bytes){ der, len });
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "certificate");
}

bool token_read_certs(struct token_session *session, const struct object_id *id, struct buffer *to,
		      struct error *err)
{
	ck_object_handle_t found[TOKEN_OBJECTS_MAX];
	size_t count;

	if (!find_all(session, CKO_CERTIFICATE, id, found, TOKEN_OBJECTS_MAX, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!append_cert(session, found[i], to, err))
			return false;
	return true;
}

/* -- a public key as SubjectPublicKeyInfo -- */

#define DER(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
static const struct bytes rsa_algorithm =
	DER("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00");
static const struct bytes ec_oid = DER("\x2a\x86\x48\xce\x3d\x02\x01");
static const struct bytes ed25519_algorithm = DER("\x30\x05\x06\x03\x2b\x65\x70");

static bool write_rsa(struct token_session *session, ck_object_handle_t object, struct buffer *to)
{
	unsigned char modulus[KEY_RSA_BITS_MAX / 8 + 1], exponent[16];
	size_t modulus_len, exponent_len;
	CLEANUP(buffer_done) struct buffer key = { 0 };

	if (!read_value(session, object, CKA_MODULUS, modulus, sizeof modulus, &modulus_len) ||
	    !read_value(session, object, CKA_PUBLIC_EXPONENT, exponent, sizeof exponent,
			&exponent_len))
		return false;
	size_t numbers = der_begin(&key, DER_SEQUENCE);
	der_write_unsigned(&key, (struct bytes){ modulus, modulus_len });
	der_write_unsigned(&key, (struct bytes){ exponent, exponent_len });
	der_end(&key, numbers);
	size_t spki = der_begin(to, DER_SEQUENCE);
	buffer_append(to, rsa_algorithm);
	der_write_octet_bits(to, buffer_view(&key));
	der_end(to, spki);
	return buffer_ok(&key);
}

/* CKA_EC_POINT is an OCTET STRING around the point; some tokens leave that out. */
static struct bytes unwrap_point(struct bytes value, size_t bare_len)
{
	struct der reader = der_open(value);
	struct bytes inside = der_read(&reader, DER_OCTET_STRING);

	return value.len != bare_len && der_at_end(&reader) ? inside : value;
}

static const size_t point_lens[KEY_TYPE_COUNT] = {
	[KEY_P256] = 65, [KEY_P384] = 97, [KEY_P521] = 133, [KEY_ED25519] = 32
};

static bool write_point(struct token_session *session, ck_object_handle_t object,
			const struct curve *curve, struct buffer *to)
{
	unsigned char value[160];
	size_t len;

	if (!read_value(session, object, CKA_EC_POINT, value, sizeof value, &len))
		return false;
	size_t spki = der_begin(to, DER_SEQUENCE);
	if (curve->type == KEY_ED25519) {
		buffer_append(to, ed25519_algorithm);
	} else {
		size_t algorithm = der_begin(to, DER_SEQUENCE);
		der_write_oid(to, ec_oid);
		buffer_append(to, (struct bytes){ (const unsigned char *)curve->params,
						  curve->params_len });
		der_end(to, algorithm);
	}
	der_write_octet_bits(to,
			     unwrap_point((struct bytes){ value, len }, point_lens[curve->type]));
	der_end(to, spki);
	return true;
}

static bool read_public(struct token_session *session, ck_object_handle_t object,
			enum key_type type, struct public_key **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer spki = { 0 };
	const struct curve *curve = curve_of_type(type);
	bool read = curve ? write_point(session, object, curve, &spki)
			  : write_rsa(session, object, &spki);

	if (!read)
		return error_set(err, REASON_CA_UNAVAILABLE,
				 "the token does not show the public half of its new key");
	if (!buffer_ok(&spki))
		return error_set(err, REASON_NO_MEMORY, "public key");
	return public_key_parse(buffer_view(&spki), ret, err);
}

/* -- making -- */

struct generation_plan {
	struct ck_mechanism mechanism;
	ck_key_type_t family;
	struct ck_attribute parameters[2];
	unsigned long parameter_count;
};

static const unsigned char yes = 1, no = 0;
static const unsigned char f4[] = { 1, 0, 1 };

#define PAIR_ATTRIBUTES 12

static ck_rv_t generate_pair(struct token_session *session, const struct object_id *id,
			     const char *label, struct generation_plan *plan,
			     ck_object_handle_t *ret_public, ck_object_handle_t *ret_private)
{
	struct ck_attribute public[PAIR_ATTRIBUTES] = {
		attribute(CKA_TOKEN, &yes, 1),
		attribute(CKA_PRIVATE, &no, 1),
		attribute(CKA_VERIFY, &yes, 1),
		attribute(CKA_KEY_TYPE, &plan->family, sizeof plan->family),
		attribute(CKA_ID, id->octets, id->len),
		attribute(CKA_LABEL, label, strlen(label)),
	};
	struct ck_attribute private[PAIR_ATTRIBUTES] = {
		attribute(CKA_TOKEN, &yes, 1),
		attribute(CKA_PRIVATE, &yes, 1),
		attribute(CKA_SENSITIVE, &yes, 1),
		attribute(CKA_EXTRACTABLE, &no, 1),
		attribute(CKA_SIGN, &yes, 1),
		attribute(CKA_DECRYPT, &no, 1),
		attribute(CKA_UNWRAP, &no, 1),
		attribute(CKA_KEY_TYPE, &plan->family, sizeof plan->family),
		attribute(CKA_ID, id->octets, id->len),
		attribute(CKA_LABEL, label, strlen(label)),
	};

	memcpy(&public[6], plan -> parameters, plan -> parameter_count * sizeof *plan->parameters);
	return session->calls->C_GenerateKeyPair(session->handle, &plan->mechanism, public,
						 6 + plan->parameter_count, private, 10, ret_public,
						 ret_private);
}

static ck_rv_t generate_rsa(struct token_session *session, const struct object_id *id,
			    const struct key_order *order, ck_object_handle_t *ret_public,
			    ck_object_handle_t *ret_private)
{
	unsigned long bits = order->bits;
	struct generation_plan plan = {
		.mechanism = { .mechanism = CKM_RSA_PKCS_KEY_PAIR_GEN },
		.family = CKK_RSA,
		.parameters = { attribute(CKA_MODULUS_BITS, &bits, sizeof bits),
				attribute(CKA_PUBLIC_EXPONENT, f4, sizeof f4) },
		.parameter_count = 2,
	};

	return generate_pair(session, id, order->label, &plan, ret_public, ret_private);
}

static ck_rv_t generate_ec(struct token_session *session, const struct object_id *id,
			   const struct key_order *order, ck_object_handle_t *ret_public,
			   ck_object_handle_t *ret_private)
{
	const struct curve *curve = curve_of_type(order->type);
	struct generation_plan plan = {
		.mechanism = { .mechanism = curve->family == CKK_EC ? CKM_EC_KEY_PAIR_GEN
								    : CKM_EC_EDWARDS_KEY_PAIR_GEN },
		.family = curve->family,
		.parameters = { attribute(CKA_EC_PARAMS, curve->params, curve->params_len) },
		.parameter_count = 1,
	};
	ck_rv_t code = generate_pair(session, id, order->label, &plan, ret_public, ret_private);

	if (code == CKR_OK || !curve->also)
		return code;
	plan.parameters[0] = attribute(CKA_EC_PARAMS, curve->also, curve->also_len);
	return generate_pair(session, id, order->label, &plan, ret_public, ret_private);
}

/* A token that ignores what it was told must not come to hold a CA's key. */
static bool check_never_leaves(struct token_session *session, ck_object_handle_t object,
			       struct error *err)
{
	return (read_bool(session, object, CKA_SENSITIVE, false) &&
		!read_bool(session, object, CKA_EXTRACTABLE, true)) ||
	       error_set(err, REASON_CA_UNAVAILABLE,
			 "the token made a key that could be taken out of it");
}

bool token_generate(struct token_session *session, const struct object_id *id,
		    const struct key_order *order, struct public_key **ret, struct error *err)
{
	ck_object_handle_t public = 0, private = 0;
	ck_rv_t code = order->type == KEY_RSA ? generate_rsa(session, id, order, &public, &private)
					      : generate_ec(session, id, order, &public, &private);

	if (code != CKR_OK)
		return token_refuse(session, "C_GenerateKeyPair", code, err);
	if (check_never_leaves(session, private, err) &&
	    read_public(session, public, order->type, ret, err))
		return true;
	token_destroy(session, id);
	return false;
}

void token_destroy(struct token_session *session, const struct object_id *id)
{
	static const ck_object_class_t classes[] = { CKO_PRIVATE_KEY, CKO_PUBLIC_KEY };
	ck_object_handle_t found[2];

	for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
		size_t count = 0;

		if (!find_all(session, classes[i], id, found, 2, &count, NULL))
			return;
		for (size_t j = 0; j < count; j++)
			(void)session->calls->C_DestroyObject(session->handle, found[j]);
	}
}
