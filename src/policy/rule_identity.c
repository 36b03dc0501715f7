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

static bool vouches_for_common_name(const struct cert *cert, const char *value)
{
	const struct name *subject = cert_subject(cert);

	return name_holds(subject, NAME_COMMON_NAME, value) ||
	       name_holds(subject, NAME_SERIAL_NUMBER, value) ||
	       san_names_host(cert_san(cert), value);
}

static bool vouches_for_serial_number(const struct cert *cert, const char *value)
{
	const struct name *subject = cert_subject(cert);

	return name_holds(subject, NAME_SERIAL_NUMBER, value) ||
	       name_holds(subject, NAME_COMMON_NAME, value);
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

static bool vouches_for_entry(const struct cert *cert, const struct name_entry *entry)
{
	if (entry->attribute == NAME_COMMON_NAME)
		return vouches_for_common_name(cert, entry->value);
	if (entry->attribute == NAME_SERIAL_NUMBER)
		return vouches_for_serial_number(cert, entry->value);
	if (entry->attribute == NAME_EMAIL_ADDRESS)
		return vouches_for_email(cert, entry->value);
	return says_where(entry->attribute) ||
	       (entry->attribute != NAME_UNKNOWN &&
		name_holds(cert_subject(cert), entry->attribute, entry->value));
}

static bool vouches_for_san(const struct cert *cert, const struct san_entry *entry)
{
	return san_holds(cert_san(cert), entry) ||
	       (entry->type == SAN_DNS &&
		name_holds(cert_subject(cert), NAME_COMMON_NAME, entry->value));
}

static bool check_subject(const struct cert *cert, const struct name *subject, struct error *err)
{
	for (size_t i = 0; i < subject->count; i++)
		if (!vouches_for_entry(cert, &subject->entries[i]))
			return error_set(err, REASON_NAME_NOT_AUTHORIZED,
					 "the client certificate does not speak for %s \"%s\"",
					 name_attribute_text(subject->entries[i].attribute),
					 subject->entries[i].value);
	return true;
}

static bool check_san(const struct cert *cert, const struct san *san, struct error *err)
{
	for (size_t i = 0; i < san->count; i++)
		if (!vouches_for_san(cert, &san->entries[i]))
			return error_set(err, REASON_NAME_NOT_AUTHORIZED,
					 "the client certificate does not speak for %s \"%s\"",
					 san_type_text(san->entries[i].type),
					 san->entries[i].value);
	return true;
}

/* A device speaks for itself and for nobody else (CL-16, CS-33). Judged by what the request asks,
 * also where a rule of the profile would drop it: a name is not rewritten behind the asker's back.
 */
bool rule_identity(struct decision *decision, struct error *err)
{
	const struct cert *cert = decision->facts->certificate.cert;
	const struct csr *csr = decision->facts->csr;

	if (decision->profile->identity == IDENTITY_ANY) {
		decision_note(decision, "the profile lets a certificate ask for any name");
		return true;
	}
	return check_subject(cert, csr_subject(csr), err) && check_san(cert, csr_san(csr), err);
}
