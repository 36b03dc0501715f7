/* A strict DER reader and a DER writer for the hot path: definite minimal lengths only, bounded
 * depth left to the caller's own recursion (there is none in the readers of this folder). X.690. */
#pragma once

#include "base/bytes.h"

enum der_tag {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_CONTEXT_0 = 0xa0, /* constructed; add the number */
	DER_CONTEXT_PRIMITIVE_0 = 0x80,
};

/* A reader over borrowed bytes. A failed read leaves `failed` set and everything after it empty. */
struct der {
	struct bytes rest;
	bool failed;
};

struct der der_open(struct bytes bytes);
/* True at the end of the bytes, with nothing failed. */
bool der_at_end(const struct der *der);
/* True if the next element has this tag; false at the end. */
bool der_next_is(const struct der *der, unsigned int tag);
/* The next element's contents; `tag` must match. Tags above 30 (multi-byte) are never accepted. */
struct bytes der_read(struct der *der, unsigned int tag);
/* The next element whatever its tag; the tag goes to *ret_tag (may be NULL). */
struct bytes der_read_any(struct der *der, unsigned int *ret_tag);
/* The next element with its tag and length bytes. */
struct bytes der_read_whole(struct der *der, unsigned int tag);
/* Opens the constructed element next in `der`. */
struct der der_enter(struct der *der, unsigned int tag);
/* An INTEGER of 0 to 2^31-1. */
uint32_t der_read_small(struct der *der);
/* A BIT STRING's octets, which must be whole (no unused bits). */
struct bytes der_read_octet_bits(struct der *der);
/* The bytes are one whole DER element, and so is all that it holds: for values whose meaning nobody
 * here knows. Sixteen levels deep at most; tags above 30 are not accepted. */
bool der_is_one_element(struct bytes bytes);
bool der_read_boolean(struct der *der); /* 0x00 or 0xff, anything else fails */
/* UTCTime or GeneralizedTime in the only form RFC 5280 4.1.2.5 permits; Unix seconds. */
int64_t der_read_time(struct der *der);

/* -- writing -- */
void der_write(struct buffer *to, unsigned int tag, struct bytes contents);
void der_write_small(struct buffer *to, uint32_t value);
void der_write_oid(struct buffer *to, struct bytes contents);
void der_write_null(struct buffer *to);
void der_write_boolean(struct buffer *to, bool value);
/* Magnitude, big-endian; leading zeros dropped, one added where the sign bit needs it. */
void der_write_unsigned(struct buffer *to, struct bytes magnitude);
void der_write_octet_bits(struct buffer *to, struct bytes octets);
/* UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
void der_write_time(struct buffer *to, int64_t seconds);
/* GeneralizedTime whatever the year: CRL entry extensions and OCSP know no other. */
void der_write_generalized_time(struct buffer *to, int64_t seconds);
/* A SET OF (or an implicitly tagged one): whole elements, which are sorted here as X.690 11.6 wants
 * them. */
void der_write_set_of(struct buffer *to, unsigned int tag, struct bytes *elements, size_t count);
/* Begins a constructed element whose length is not known yet; der_end() mends the length. */
size_t der_begin(struct buffer *to, unsigned int tag);
void der_end(struct buffer *to, size_t begun);

/* -- object identifiers -- */
/* "1.2.840.113549" to contents octets appended to *ret; false if it is no OID or needs more than
 * OID_OCTETS_MAX. Arcs may be as long as 2.25.<UUID> needs. */
#define OID_OCTETS_MAX 128 /* everybody's are below 30; longer is hostile */
bool oid_from_text(const char *text, struct buffer *ret);
bool oid_is_sound(struct bytes contents); /* minimal, whole, within the bounds above */
/* Dotted text appended to *ret; false if the contents are malformed. */
bool oid_to_text(struct bytes contents, struct buffer *ret);
