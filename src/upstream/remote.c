#include "upstream/remote.h"

#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "upstream/refusal.h"

#define MS_PER_SECOND 1000

struct remote {
	pthread_mutex_t lock;           /* guards `free` and `free_count` */
	struct bestow_client **clients; /* all; each is made at the start */
	struct bestow_client **free;    /* those that nobody uses; the warmest is the last */
	size_t count, free_count;
	unsigned int timeout_s;
};

static bool take_failure(const struct bestow_error *from, struct error *err)
{
	return error_set(err, REASON_CONFIG, "%s: %s", from->words ? from->words : "?",
			 from->detail);
}

static bool make_client(const struct remote_options *options, struct bestow_client **ret,
			struct error *err)
{
	struct bestow_client *client = NULL;
	struct bestow_error why = { 0 };

	if (!bestow_client_new(options->url, &client, &why))
		return take_failure(&why, err);
	bestow_client_set_timeout(client, options->timeout_s);
	bool made = bestow_client_trust(client, options->anchors, &why) &&
		    (!options->chain ||
		     bestow_client_set_certificate(client, options->chain, options->key, &why)) &&
		    (!options->user || bestow_client_set_passphrase(client, options->user,
								    options->passphrase, &why));
	if (!made) {
		bestow_client_free(client);
		return take_failure(&why, err);
	}
	*ret = client;
	return true;
}

bool remote_new(const struct remote_options *options, struct remote **ret, struct error *err)
{
	CLEANUP(remote_freep) struct remote *remote = calloc(1, sizeof *remote);

	if (!remote)
		return error_set(err, REASON_NO_MEMORY, "upstream");
	pthread_mutex_init(&remote->lock, NULL);
	remote->timeout_s = options->timeout_s;
	remote->clients = calloc(options->clients_max, sizeof(struct bestow_client *));
	remote->free = calloc(options->clients_max, sizeof(struct bestow_client *));
	if (!remote->clients || !remote->free)
		return error_set(err, REASON_NO_MEMORY, "upstream");
	for (; remote->count < options->clients_max; remote->count++) {
		if (!make_client(options, &remote->clients[remote->count], err))
			return false;
		remote->free[remote->free_count++] = remote->clients[remote->count];
	}
	*ret = TAKE(remote);
	return true;
}

void remote_free(struct remote *remote)
{
	if (!remote)
		return;
	for (size_t i = 0; i < remote->count; i++)
		bestow_client_free(remote->clients[i]);
	free(remote->clients);
	free(remote->free);
	pthread_mutex_destroy(&remote->lock);
	free(remote);
}

/* The one used last has its connection still; NULL when more threads ask than were announced. */
static struct bestow_client *take_client(struct remote *remote)
{
	struct bestow_client *client = NULL;

	pthread_mutex_lock(&remote->lock);
	if (remote->free_count)
		client = remote->free[--remote->free_count];
	pthread_mutex_unlock(&remote->lock);
	return client;
}

static void give_back(struct remote *remote, struct bestow_client *client)
{
	pthread_mutex_lock(&remote->lock);
	remote->free[remote->free_count++] = client;
	pthread_mutex_unlock(&remote->lock);
}

bool remote_ask(struct remote *remote, const struct exchange_call *call,
		struct exchange_answer *ret, struct error *err)
{
	struct bestow_client *client = take_client(remote);
	uint64_t started = monotonic_ms();
	struct error why = { 0 };

	if (!client)
		return error_set(err, REASON_BUSY, "all connections to the upstream are in use");
	bool done = client_exchange(client, call, ret, &why);
	give_back(remote, client);
	if (done)
		return true;
	bool was_slow = monotonic_ms() - started >= (uint64_t)remote->timeout_s * MS_PER_SECOND;
	return upstream_refusal(&why, was_slow, err);
}
