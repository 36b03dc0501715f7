#include "pki/san.h"

#include <string.h>
#include <strings.h>

#include "base/address.h"
#include "pki/der.h"
#include "pki/san_check.h"
#include "pki/san_form.h"

#define IPV4_OFFSET 12 /* where ::ffff:a.b.c.d keeps a.b.c.d */

static bool copy_value(const char *value, char **ret, struct error *err)
{
	*ret = strdup(value);
	return *ret || error_set(err, REASON_NO_MEMORY, "san");
}

static bool normalize_dns(const char *value, char **ret, struct error *err)
{
	return dns_name_check(value, err) && copy_value(value, ret, err);
}

static bool normalize_email(const char *value, char **ret, struct error *err)
{
	return email_address_check(value, err) && copy_value(value, ret, err);
}

static bool normalize_uri(const char *value, char **ret, struct error *err)
{
	return uri_check(value, err) && copy_value(value, ret, err);
}

static bool normalize_ip(const char *value, char **ret, struct error *err)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address;
	struct error why = { 0 };

	if (!address_parse(value, &address, &why))
		return error_set(err, REASON_NAME_INVALID, "ip \"%s\": %s", value, why.detail);
	return copy_value(address_to_text(&address, text), ret, err);
}

/* A registered ID comes and goes as text; its normal form is that of the OID it reads as. */
static bool normalize_registered_id(const char *value, char **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	if (!oid_from_text(value, &contents))
		return error_set(err, REASON_NAME_INVALID, "registered_id \"%s\" is no OID", value);
	return copy_value(value, ret, err);
}

static bool write_ip(unsigned int tag, const char *value, struct buffer *to, struct error *err)
{
	struct address address;

	if (!address_parse(value, &address, err))
		return false;
	struct bytes octets = { address.bytes, sizeof address.bytes };
	if (address_is_v4(&address)) {
		octets.data += IPV4_OFFSET;
		octets.len -= IPV4_OFFSET;
	}
	der_write(to, tag, octets);
	return true;
}

static bool write_text(unsigned int tag, const char *value, struct buffer *to, struct error *err)
{
	(void)err;
	der_write(to, tag, bytes_of_string(value));
	return true;
}

static bool write_registered_id(unsigned int tag, const char *value, struct buffer *to,
				struct error *err)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	if (!oid_from_text(value, &contents))
		return error_set(err, REASON_NAME_INVALID, "registered_id \"%s\" is no OID", value);
	der_write(to, tag, buffer_view(&contents));
	return true;
}

static const struct san_form forms[] = {
	[SAN_DNS] = { "dns", DER_CONTEXT_PRIMITIVE_0 + 2, normalize_dns, write_text },
	[SAN_IP] = { "ip", DER_CONTEXT_PRIMITIVE_0 + 7, normalize_ip, write_ip },
	[SAN_EMAIL] = { "email", DER_CONTEXT_PRIMITIVE_0 + 1, normalize_email, write_text },
	[SAN_URI] = { "uri", DER_CONTEXT_PRIMITIVE_0 + 6, normalize_uri, write_text },
	[SAN_HARDWARE_MODULE] = { "hardware_module", DER_CONTEXT_0, hardware_module_normalize,
				  hardware_module_write },
	[SAN_REGISTERED_ID] = { "registered_id", DER_CONTEXT_PRIMITIVE_0 + 8,
				normalize_registered_id, write_registered_id },
	[SAN_OTHER] = { "other", 0, NULL, NULL },
};

const struct san_form *san_form(enum san_type type)
{
	return &forms[type];
}

const char *san_type_text(enum san_type type)
{
	return forms[type].text;
}

enum san_type san_type_by_text(const char *text)
{
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++)
		if (strcasecmp(forms[i].text, text) == 0)
			return (enum san_type)i;
	return SAN_OTHER;
}

enum san_type san_type_by_tag(unsigned int tag)
{
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++)
		if (forms[i].tag == tag)
			return (enum san_type)i;
	return SAN_OTHER;
}

void san_done(struct san *san)
{
	for (size_t i = 0; i < san->count; i++)
		free(san->entries[i].value);
	free(san->entries);
	*san = (struct san){ 0 };
}

bool san_push(struct san *san, enum san_type type, char *value, struct error *err)
{
	CLEANUP(freep) char *owned = value;

	if (san->count == SAN_ENTRIES_MAX)
		return error_set(err, REASON_NAME_INVALID, "more than %d alternative names",
				 SAN_ENTRIES_MAX);

	struct san_entry *grown = realloc(san->entries, (san->count + 1) * sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "san");
	san->entries = grown;
	san->entries[san->count++] = (struct san_entry){ type, TAKE(owned) };
	return true;
}

bool san_append(struct san *san, enum san_type type, const char *value, struct error *err)
{
	char *normal = NULL;

	if (type >= SAN_TYPE_COUNT)
		return error_set(err, REASON_NAME_INVALID, "a type of name that is not issued");
	return forms[type].normalize(value, &normal, err) && san_push(san, type, normal, err);
}

static bool write_entry(struct buffer *to, const struct san_entry *entry, struct error *err)
{
	if (entry->type >= SAN_TYPE_COUNT)
		return error_set(err, REASON_NAME_INVALID, "%s cannot be issued", entry->value);
	return forms[entry->type].write(forms[entry->type].tag, entry->value, to, err);
}

bool san_encode(const struct san *san, struct buffer *ret, struct error *err)
{
	size_t begun = der_begin(ret, DER_SEQUENCE);

	if (san->count == 0)
		return error_set(err, REASON_NAME_INVALID, "no alternative names to write");
	for (size_t i = 0; i < san->count; i++)
		if (!write_entry(ret, &san->entries[i], err))
			return false;
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "san");
}

/* -- comparing -- */

/* RFC 5280 7.5: the local part exactly, the domain without regard to case. */
static bool emails_match(const char *a, const char *b)
{
	size_t local = strcspn(a, "@");

	return strncmp(a, b, local) == 0 && strcasecmp(a + local, b + local) == 0;
}

static bool entries_match(const struct san_entry *a, const struct san_entry *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case SAN_DNS:
		return strcasecmp(a->value, b->value) == 0;
	case SAN_EMAIL:
		return emails_match(a->value, b->value);
	case SAN_IP:
	case SAN_URI:
	case SAN_HARDWARE_MODULE:
	case SAN_REGISTERED_ID:
		return strcmp(a->value, b->value) == 0;
	case SAN_OTHER:
		return false;
	}
	return false;
}

bool san_holds(const struct san *san, const struct san_entry *entry)
{
	for (size_t i = 0; i < san->count; i++)
		if (entries_match(&san->entries[i], entry))
			return true;
	return false;
}

static bool holds_all(const struct san *outer, const struct san *inner)
{
	for (size_t i = 0; i < inner->count; i++)
		if (!san_holds(outer, &inner->entries[i]))
			return false;
	return true;
}

bool san_equal(const struct san *a, const struct san *b)
{
	return holds_all(a, b) && holds_all(b, a);
}

void san_to_text(const struct san *san, struct buffer *to)
{
	for (size_t i = 0; i < san->count; i++)
		buffer_printf(to, "%s%s:%s", i ? ", " : "", san_type_text(san->entries[i].type),
			      san->entries[i].value);
}
