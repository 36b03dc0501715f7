/* Whose request is to be expected soon: the edge gathers in a crowd, and only in a crowd. */
#include "test.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/http.h"

#define PATIENCE_MS 5000
#define CLIENTS 3
#define LONG_AGO_MS 400 /* longer than anybody is awaited */

struct house {
	struct event_base *base;
	struct http_server *server;
	struct http_listener_options listener;
	struct sockaddr_in at;
	int clients[CLIENTS];
	struct http_exchange *held;
};

static void hold(void *context, struct http_exchange *exchange)
{
	((struct house *)context)->held = exchange;
}

static void turn(struct house *house)
{
	event_base_loop(house->base, EVLOOP_NONBLOCK);
}

static void set_up(struct house *house)
{
	socklen_t len = sizeof house->at;
	struct error err;

	*house = (struct house){ .base = event_base_new(),
				 .at = { .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) } };
	const struct http_server_options options = {
		.base = house->base, .limits = http_limits_default, .handle = hold, .context = house
	};

	house->listener.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(house->listener.fd, (struct sockaddr *)&house->at, len), 0);
	assert_int_equal(listen(house->listener.fd, CLIENTS), 0);
	assert_int_equal(getsockname(house->listener.fd, (struct sockaddr *)&house->at, &len), 0);
	EXPECT_OK(http_server_new(&options, &house->server, &err), err);
	EXPECT_OK(http_server_listen(house->server, &house->listener, &err), err);
}

static void tear_down(struct house *house)
{
	for (size_t i = 0; i < CLIENTS; i++)
		if (house->clients[i])
			close(house->clients[i]);
	http_server_free(house->server);
	close(house->listener.fd);
	event_base_free(house->base);
}

static void connect_client(struct house *house, size_t number)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&house->at, sizeof house->at), 0);
	house->clients[number] = fd;
}

static void say(struct house *house, size_t number, const char *text)
{
	assert_int_equal(send(house->clients[number], text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
}

static void wait_for_connections(struct house *house, uint32_t wanted)
{
	uint64_t end = monotonic_ms() + PATIENCE_MS;

	while (http_server_connections(house->server) < wanted && monotonic_ms() < end)
		turn(house);
	assert_int_equal(http_server_connections(house->server), wanted);
}

/* On a machine that stands still for a moment even fresh clients are old: try again. */
static void expect_asking(struct house *house, uint32_t wanted)
{
	uint64_t end = monotonic_ms() + PATIENCE_MS;

	while (http_server_asking(house->server, CLIENTS) != wanted && monotonic_ms() < end)
		turn(house);
	assert_int_equal(http_server_asking(house->server, CLIENTS), wanted);
}

TEST(who_takes_its_time_is_not_awaited)
{
	CLEANUP(tear_down) struct house house;

	set_up(&house);
	for (size_t i = 0; i < CLIENTS; i++)
		connect_client(&house, i);
	wait_for_connections(&house, CLIENTS);
	say(&house, 0, "GET / HTT");
	say(&house, 1, "GET / HTT");
	turn(&house);
	usleep(LONG_AGO_MS * 1000);
	turn(&house);
	assert_int_equal(http_server_asking(house.server, CLIENTS), 0);
	assert_int_equal(http_server_awaited(house.server, CLIENTS), 0);
}

TEST(who_begins_a_request_is_awaited_until_it_is_here)
{
	CLEANUP(tear_down) struct house house;

	set_up(&house);
	connect_client(&house, 0);
	wait_for_connections(&house, 1);
	assert_int_equal(http_server_asking(house.server, CLIENTS), 0);
	say(&house, 0, "GET / HTTP/1.1\r\n");
	expect_asking(&house, 1);
	say(&house, 0, "Host: a\r\n\r\n");
	expect_asking(&house, 0);
	assert_non_null(house.held);
	assert_int_equal(http_server_awaited(house.server, CLIENTS), 0);
	http_answer(house.held, &(struct http_answer){ .status = 204 });
}

static bool three_are_awaited(struct house *house)
{
	for (size_t i = 0; i < CLIENTS; i++)
		connect_client(house, i);
	wait_for_connections(house, CLIENTS);
	uint32_t awaited = http_server_awaited(house->server, CLIENTS);
	bool at_most_two = http_server_awaited(house->server, 2) <= 2;

	for (size_t i = 0; i < CLIENTS; i++) {
		close(house->clients[i]);
		house->clients[i] = 0;
	}
	while (http_server_connections(house->server) > 0)
		turn(house);
	assert_true(at_most_two);
	return awaited == CLIENTS;
}

TEST(who_just_came_is_awaited)
{
	CLEANUP(tear_down) struct house house;
	bool seen = false;

	set_up(&house);
	for (int tries = 0; tries < 50 && !seen; tries++)
		seen = three_are_awaited(&house);
	assert_true(seen);
}

TEST_MAIN(RUN(who_takes_its_time_is_not_awaited),
	  RUN(who_begins_a_request_is_awaited_until_it_is_here), RUN(who_just_came_is_awaited))
