#include "ca/token_pin.h"

#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"
#include "ca/signer.h"

bool token_pin_init(struct token_pin *pin, struct bytes first, struct bytes secret,
		    struct error *err)
{
	return secret_copy(first, &pin->pin, err) && secret_copy(secret, &pin->secret, err);
}

void token_pin_done(struct token_pin *pin)
{
	secret_done(&pin->pin);
	secret_done(&pin->secret);
}

bool token_pin_refresh(struct token_pin *pin, struct error *err)
{
	struct secret now = { 0 };
	struct error why = { 0 };

	if (pin->file && secret_load(pin->file, TOKEN_PIN_MAX, &now, &why)) {
		secret_done(&pin->pin);
		pin->pin = now;
	}
	if (pin->pin.len == 0)
		return error_set(err, REASON_SECRET_FILE, "[token] pin_file: %s",
				 why.reason ? why.detail : "the PIN is empty");
	return true;
}

static bool fingerprint(const struct token_pin *pin, unsigned char ret[HASH_LEN])
{
	return hash_hmac_sha256(secret_view(&pin->secret), secret_view(&pin->pin), ret, NULL);
}

bool token_pin_was_refused(const struct token_pin *pin)
{
	CLEANUP(buffer_done) struct buffer refused = { 0 };
	unsigned char own[HASH_LEN];

	return file_load(pin->memory, HASH_LEN, &refused, NULL) && fingerprint(pin, own) &&
	       secret_equal(buffer_view(&refused), (struct bytes){ own, HASH_LEN });
}

void token_pin_remember_refusal(const struct token_pin *pin)
{
	unsigned char own[HASH_LEN];

	if (fingerprint(pin, own))
		(void)!file_save(pin->memory, (struct bytes){ own, HASH_LEN }, 0600, NULL);
}

void token_pin_forget_refusal(const struct token_pin *pin)
{
	(void)unlink(pin->memory);
}
