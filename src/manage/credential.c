#include "manage/credential.h"

#include "base/hex.h"
#include "base/random.h"

bool credential_make(const char *prefix, struct secret *ret, unsigned char ret_hash[HASH_LEN],
		     struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	unsigned char random[HASH_LEN];
	char hex[2 * HASH_LEN + 1];

	if (!random_fill(random, sizeof random, err))
		return false;
	buffer_append_text(&text, prefix);
	buffer_append_text(&text, hex_encode((struct bytes){ random, sizeof random }, hex));
	memory_wipe(random, sizeof random);
	memory_wipe(hex, sizeof hex);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "credential");
	return hash_sha256(buffer_view(&text), ret_hash, err) &&
	       secret_copy(buffer_view(&text), ret, err);
}

bool csrf_token(struct bytes session_token, char into[CSRF_TOKEN_LEN + 1], struct error *err)
{
	unsigned char mac[HASH_LEN];

	if (!hash_hmac_sha256(session_token, BYTES_LITERAL("cross-site request forgery"), mac, err))
		return false;
	hex_encode((struct bytes){ mac, sizeof mac }, into);
	return true;
}
