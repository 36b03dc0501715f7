/* Each allocation of a server's life fails once: nothing breaks, and the next client is served. */
/* wrap: malloc calloc realloc */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "http/http.h"

#define PATIENCE_MS 5000

/* The allocation with the number `fails_at` fails. 0: none does. */
static struct {
	size_t calls, fails_at;
} fault;

static bool is_due(void)
{
	return fault.fails_at && ++fault.calls == fault.fails_at;
}

#define WRAP(name, parameters, arguments)                                                          \
	void *__real_##name parameters;                                                            \
	void *__wrap_##name parameters;                                                            \
	void *__wrap_##name parameters                                                             \
	{                                                                                          \
		return is_due() ? NULL : __real_##name arguments;                                  \
	}

WRAP(malloc, (size_t size), (size))
WRAP(calloc, (size_t count, size_t size), (count, size))
WRAP(realloc, (void *old, size_t size), (old, size))

static void handle(void *context, struct http_exchange *exchange)
{
	(void)context;
	http_answer(exchange, &(struct http_answer){ .status = 200, .body = http_body(exchange) });
}

static int listening(struct sockaddr_in *ret_at)
{
	socklen_t len = sizeof *ret_at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	*ret_at = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_int_equal(bind(fd, (struct sockaddr *)ret_at, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_at, &len), 0);
	return fd;
}

static const char request[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
			      "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n";

/* Runs the loop until the server hangs up; true if its answer is the whole body. */
static bool is_served(struct event_base *base, const struct sockaddr_in *at)
{
	char answer[1024];
	size_t len = 0;
	uint64_t deadline = monotonic_ms() + PATIENCE_MS;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
	assert_int_equal(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), sizeof request - 1);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (;;) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		ssize_t got = recv(fd, answer + len, sizeof answer - 1 - len, 0);
		if (got == 0 || (got < 0 && errno != EAGAIN))
			break;
		len += got > 0 ? (size_t)got : 0;
		if (monotonic_ms() > deadline)
			fail_msg("neither an answer nor an end");
	}
	close(fd);
	event_base_loop(base, EVLOOP_NONBLOCK);
	answer[len] = '\0';
	return strstr(answer, "200 OK") && strstr(answer, "\r\n\r\nabc");
}

/* Whether the fault was met. */
static bool survives(size_t fails_at)
{
	struct sockaddr_in at;
	struct event_base *base = event_base_new();
	struct http_server_options options = { .base = base,
					       .limits = http_limits_default,
					       .handle = handle };
	struct http_listener_options listener = { .fd = listening(&at) };
	CLEANUP(http_server_freep) struct http_server *server = NULL;
	struct error err;

	options.limits.connections_max = 16;
	fault.calls = 0;
	fault.fails_at = fails_at;
	bool started = http_server_new(&options, &server, &err) &&
		       http_server_listen(server, &listener, &err);
	if (started)
		is_served(base, &at);
	else
		assert_int_equal(err.reason, REASON_NO_MEMORY);
	bool met = fault.calls >= fails_at;
	fault.fails_at = 0;

	if (started) {
		assert_true(is_served(base, &at));
		assert_int_equal(http_server_connections(server), 0);
	}
	http_server_free(TAKE(server));
	close(listener.fd);
	event_base_free(base);
	return met;
}

TEST(an_allocation_that_fails_costs_at_most_its_own_connection)
{
	size_t fails_at = 1;

	log_open(LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, "test");
	while (survives(fails_at))
		fails_at++;
	assert_in_range(fails_at, 8, 1000);
}

TEST_MAIN(RUN(an_allocation_that_fails_costs_at_most_its_own_connection))
