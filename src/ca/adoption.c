#include "ca/adoption.h"

#include <string.h>

#include "store/store_certificate.h"
#include "store/store_unknown.h"

/* -- what may be adopted -- */

static bool find_signer(const struct adoption *adoption, const struct ca **ret, struct error *err)
{
	const struct catalog *catalog = adoption->catalog;

	for (size_t i = 0; i < catalog->ca_count; i++) {
		*ret = &catalog->cas[i];
		if ((*ret)->account_id == adoption->profile->account_id &&
		    ca_has_signed(*ret, adoption->cert))
			return true;
	}
	return error_set(err, REASON_INVALID, "no CA of the account has signed it");
}

static bool check_is_no_ca(const struct cert *cert, struct error *err)
{
	bool may_sign = cert_has_key_usage(cert) &&
			(cert_key_usage(cert) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0;

	return (!cert_is_ca(cert) && !may_sign) ||
	       error_set(err, REASON_INVALID, "it is a CA's certificate");
}

/* Leave to speak for others comes from a profile that may give it, and from there only. */
static bool check_purpose(const struct adoption *adoption, struct error *err)
{
	bool is_ra = cert_ext_key_usage_holds(adoption->cert, oid_cmc_ra);

	if (is_ra == (adoption->profile->template == TEMPLATE_RA))
		return true;
	return error_set(err, REASON_INVALID,
			 is_ra ? "it is an RA's certificate: name a profile of template ra"
			       : "it is no RA's certificate, and the profile makes these only");
}

static bool check_content(const struct cert *cert, struct error *err)
{
	struct bytes serial = cert_serial(cert);

	if (serial.len == 0 || serial.len > CERT_SERIAL_MAX)
		return error_set(err, REASON_INVALID, "a serial number of %zu octets", serial.len);
	return true;
}

/* -- its record -- */

/* What the profile holds to be one device has one certificate, which this one has renewed: else it
 * would be one too many when it comes to renew. Who goes by another rule may share a subject. */
static bool find_renewed(struct store_tx *tx, const struct adoption *adoption, const char *subject,
			 int64_t *ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate older = { 0 };
	struct error missing = { 0 };

	*ret = 0;
	if (adoption->profile->certificates_per_subject == 0 || !subject[0])
		return true;
	if (!store_certificate_find_by_subject_tx(tx, adoption->profile->id, subject, &older,
						  &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	if (older.renewed_by_id == 0 && older.not_before <= cert_not_before(adoption->cert))
		*ret = older.id;
	return true;
}

static bool write_texts(const struct adoption *adoption, struct certificate *record,
			struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer san = { 0 };
	CLEANUP(buffer_done) struct buffer by = { 0 };

	name_to_text(cert_subject(adoption->cert), &subject);
	san_to_text(cert_san(adoption->cert), &san);
	buffer_printf(&by, "adopted by %s", adoption->by);
	record->subject = bytes_to_string(buffer_view(&subject));
	record->san = bytes_to_string(buffer_view(&san));
	record->requested_by = bytes_to_string(buffer_view(&by));
	record->der = (unsigned char *)bytes_to_string(cert_der(adoption->cert));
	record->der_len = cert_der(adoption->cert).len;
	return (buffer_ok(&subject) && buffer_ok(&san) && buffer_ok(&by) && record->subject &&
		record->san && record->requested_by && record->der) ||
	       error_set(err, REASON_NO_MEMORY, "record");
}

static bool fill(const struct adoption *adoption, const struct ca *signer,
		 struct certificate *record, struct error *err)
{
	const struct cert *cert = adoption->cert;
	struct bytes serial = cert_serial(cert);

	*record = (struct certificate){
		.account_id = signer->account_id,
		.ca_id = signer->id,
		.profile_id = adoption->profile->id,
		.profile_version = adoption->profile->version,
		.state = CERTIFICATE_ISSUED,
		.purpose = adoption->profile->template == TEMPLATE_RA ? PURPOSE_RA : PURPOSE_DEVICE,
		.not_before = cert_not_before(cert),
		.not_after = cert_not_after(cert),
		.created = adoption->now,
		.operation = EST_OPERATION_COUNT,
		.serial_len = serial.len,
	};
	memcpy(record->serial, serial.data, serial.len);
	memcpy(record->key_hash, cert_key_hash(cert), KEY_HASH_LEN);
	return write_texts(adoption, record, err);
}

bool ca_adopt(struct store_tx *tx, const struct adoption *adoption, struct certificate *ret,
	      bool *ret_new, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	const struct ca *signer = NULL;

	if (!find_signer(adoption, &signer, err) || !check_is_no_ca(adoption->cert, err) ||
	    !check_purpose(adoption, err) || !check_content(adoption->cert, err) ||
	    !fill(adoption, signer, &record, err) ||
	    !find_renewed(tx, adoption, record.subject, &record.renews_id, err) ||
	    !store_certificate_adopt(tx, &record, cert_tbs(adoption->cert), &record.id, err) ||
	    !store_unknown_forget(tx, cert_fingerprint(adoption->cert), err))
		return false;
	*ret_new = record.id != 0;
	*ret = record;
	record = (struct certificate){ 0 };
	return true;
}
