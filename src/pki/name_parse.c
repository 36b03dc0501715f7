#include <string.h>

#include "pki/der.h"
#include "pki/der_string.h"
#include "pki/name_attribute.h"
#include "pki/name_entries.h"

/* What differs between names that we will certify and names that others have certified. */
struct strictness {
	bool (*decode)(unsigned int tag, struct bytes contents, char **ret, struct error *err);
	bool (*check)(enum name_attribute attribute, const char *value, struct error *err);
};

static bool check_tolerated_length(enum name_attribute attribute, const char *value,
				   struct error *err)
{
	(void)attribute;
	if (strlen(value) > NAME_VALUE_TOLERATED_MAX)
		return error_set(err, REASON_NAME_INVALID, "a value is longer than %d octets",
				 NAME_VALUE_TOLERATED_MAX);
	return true;
}

static const struct strictness strict = { der_string_decode, name_value_check };
static const struct strictness tolerant = { der_string_decode_tolerant, check_tolerated_length };

static bool decode_value(const struct strictness *how, enum name_attribute attribute,
			 unsigned int tag, struct bytes contents, char **ret, struct error *err)
{
	CLEANUP(freep) char *value = NULL;

	if (contents.len > NAME_VALUE_TOLERATED_MAX)
		return error_set(err, REASON_NAME_INVALID, "a value is longer than %d octets",
				 NAME_VALUE_TOLERATED_MAX);
	if (!how->decode(tag, contents, &value, err) || !how->check(attribute, value, err))
		return false;
	*ret = TAKE(value);
	return true;
}

static bool parse_entry(struct der *rdn, const struct strictness *how, bool joined,
			struct name *ret, struct error *err)
{
	struct der entry = der_enter(rdn, DER_SEQUENCE);
	struct bytes type = der_read(&entry, DER_OID);
	unsigned int tag = 0;
	struct bytes contents = der_read_any(&entry, &tag);
	enum name_attribute attribute = name_attribute_by_oid(type);
	char *value = NULL;

	if (!der_at_end(&entry))
		return error_set(err, REASON_NAME_INVALID, "malformed attribute");
	if (!oid_is_sound(type))
		return error_set(err, REASON_NAME_INVALID, "an attribute type is no OID");
	if (!decode_value(how, attribute, tag, contents, &value, err))
		return false;
	if (attribute != NAME_UNKNOWN)
		type = name_attribute_row(attribute)->oid;
	return name_push(
		ret,
		(struct name_entry){
			.attribute = attribute, .value = value, .joined = joined, .type = type },
		err);
}

/* RFC 5280 4.1.2.4: RelativeDistinguishedName is SET SIZE (1..MAX). */
static bool parse_rdn(struct der *names, const struct strictness *how, struct name *ret,
		      struct error *err)
{
	struct der rdn = der_enter(names, DER_SET);

	if (rdn.failed || rdn.rest.len == 0)
		return error_set(err, REASON_NAME_INVALID, "an empty or malformed RDN");
	for (bool joined = false; rdn.rest.len > 0; joined = true)
		if (!parse_entry(&rdn, how, joined, ret, err))
			return false;
	return true;
}

static bool parse(struct bytes der, const struct strictness *how, struct name *ret,
		  struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };
	struct der reader = der_open(der);
	struct der rdns = der_enter(&reader, DER_SEQUENCE);

	if (rdns.failed || !der_at_end(&reader))
		return error_set(err, REASON_NAME_INVALID, "malformed name");
	while (rdns.rest.len > 0)
		if (!parse_rdn(&rdns, how, &name, err))
			return false;
	if (!name_own_types(&name, err))
		return false;
	*ret = name;
	name = (struct name){ 0 };
	return true;
}

bool name_parse(struct bytes der, struct name *ret, struct error *err)
{
	return parse(der, &strict, ret, err);
}

bool name_parse_tolerant(struct bytes der, struct name *ret, struct error *err)
{
	return parse(der, &tolerant, ret, err);
}
