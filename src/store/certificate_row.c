#include "store/certificate_row.h"

#include "base/pack.h"

/* The numbers of the schema. */
_Static_assert(CERTIFICATE_INTENT == 0 && CERTIFICATE_ISSUED == 1 && CERTIFICATE_REVOKED == 2 &&
		       CERTIFICATE_ABANDONED == 3,
	       "certificate.state");
_Static_assert(PURPOSE_DEVICE == 0 && PURPOSE_RA == 1 && PURPOSE_SERVER == 2 && PURPOSE_CA == 3 &&
		       PURPOSE_OCSP == 4,
	       "certificate.purpose");
_Static_assert(EST_CACERTS == 0 && EST_SIMPLEENROLL == 1 && EST_SIMPLEREENROLL == 2 &&
		       EST_CSRATTRS == 3 && EST_SERVERKEYGEN == 4 && EST_FULLCMC == 5,
	       "certificate.operation");
_Static_assert(KEY_HASH_LEN == HASH_LEN, "certificate.key_hash");

static bool read_enum(const struct db_statement *row, int column, int64_t max, int64_t *ret,
		      struct error *err)
{
	int64_t number = db_int64(row, column);

	if (number < 0 || number > max)
		return error_set(err, REASON_STORE_CORRUPT, "a certificate's column %d", column);
	*ret = number;
	return true;
}

static bool read_enums(const struct db_statement *row, struct certificate *ret, struct error *err)
{
	int64_t state = 0, purpose = 0, operation = EST_OPERATION_COUNT, reason = 0;

	if (!read_enum(row, 5, CERTIFICATE_ABANDONED, &state, err) ||
	    !read_enum(row, 6, PURPOSE_OCSP, &purpose, err) ||
	    (!db_is_null(row, 7) && !read_enum(row, 7, EST_OPERATION_COUNT - 1, &operation, err)) ||
	    !read_enum(row, 17, REVOKED_AA_COMPROMISE, &reason, err))
		return false;
	ret->state = (enum certificate_state)state;
	ret->purpose = (enum certificate_purpose)purpose;
	ret->operation = (enum est_operation)operation;
	ret->revocation_reason = (enum revocation_reason)reason;
	return true;
}

static bool read_serial(const struct db_statement *row, struct certificate *ret, struct error *err)
{
	struct bytes serial = db_bytes(row, 8);

	if (serial.len == 0 || serial.len > sizeof ret->serial)
		return error_set(err, REASON_STORE_CORRUPT, "a serial of %zu octets", serial.len);
	memcpy(ret->serial, serial.data, serial.len);
	ret->serial_len = serial.len;
	return true;
}

static bool read_texts(const struct db_statement *row, struct certificate *ret, struct error *err)
{
	return db_text_copy(row, 19, &ret->subject, err) && db_text_copy(row, 20, &ret->san, err) &&
	       db_text_copy(row, 21, &ret->peer, err) &&
	       db_text_copy(row, 22, &ret->requested_by, err) &&
	       db_text_copy(row, 23, &ret->request_id, err);
}

static bool read_der(const struct db_statement *row, struct certificate *ret, struct error *err)
{
	struct bytes der = db_bytes(row, 24);

	ret->der = (unsigned char *)bytes_to_string(der);
	if (!ret->der)
		return error_set(err, REASON_NO_MEMORY, "certificate");
	ret->der_len = der.len;
	return true;
}

bool certificate_of_row(const struct db_statement *row, struct certificate *ret, struct error *err)
{
	CLEANUP(certificate_done)
	struct certificate certificate = {
		.id = db_int64(row, 0),
		.account_id = db_int64(row, 1),
		.ca_id = db_int64(row, 2),
		.profile_id = db_int64(row, 3),
		.profile_version = db_int64(row, 4),
		.not_before = db_int64(row, 9),
		.not_after = db_int64(row, 10),
		.created = db_int64(row, 11),
		.renews_id = db_int64(row, 14),
		.renewed_by_id = db_int64(row, 15),
		.revoked_at = db_int64(row, 16),
		.invalidity_date = db_int64(row, 18),
	};

	if (!read_enums(row, &certificate, err) || !read_serial(row, &certificate, err) ||
	    !db_bytes_exact(row, 12, certificate.key_hash, KEY_HASH_LEN, err) ||
	    !db_bytes_exact(row, 13, certificate.identity_hash, KEY_HASH_LEN, err) ||
	    !read_texts(row, &certificate, err) || !read_der(row, &certificate, err))
		return false;
	*ret = certificate;
	certificate = (struct certificate){ 0 };
	return true;
}

/* RFC 5280 7.1 as far as an index needs it: who is the same by name_equal() is the same here. */
static void append_folded(struct buffer *to, const char *text)
{
	char before = ' ';

	for (; *text; text++) {
		bool needless = *text == ' ' && before == ' ';

		if (!needless)
			buffer_append_byte(to, (unsigned char)(*text >= 'A' && *text <= 'Z'
								       ? *text - 'A' + 'a'
								       : *text));
		before = *text;
	}
}

static void append_holder(struct buffer *to, const char *subject, const char *san)
{
	append_folded(to, subject[0] ? subject : san);
}

bool holder_is_same(const char *subject, const char *san, const char *other_subject,
		    const char *other_san)
{
	CLEANUP(buffer_done) struct buffer one = { 0 };
	CLEANUP(buffer_done) struct buffer other = { 0 };

	append_holder(&one, subject, san);
	append_holder(&other, other_subject, other_san);
	/* when memory is out they pass for the same, which refuses rather than issues */
	return !buffer_ok(&one) || !buffer_ok(&other) ||
	       bytes_equal(buffer_view(&one), buffer_view(&other));
}

bool subject_index(int64_t profile_id, const char *subject, const char *san, int64_t *ret,
		   struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	unsigned char hash[HASH_LEN];

	pack_u64(&text, (uint64_t)profile_id);
	append_holder(&text, subject, san);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "subject");
	if (!hash_sha256(buffer_view(&text), hash, err))
		return false;
	*ret = hash_index(hash);
	return true;
}
