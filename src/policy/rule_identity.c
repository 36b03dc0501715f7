#include "policy/rule.h"

#include <strings.h>

static bool same(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0;
}

static bool name_holds(const struct name *name, enum name_attribute attribute, const char *value)
{
	for (size_t i = 0; i < name->count; i++)
		if (name->entries[i].attribute == attribute && same(name->entries[i].value, value))
			return true;
	return false;
}

static bool san_names_host(const struct san *san, const char *value)
{
	for (size_t i = 0; i < san->count; i++)
		if ((san->entries[i].type == SAN_DNS || san->entries[i].type == SAN_URI) &&
		    same(san->entries[i].value, value))
			return true;
	return false;
}

/* The module's serial number says which device it is, as serialNumber does (IEEE 802.1AR 8.10.4).
 */
static bool is_hardware_serial(const struct cert *cert, const char *value)
{
	const struct origin from = { ORIGIN_HARDWARE_SERIAL, NAME_COMMON_NAME };
	CLEANUP(buffer_done) struct buffer serial = { 0 };

	return origin_read(from, cert, &serial, NULL) && same(buffer_cstring(&serial), value);
}

static bool vouches_for_common_name(const struct cert *cert, const char *value)
{
	const struct name *subject = cert_subject(cert);

	return name_holds(subject, NAME_COMMON_NAME, value) ||
	       name_holds(subject, NAME_SERIAL_NUMBER, value) ||
	       san_names_host(cert_san(cert), value) || is_hardware_serial(cert, value);
}

static bool vouches_for_serial_number(const struct cert *cert, const char *value)
{
	const struct name *subject = cert_subject(cert);

	return name_holds(subject, NAME_SERIAL_NUMBER, value) ||
	       name_holds(subject, NAME_COMMON_NAME, value) || is_hardware_serial(cert, value);
}

/* Where a holder is or belongs says not who it is: a manufacturer's certificate names the
 * manufacturer there, the request its owner. */
static bool says_where(enum name_attribute attribute)
{
	switch (attribute) {
	case NAME_COUNTRY:
	case NAME_STATE:
	case NAME_LOCALITY:
	case NAME_STREET:
	case NAME_ORGANIZATION:
	case NAME_ORGANIZATIONAL_UNIT:
		return true;
	default:
		return false;
	}
}

static bool vouches_for_email(const struct cert *cert, const char *value)
{
	const struct san *san = cert_san(cert);

	for (size_t i = 0; i < san->count; i++)
		if (san->entries[i].type == SAN_EMAIL && same(san->entries[i].value, value))
			return true;
	return name_holds(cert_subject(cert), NAME_EMAIL_ADDRESS, value);
}

static bool cert_vouches_for_entry(const struct cert *cert, const struct name_entry *entry)
{
	if (entry->attribute == NAME_COMMON_NAME)
		return vouches_for_common_name(cert, entry->value);
	if (entry->attribute == NAME_SERIAL_NUMBER)
		return vouches_for_serial_number(cert, entry->value);
	if (entry->attribute == NAME_EMAIL_ADDRESS)
		return vouches_for_email(cert, entry->value);
	return entry->attribute != NAME_UNKNOWN &&
	       name_holds(cert_subject(cert), entry->attribute, entry->value);
}

static bool cert_vouches_for_san(const struct cert *cert, const struct san_entry *entry)
{
	return san_holds(cert_san(cert), entry) ||
	       (entry->type == SAN_DNS &&
		name_holds(cert_subject(cert), NAME_COMMON_NAME, entry->value));
}

/* The profile's list is the operator's word on what a device is called. */
static bool device_vouches_for_entry(const struct device *device, const struct name_entry *entry)
{
	return (entry->attribute == NAME_COMMON_NAME || entry->attribute == NAME_SERIAL_NUMBER) &&
	       device_is_called(device, entry->value);
}

