/* As bestow.h promises: different clients in different threads at once, with one key between them.
 * ThreadSanitizer looks on in ./check. */
#include "test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <bestow/bestow.h>

#define THREADS 4
#define ROUNDS 10

struct worker {
	pthread_t thread;
	const struct bestow_key *key;
	unsigned int asked;
	bool done;
};

/* A server that is always busy; it looks at the request that it refuses. */
static bool refuse(void *context, const struct bestow_tls *tls,
		   const struct bestow_http_request *request, struct bestow_http_answer *ret,
		   struct bestow_error *err)
{
	struct worker *worker = context;
	const struct bestow_session_binding binding = { .tls_exporter = "AAAA" };

	(void)tls;
	worker->asked++;
	if (request->body_size) {
		unsigned char *body = malloc(request->body_size);

		if (!body || !request->write_body(request->body, &binding, body)) {
			free(body);
			return bestow_fail(err, BESTOW_FAILED, "no body");
		}
		free(body);
	}
	*ret = (struct bestow_http_answer){ .status = 503, .retry_after = "5" };
	return true;
}

static const struct bestow_transport transport = { refuse, NULL };

static bool ask_once(struct worker *worker)
{
	struct bestow_client *client = NULL;
	struct bestow_request *request = NULL;
	struct bestow_certs *certs = NULL;
	struct bestow_attributes *attributes = NULL;
	unsigned char *der = NULL;
	size_t size;
	struct bestow_error err = { 0 };
	bool prepared = bestow_client_new("https://est.example/.well-known/est", &client, &err) &&
			bestow_request_new(&request, &err) &&
			bestow_request_set_subject(request, "CN=thread", &err) &&
			bestow_request_encode(request, worker->key, &der, &size, &err);

	free(der);
	if (prepared) {
		bestow_client_trust_system(client);
		bestow_client_set_transport(client, &transport, worker);
		bestow_request_set_binding(request, BESTOW_BINDING_LINKING);
		prepared = !bestow_csrattrs(client, &attributes, &err) && err.retry_after == 5 &&
			   !bestow_serverkeygen(client, request, worker->key, &certs,
						&(struct bestow_key *){ NULL }, &err) &&
			   strcmp(err.code, "server_busy") == 0;
	}
	bestow_request_free(request);
	bestow_client_free(client);
	return prepared;
}

static void *work(void *context)
{
	struct worker *worker = context;

	worker->done = true;
	for (int i = 0; i < ROUNDS; i++)
		worker->done = worker->done && ask_once(worker);
	return NULL;
}

TEST(clients_in_several_threads_share_a_key)
{
	struct worker workers[THREADS] = { 0 };
	struct bestow_key *key = NULL;

	assert_true(bestow_key_generate("p256", &key, NULL));
	for (int i = 0; i < THREADS; i++) {
		workers[i].key = key;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(workers[i].thread, NULL);
		assert_true(workers[i].done);
		assert_int_equal(workers[i].asked, 2 * ROUNDS);
	}
	bestow_key_free(key);
}

TEST_MAIN(RUN(clients_in_several_threads_share_a_key))
