#include "pki/opened_key.h"

#include "pki/key.h"

static bool open_key(struct opened_key *opened, struct bytes encrypted, struct bytes passphrase,
		     struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	if (!private_key_decrypt(encrypted, passphrase, &key, err) ||
	    !private_key_encode(key, &opened->encoded, err))
		return false;
	buffer_append(&opened->encrypted, encrypted);
	return buffer_ok(&opened->encrypted) || error_set(err, REASON_NO_MEMORY, "key");
}

bool opened_key_get(struct opened_key *opened, struct bytes encrypted, struct bytes passphrase,
		    struct bytes *ret, struct error *err)
{
	bool is_open = opened->encrypted.len > 0 &&
		       bytes_equal(buffer_view(&opened->encrypted), encrypted);

	if (!is_open) {
		opened_key_done(opened);
		if (!open_key(opened, encrypted, passphrase, err)) {
			opened_key_done(opened);
			return false;
		}
	}
	*ret = buffer_view(&opened->encoded);
	return true;
}

void opened_key_done(struct opened_key *opened)
{
	buffer_wipe(&opened->encoded);
	buffer_done(&opened->encrypted);
}
