/* subjectAltName (RFC 5280 4.2.1.6): the types that Bestow issues, checked in form; others are
 * named and refused. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum san_type {
	SAN_DNS,
	SAN_IP,
	SAN_EMAIL,
	SAN_URI,
	SAN_HARDWARE_MODULE, /* otherName hardwareModuleName (RFC 4108 5), as IEEE 802.1AR has it */
	SAN_REGISTERED_ID,
	SAN_TYPE_COUNT,
	SAN_OTHER = SAN_TYPE_COUNT
};

#define SAN_ENTRIES_MAX 64
#define SAN_VALUE_MAX 1024 /* octets; only a URI comes near */

/* "dns", "ip", "email", "uri", "hardware_module", "registered_id", "other" */
const char *san_type_text(enum san_type type);
enum san_type san_type_by_text(const char *text); /* SAN_OTHER when unknown */

struct san_entry {
	enum san_type type;
	char *value; /* text; an IP in its normal text form; a hardware module as
			"1.3.6.1.4.1.99999.1:0a0b0c", its type's OID and its serial number in
			hexadecimal; a registered ID dotted; for SAN_OTHER a description for
			refusals */
};

struct san {
	struct san_entry *entries;
	size_t count;
};

/* Parses the extension's value (GeneralNames). Malformed forms (an IP of 5 octets, a dNSName with
 * NUL, spaces, empty labels, more than 253 characters or the text of an IP address, an invalid xn--
 * label, a URI without scheme) are REASON_NAME_INVALID. Wildcards parse; whether they are allowed
 * is a profile's rule. Types not issued become SAN_OTHER. An empty SEQUENCE is refused. */
MUST_CHECK bool san_parse(struct bytes value, struct san *ret, struct error *err);
/* For certificates of manufacturers: what san_parse refuses for its form becomes a SAN_OTHER, which
 * equals nothing. Only broken DER and too many entries are refused. */
MUST_CHECK bool san_parse_tolerant(struct bytes value, struct san *ret, struct error *err);
void san_done(struct san *san);
/* Checks form as san_parse does. */
MUST_CHECK bool san_append(struct san *san, enum san_type type, const char *value,
			   struct error *err);
/* Appends the extension's value. SAN_OTHER entries cannot be written and fail. */
MUST_CHECK bool san_encode(const struct san *san, struct buffer *ret, struct error *err);
/* Appends "dns:a, ip:192.0.2.1", as certificate records have it. */
void san_to_text(const struct san *san, struct buffer *to);
/* As sets: DNS names and e-mail domains without regard to case. SAN_OTHER never equals anything. */
bool san_equal(const struct san *a, const struct san *b);
bool san_holds(const struct san *san, const struct san_entry *entry);
