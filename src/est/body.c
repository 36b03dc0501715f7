#include "est/body.h"

#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "pki/bundle.h"
#include "pki/der.h"

static const struct bytes byte_order_mark = { (const unsigned char *)"\xef\xbb\xbf", 3 };
static const struct bytes armour = { (const unsigned char *)"-----BEGIN", 10 };

static bool is_pem(struct bytes body)
{
	return body.len && memmem(body.data, body.len, armour.data, armour.len);
}

static bool is_der(struct bytes body)
{
	return body.len && body.data[0] == DER_SEQUENCE &&
	       memchr("\x80\x81\x82\x83", body.len > 1 ? body.data[1] : 0, 4);
}

/* application/x-www-form-urlencoded, in which '+' means a space: clients that meant base64 lost
 * their '+' only in name. */
static bool undo_form(struct bytes body, struct buffer *ret, struct error *err)
{
	for (size_t i = 0; i < body.len; i++) {
		unsigned char byte = body.data[i];
		char digits[3] = { 0 };
		size_t len = 0;

		if (byte == '%' && i + 2 < body.len) {
			memcpy(digits, body.data + i + 1, 2);
			if (!hex_decode(digits, &byte, 1, &len) || len != 1)
				return error_set(err, REASON_CSR_BAD_ENCODING,
						 "a bad %% escape at offset %zu", i);
			i += 2;
		}
		buffer_append_byte(ret, byte == ' ' ? '+' : byte);
	}
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "body");
}

static bool decode_pem(struct bytes body, struct buffer *ret, struct error *err)
{
	if (!pem_decode(body, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", ret))
		return error_set(err, REASON_CSR_BAD_ENCODING,
				 "PEM, but not exactly one CERTIFICATE REQUEST");
	return true;
}

static bool decode_lenient(struct bytes body, bool form_encoded, struct buffer *ret,
			   struct error *err)
{
	CLEANUP(buffer_done) struct buffer form = { 0 };

	if (is_pem(body))
		return decode_pem(body, ret, err);
	if (is_der(body)) {
		buffer_append(ret, body);
		return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "body");
	}
	if (!form_encoded)
		return base64_decode(body, ret, err);
	return undo_form(body, &form, err) && base64_decode(buffer_view(&form), ret, err);
}

bool body_decode_csr(struct bytes body, const struct body_options *options, struct buffer *ret,
		     struct error *err)
{
	if (options->strict)
		return base64_decode(body, ret, err);
	if (bytes_starts_with(body, byte_order_mark)) {
		body.data += byte_order_mark.len;
		body.len -= byte_order_mark.len;
	}
	return decode_lenient(body, options->form_encoded, ret, err);
}
