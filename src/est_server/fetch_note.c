#include "est_server/fetch_note.h"

#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "est_server/exchange.h"
#include "model/fetch.h"
#include "pki/cert.h"

static void find_key(const struct est_exchange *e, struct fetch *fetch)
{
	struct bytes chain[CLIENT_CHAIN_MAX];
	CLEANUP(cert_freep) struct cert *leaf = NULL;

	if (http_client_chain(e->http, chain, CLIENT_CHAIN_MAX) == 0 ||
	    !cert_parse(chain[0], &leaf, NULL))
		return;
	memcpy(fetch->key_hash, cert_key_hash(leaf), KEY_HASH_LEN);
	fetch->has_key = true;
}

static bool was_told(struct fetch_notes *notes, struct bytes message)
{
	unsigned char hash[HASH_LEN];
	uint64_t mark;

	if (!hash_sha256(message, hash, NULL))
		return true;
	memcpy(&mark, hash, sizeof mark);
	uint64_t *slot = &notes->told[mark % FETCHES_REMEMBERED];
	if (*slot == mark)
		return true;
	*slot = mark;
	return false;
}

static bool take_budget(struct fetch_notes *notes)
{
	uint64_t second = monotonic_ms() / 1000;

	if (notes->second != second) {
		notes->second = second;
		notes->used = 0;
	}
	return notes->used++ < FETCHES_A_SECOND;
}

void fetch_note(const struct est_exchange *e)
{
	struct fetch_notes *notes = &e->server->fetches;
	struct fetch fetch = { .profile_id = e->profile->id, .peer = *http_peer(e->http) };
	CLEANUP(buffer_done) struct buffer message = { 0 };

	if (!e->profile->in_rollover)
		return;
	find_key(e, &fetch);
	fetch_pack(&fetch, &message);
	/* the budget first: what it leaves untold may be told at the next fetch */
	if (buffer_ok(&message) && take_budget(notes) && !was_told(notes, buffer_view(&message)))
		e->server->options.asker->fetched(e->server->options.asker, &fetch);
}
