#include "pki/self_signed.h"

#include "base/hash.h"
#include "base/random.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/tbs.h"

#define SERIAL_OCTETS 16
#define KEY_ID_LEN 20 /* RFC 7093 section 2, method 1 */

static bool write_key_id(const struct public_key *key, struct buffer *to, struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	unsigned char id[HASH_LEN];

	if (!hash_sha256(public_key_bit_string(key), id, err))
		return false;
	key_id_encode((struct bytes){ id, KEY_ID_LEN }, &value);
	extension_write(to, oid_subject_key_id, false, buffer_view(&value));
	return true;
}

static void write_usage(struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	basic_constraints_encode(false, -1, &value);
	extension_write(to, oid_basic_constraints, true, buffer_view(&value));
	buffer_clear(&value);
	key_usage_encode(KU_DIGITAL_SIGNATURE, &value);
	extension_write(to, oid_key_usage, true, buffer_view(&value));
	buffer_clear(&value);
	size_t list = der_begin(&value, DER_SEQUENCE);
	der_write_oid(&value, oid_server_auth);
	der_end(&value, list);
	extension_write(to, oid_ext_key_usage, false, buffer_view(&value));
}

static bool write_extensions(const struct self_signed *content, const struct public_key *key,
			     struct buffer *to, struct error *err)
{
	CLEANUP(buffer_done) struct buffer san = { 0 };

	if (!write_key_id(key, to, err) || !san_encode(content->san, &san, err))
		return false;
	write_usage(to);
	extension_write(to, oid_subject_alt_name, false, buffer_view(&san));
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "certificate");
}

static bool write_tbs(const struct self_signed *content, const struct public_key *key,
		      enum signature_algorithm algorithm, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer name = { 0 };
	CLEANUP(buffer_done) struct buffer extensions = { 0 };
	unsigned char serial[SERIAL_OCTETS + 1] = { 1 }; /* positive, whatever follows */

	if (!random_fill(serial + 1, SERIAL_OCTETS, err) ||
	    !name_encode(content->subject, &name, err) ||
	    !write_extensions(content, key, &extensions, err))
		return false;
	const struct tbs tbs = { .serial = { serial, sizeof serial },
				 .signature_algorithm = algorithm,
				 .issuer = buffer_view(&name),
				 .not_before = content->not_before,
				 .not_after = content->not_after,
				 .subject = buffer_view(&name),
				 .spki = public_key_spki(key),
				 .extensions = buffer_view(&extensions) };
	return tbs_encode(&tbs, ret, err);
}

bool self_signed_make(const struct self_signed *content, const struct private_key *key,
		      struct buffer *ret, struct error *err)
{
	enum signature_algorithm algorithm = key_type_default_algorithm(private_key_type(key));
	CLEANUP(public_key_freep) struct public_key *own = NULL;
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	return private_key_public(key, &own, err) &&
	       write_tbs(content, own, algorithm, &tbs, err) &&
	       private_key_sign(key, algorithm, buffer_view(&tbs), &signature, err) &&
	       tbs_sign_result(buffer_view(&tbs), algorithm, buffer_view(&signature), ret, err);
}