static bool device_vouches_for_san(const struct device *device, const struct san_entry *entry)
{
	return entry->type == SAN_DNS && device_is_called(device, entry->value);
}

/* Who speaks: a certificate, an entry of the list, or both. */
struct voucher {
	const struct cert *cert;
	const struct device *device;
	const char *words;
};

static struct voucher find_voucher(const struct decision *decision)
{
	const struct device_finding *found = &decision->facts->device;

	if (decision_by_certificate(decision))
		return (struct voucher){ decision->facts->certificate.cert, found->by_certificate,
					 "client certificate" };
	return (struct voucher){ NULL, found->by_code, "enrollment code" };
}

/* What a rule has put there without asking the request is not the request's to vouch for. */
static bool rule_makes_entry(const struct decision *decision, const struct name_entry *entry)
{
	const struct profile *profile = decision->profile;

	for (size_t i = 0; i < profile->subject_rule_count; i++) {
		const struct subject_rule *rule = &profile->subject_rules[i];
		bool made =
			rule->source == SUBJECT_FIXED || rule->source == SUBJECT_CLIENT_CERTIFICATE;

		if (made && rule->attribute == entry->attribute &&
		    name_holds(&decision->subject, entry->attribute, entry->value))
			return true;
	}
	return false;
}

static bool rule_makes_san(const struct decision *decision, const struct san_entry *entry)
{
	if ((unsigned int)entry->type >= SAN_TYPE_COUNT)
		return false;

	enum san_source source = decision->profile->san_rules[entry->type].source;
	return (source == SAN_FIXED || source == SAN_FROM_CLIENT_CERTIFICATE) &&
	       san_holds(&decision->san, entry);
}

static bool vouches_for_entry(const struct voucher *voucher, const struct name_entry *entry)
{
	return says_where(entry->attribute) ||
	       (voucher->cert && cert_vouches_for_entry(voucher->cert, entry)) ||
	       (voucher->device && device_vouches_for_entry(voucher->device, entry));
}

static bool vouches_for_san(const struct voucher *voucher, const struct san_entry *entry)
{
	return (voucher->cert && cert_vouches_for_san(voucher->cert, entry)) ||
	       (voucher->device && device_vouches_for_san(voucher->device, entry));
}

static bool check_subject(const struct decision *decision, const struct voucher *voucher,
			  struct error *err)
{
	const struct name *subject = csr_subject(decision->facts->csr);

	for (size_t i = 0; i < subject->count; i++)
		if (!vouches_for_entry(voucher, &subject->entries[i]) &&
		    !rule_makes_entry(decision, &subject->entries[i]))
			return error_set(err, REASON_NAME_NOT_AUTHORIZED,
					 "the %s does not speak for %s \"%s\"", voucher->words,
					 name_attribute_text(subject->entries[i].attribute),
					 subject->entries[i].value);
	return true;
}

static bool check_san(const struct decision *decision, const struct voucher *voucher,
		      struct error *err)
{
	const struct san *san = csr_san(decision->facts->csr);

	for (size_t i = 0; i < san->count; i++)
		if (!vouches_for_san(voucher, &san->entries[i]) &&
		    !rule_makes_san(decision, &san->entries[i]))
			return error_set(err, REASON_NAME_NOT_AUTHORIZED,
					 "the %s does not speak for %s \"%s\"", voucher->words,
					 san_type_text(san->entries[i].type),
					 san->entries[i].value);
	return true;
}

/* A device speaks for itself and for nobody else (CL-16, CS-33). Judged by what the request asks,
 * also where a rule of the profile would drop it: a name is not rewritten behind the asker's back.
 */
bool rule_identity(struct decision *decision, struct error *err)
{
	const struct voucher voucher = find_voucher(decision);

	if (decision->profile->identity == IDENTITY_ANY) {
		decision_note(decision, "the profile lets a device ask for any name");
		return true;
	}
	return check_subject(decision, &voucher, err) && check_san(decision, &voucher, err);
}
