#include "pki/crl_parse.h"

#include "pki/crl_oid.h"
#include "pki/der.h"
#include "pki/der_time.h"

#define VERSION_2 1
#define SERIAL_MAX 20 /* RFC 5280 4.1.2.2 */
#define REASON_MAX 10 /* aACompromise, RFC 5280 5.3.1 */
#define REASON_NOT_USED 7
#define EXTENSIONS DER_CONTEXT_0

MUST_CHECK static bool malformed(struct error *err, const char *what)
{
	return error_set(err, REASON_IMPORT_MALFORMED, "%s", what);
}

/* -- one entry -- */

static bool read_reason(struct bytes value, struct crl_entry *entry, struct error *err)
{
	struct der outer = der_open(value);
	struct bytes contents = der_read(&outer, DER_ENUMERATED);

	if (!der_at_end(&outer) || contents.len != 1 || contents.data[0] > REASON_MAX ||
	    contents.data[0] == REASON_NOT_USED)
		return malformed(err, "malformed reasonCode (RFC 5280 5.3.1)");
	entry->reason = contents.data[0];
	return true;
}

static bool read_invalidity_date(struct bytes value, struct crl_entry *entry, struct error *err)
{
	struct der outer = der_open(value);
	struct bytes text = der_read(&outer, DER_GENERALIZED_TIME);

	if (!der_at_end(&outer) ||
	    !der_time_parse(text, DER_GENERALIZED_TIME, &entry->invalidity_date))
		return malformed(err, "malformed invalidityDate (RFC 5280 5.3.2)");
	return true;
}

static const struct {
	const struct bytes *oid;
	bool (*read)(struct bytes value, struct crl_entry *entry, struct error *err);
} readers[] = {
	{ &oid_crl_reason, read_reason },
	{ &oid_invalidity_date, read_invalidity_date },
};

/* certificateIssuer above all: the entry would be of another CA's certificate. */
static bool read_extension(struct der *list, struct crl_entry *entry, struct error *err)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	struct bytes oid = der_read(&fields, DER_OID);
	bool critical = der_next_is(&fields, DER_BOOLEAN) && der_read_boolean(&fields);
	struct bytes value = der_read(&fields, DER_OCTET_STRING);

	if (!der_at_end(&fields))
		return malformed(err, "malformed CRL entry extension (RFC 5280 5.3)");
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (bytes_equal(oid, *readers[i].oid))
			return readers[i].read(value, entry, err);
	return !critical || malformed(err, "a CRL entry with a critical extension that is not "
					   "understood (RFC 5280 5.3)");
}

static bool read_extensions(struct der *fields, struct crl_entry *entry, struct error *err)
{
	if (fields->rest.len == 0)
		return true;

	struct der list = der_enter(fields, DER_SEQUENCE);
	while (!list.failed && list.rest.len > 0)
		if (!read_extension(&list, entry, err))
			return false;
	return der_at_end(&list) || malformed(err, "malformed CRL entry extensions");
}

bool crl_list_next(struct bytes *entries, struct crl_entry *ret, struct error *err)
{
	struct der list = der_open(*entries);
	struct der fields = der_enter(&list, DER_SEQUENCE);
	struct crl_entry entry = { .serial = der_read(&fields, DER_INTEGER) };

	entry.date = der_read_time(&fields);
	if (!fields.failed && !read_extensions(&fields, &entry, err))
		return false;
	if (!der_at_end(&fields) || list.failed)
		return malformed(err, "malformed CRL entry (RFC 5280 5.1.2.6)");
	if (entry.serial.len == 0 || entry.serial.len > SERIAL_MAX)
		return malformed(err, "a CRL entry without a sound serial number");
	*entries = list.rest;
	*ret = entry;
	return true;
}

/* -- the list -- */

static bool next_is_time(const struct der *der)
{
	return der_next_is(der, DER_UTC_TIME) || der_next_is(der, DER_GENERALIZED_TIME);
}

/* `algorithm` is the outer one, which the inner one must repeat (RFC 5280 5.1.1.2). What the list's
 * own extensions say is about which other lists there are. */
static bool read_tbs(struct crl_list *list, struct bytes algorithm, struct error *err)
{
	struct der outer = der_open(list->tbs);
	struct der tbs = der_enter(&outer, DER_SEQUENCE);

	if (der_next_is(&tbs, DER_INTEGER) && der_read_small(&tbs) != VERSION_2)
		return malformed(err, "no CRL of version 1 or 2 (RFC 5280 5.1.2.1)");
	if (!bytes_equal(der_read_whole(&tbs, DER_SEQUENCE), algorithm))
		return malformed(err, "the signature algorithms within and without differ");
	list->issuer = der_read_whole(&tbs, DER_SEQUENCE);
	list->this_update = der_read_time(&tbs);
	if (next_is_time(&tbs))
		(void)der_read_time(&tbs);
	if (der_next_is(&tbs, DER_SEQUENCE))
		list->entries = der_read(&tbs, DER_SEQUENCE);
	if (der_next_is(&tbs, EXTENSIONS))
		(void)der_read(&tbs, EXTENSIONS);
	return der_at_end(&tbs) || malformed(err, "malformed TBSCertList (RFC 5280 5.1.2)");
}

bool crl_list_parse(struct bytes der, struct crl_list *ret, struct error *err)
{
	struct der outer = der_open(der);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct crl_list list = { .tbs = der_read_whole(&fields, DER_SEQUENCE) };
	struct bytes algorithm = der_read_whole(&fields, DER_SEQUENCE);
	bool weak = false;

	list.signature = der_read_octet_bits(&fields);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return malformed(err, "not one DER CertificateList (RFC 5280 5.1)");
	list.algorithm = signature_algorithm_parse(algorithm, &weak);
	if (!read_tbs(&list, algorithm, err))
		return false;
	*ret = list;
	return true;
}
