/* A server for tests of src/http. Its handler tells what it was given, one name=value a line:
 *
 *	http_echo CHAIN.pem KEY.pem [limit=value ...]
 *
 * It listens on free ports of 127.0.0.1, prints them, and ends in order when standard input does,
 * so that a leak is found by the sanitizer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "http/feed.h"
#include "http/http.h"
#include "http/tls.h"

#define CHAIN_MAX 16
#define LATER_MS 20
#define LONG_MAX (8u * 1024 * 1024)

struct echo {
	struct event_base *base;
	struct http_server *server;
	struct address_set trusted;
	struct http_exchange *held; /* of GET /hold, until GET /let-go */
	unsigned char *long_body;
	unsigned int released;
};

/* Counts lines up, one at a tick or as fast as they are taken. */
struct count {
	struct echo *echo;
	struct http_feed *feed;
	unsigned int next, end;
	bool breaks;
};

struct later {
	struct echo *echo;
	struct http_exchange *exchange;
};

static void fail(const char *what)
{
	perror(what);
	exit(2);
}

/* -- answers -- */

static void append_tls(const struct http_exchange *exchange, struct buffer *to)
{
	struct bytes chain[CHAIN_MAX];
	char unique[65], exporter[65];
	size_t count = http_client_chain(exchange, chain, CHAIN_MAX);

	http_channel_binding(exchange, unique, exporter);
	buffer_printf(to, "tls=%s\nchain=%zu\nunique=%s\nexporter=%s\n", http_tls_version(exchange),
		      count, unique, exporter);
	for (size_t i = 0; i < count && i < CHAIN_MAX; i++) {
		CLEANUP(freep) char *hex = malloc(2 * chain[i].len + 1);
		buffer_printf(to, "certificate%zu=%s\n", i, hex_encode(chain[i], hex));
	}
}

static void append_counters(const struct http_server *server, struct buffer *to)
{
	const struct http_counters *counters = http_server_counters(server);

	buffer_printf(to,
		      "open=%u\naccepted=%lu\nturned_away=%lu\nhandshakes_ok=%lu\n"
		      "handshakes_failed=%lu\nrequests=%lu\nrefused_400=%lu\nrefused_408=%lu\n",
		      http_server_connections(server), counter_read(&counters->accepted),
		      counter_read(&counters->turned_away), counter_read(&counters->handshakes_ok),
		      counter_read(&counters->handshakes_failed), counter_read(&counters->requests),
		      counter_read(&counters->refused[0]), counter_read(&counters->refused[8]));
}

static const char *or_none(const char *value)
{
	return value ? value : "(none)";
}

static void tell(struct echo *echo, struct http_exchange *exchange, bool close)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };
	char peer[ADDRESS_TEXT_MAX];
	const char *means = "";
	bool is_proxied = http_proxy(exchange, &means) != NULL;

	buffer_printf(&body,
		      "method=%s\npath=%s\nquery=%s\nbody=%zu\npeer=%s\nunknown=%d\nid=%s\n"
		      "authorization=%s\nforwarded=%s\nproxied=%d\nmeans=%s\n",
		      http_method(exchange), http_path(exchange), http_query(exchange),
		      http_body(exchange).len, address_to_text(http_peer(exchange), peer),
		      http_peer_unknown(exchange), http_request_id(exchange),
		      or_none(http_header(exchange, "authorization")),
		      or_none(http_header(exchange, "X-Forwarded-For")), is_proxied, means);
	append_tls(exchange, &body);
	append_counters(echo->server, &body);
	http_answer(exchange, &(struct http_answer){ .status = 200,
						     .content_type = "text/plain",
						     .body = buffer_view(&body),
						     .close = close });
}

static void echo_body(struct http_exchange *exchange)
{
	http_answer(exchange, &(struct http_answer){ .status = 200,
						     .content_type = "application/octet-stream",
						     .body = http_body(exchange) });
}

static void answer_status(struct http_exchange *exchange, unsigned int status)
{
	struct http_answer answer = { .status = status };

	if (status == 401)
		answer.headers[0] = (struct http_header){ "WWW-Authenticate", "Basic realm=\"x\"" };
	http_answer(exchange, &answer);
}

static void reflect(struct http_exchange *exchange)
{
	struct http_answer answer = { .status = 200,
				      .headers = { { "X-Reflected", "a\r\nX-Injected: b" } } };

	http_answer(exchange, &answer);
}

static void on_released(void *owner)
{
	((struct echo *)owner)->released++;
}

static void answer_long(struct echo *echo, struct http_exchange *exchange, size_t len, bool lent)
{
	struct http_answer answer = { .status = 200, .body = { echo->long_body, len } };

	if (lent) {
		answer.body_release = on_released;
		answer.body_owner = echo;
	}
	http_answer(exchange, &answer);
}

static void on_later(int fd, short what, void *context)
{
	struct later *later = context;

	(void)fd, (void)what;
	tell(later->echo, later->exchange, false);
	free(later);
}

static void answer_later(struct echo *echo, struct http_exchange *exchange)
{
	struct timeval delay = { .tv_usec = LATER_MS * 1000 };
	struct later *later = malloc(sizeof *later);

	*later = (struct later){ echo, exchange };
	event_base_once(echo->base, -1, EV_TIMEOUT, on_later, later, &delay);
}

/* -- feeds -- */

static void count_on(void *context)
{
	struct count *count = context;
	char line[32];

	snprintf(line, sizeof line, "%u\n", count->next++);
	bool sent = http_feed_send(count->feed, bytes_of_string(line));
	if (sent && count->next <= count->end)
		return;
	http_feed_end(count->feed, sent && !count->breaks);
	free(count);
}

static void count_waits(void *context)
{
	(void)context;
}

static void count_gone(void *context)
{
	struct count *count = context;

	count->echo->released++;
	free(count);
}

static void feed(struct echo *echo, struct http_exchange *exchange, const struct count *like,
		 uint32_t tick_ms)
{
	struct count *count = malloc(sizeof *count);
	const struct http_feed_options options = { .on_drained = tick_ms ? count_waits : count_on,
						   .on_gone = count_gone,
						   .tick_ms = tick_ms,
						   .on_tick = count_on,
						   .context = count };
	const struct http_answer answer = { .status = 200,
					    .content_type = "text/plain",
					    .body = BYTES_LITERAL("first\n") };

	*count = *like;
	count->echo = echo;
	count->feed = http_feed_begin(exchange, &answer, &options);
	if (!count->feed)
		free(count);
}

static void let_go(struct echo *echo, struct http_exchange *exchange)
{
	if (echo->held)
		tell(echo, TAKE(echo->held), false);
	tell(echo, exchange, false);
}

static void retire(struct echo *echo, struct http_exchange *exchange)
{
	http_server_retire(echo->server, true);
	tell(echo, exchange, false);
}

static void handle(void *context, struct http_exchange *exchange)
{
	struct echo *echo = context;
	const char *path = http_path(exchange);
	unsigned int number;

	if (strcmp(path, "/close") == 0)
		tell(echo, exchange, true);
	else if (strcmp(path, "/body") == 0)
		echo_body(exchange);
	else if (strcmp(path, "/reflect") == 0)
		reflect(exchange);
	else if (strcmp(path, "/later") == 0)
		answer_later(echo, exchange);
	else if (strcmp(path, "/hold") == 0)
		echo->held = exchange;
	else if (strcmp(path, "/let-go") == 0)
		let_go(echo, exchange);
	else if (strcmp(path, "/retire") == 0)
		retire(echo, exchange);
	else if (sscanf(path, "/status/%3u", &number) == 1)
		answer_status(exchange, number);
	else if (sscanf(path, "/long/%7u", &number) == 1 && number <= LONG_MAX)
		answer_long(echo, exchange, number, false);
	else if (sscanf(path, "/feed/%7u", &number) == 1)
		feed(echo, exchange, &(struct count){ .end = number }, 0);
	else if (sscanf(path, "/feed-slowly/%7u", &number) == 1)
		feed(echo, exchange, &(struct count){ .end = number }, 20);
	else if (sscanf(path, "/feed-broken/%7u", &number) == 1)
		feed(echo, exchange, &(struct count){ .end = number, .breaks = true }, 0);
	else if (sscanf(path, "/lent/%7u", &number) == 1 && number <= LONG_MAX)
		answer_long(echo, exchange, number, true);
	else
		tell(echo, exchange, false);
}

/* -- start -- */

static bool admit(void *context, const struct address *peer)
{
	char text[ADDRESS_TEXT_MAX];

	(void)context;
	return strcmp(address_to_text(peer, text), "127.0.0.66") != 0;
}

static const struct limit_name {
	const char *name;
	size_t offset;
	bool is_size;
} limit_names[] = {
	{ "head_max", offsetof(struct http_limits, head_max), true },
	{ "body_max", offsetof(struct http_limits, body_max), true },
	{ "handshake_ms", offsetof(struct http_limits, handshake_ms), false },
	{ "request_ms", offsetof(struct http_limits, request_ms), false },
	{ "idle_ms", offsetof(struct http_limits, idle_ms), false },
	{ "answer_ms", offsetof(struct http_limits, answer_ms), false },
	{ "connections_max", offsetof(struct http_limits, connections_max), false },
	{ "connections_per_address", offsetof(struct http_limits, connections_per_address), false },
};

static void set_limit(struct http_limits *limits, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(limit_names); i++) {
		size_t len = strlen(limit_names[i].name);
		if (strncmp(text, limit_names[i].name, len) != 0 || text[len] != '=')
			continue;
		unsigned long value = strtoul(text + len + 1, NULL, 10);
		void *at = (char *)limits + limit_names[i].offset;
		if (limit_names[i].is_size)
			*(size_t *)at = value;
		else
			*(uint32_t *)at = (uint32_t)value;
		return;
	}
	errno = EINVAL;
	fail(text);
}

static void set_tls(struct http_server *server, const char *chain_path, const char *key_path)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer key = { 0 };
	struct tls_context *tls;
	struct error err;

	if (!file_load(chain_path, 65536, &chain, &err) ||
	    !file_load(key_path, 65536, &key, &err) ||
	    !tls_context_new(&(struct tls_options){ .chain_pem = buffer_view(&chain),
						    .key = buffer_view(&key),
						    .allow_tls12 = true,
						    .ask_client_certificate = true },
			     &tls, &err)) {
		fprintf(stderr, "%s\n", err.detail);
		exit(2);
	}
	http_server_set_tls(server, tls);
	tls_context_unref(tls);
}

static int open_port(unsigned int *ret_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) != 0 || listen(fd, 1024) != 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		fail("listen");
	*ret_port = ntohs(at.sin_port);
	return fd;
}

/* 127.0.0.1 is a trusted proxy, so tests reach the others by binding to another loopback address.
 */
static const struct listener_row {
	const char *name;
	bool tls, proxy;
	enum forwarded_header header;
} listener_rows[] = {
	{ "plain", false, false, FORWARDED_HEADER_NONE },
	{ "tls", true, false, FORWARDED_HEADER_NONE },
	{ "proxy", false, true, FORWARDED_HEADER_NONE },
	{ "proxy_tls", true, true, FORWARDED_HEADER_NONE },
	{ "x_forwarded_for", false, false, FORWARDED_HEADER_X_FORWARDED_FOR },
	{ "forwarded", false, false, FORWARDED_HEADER_RFC7239 },
	{ "forwarded_tls", true, false, FORWARDED_HEADER_RFC7239 },
};

static void listen_on(struct echo *echo, const struct listener_row *row)
{
	unsigned int port;
	struct http_listener_options options = { .fd = open_port(&port),
						 .tls = row->tls,
						 .proxy_protocol = row->proxy,
						 .forwarded_header = row->header,
						 .trusted_proxies = echo->trusted };
	struct error err;

	if (!http_server_listen(echo->server, &options, &err))
		fail(err.detail);
	printf("%s=%u\n", row->name, port);
}

static void on_input(int fd, short what, void *context)
{
	char ignored[64];

	(void)what;
	if (read(fd, ignored, sizeof ignored) <= 0)
		event_base_loopbreak(context);
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();

	event_config_set_max_dispatch_interval(config, NULL, 16, 2);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

int main(int argc, char **argv)
{
	struct echo echo = { .base = new_base(), .long_body = calloc(1, LONG_MAX) };
	struct http_server_options options = { .base = echo.base,
					       .limits = http_limits_default,
					       .handle = handle,
					       .admit = admit,
					       .context = &echo };
	struct address_range localhost;
	struct error err;

	if (argc < 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	log_open(LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG, "echo");
	for (int i = 3; i < argc; i++)
		set_limit(&options.limits, argv[i]);
	if (!address_range_parse("127.0.0.1", &localhost, &err) ||
	    !address_set_make(&localhost, 1, &echo.trusted, &err) ||
	    !http_server_new(&options, &echo.server, &err))
		fail(err.detail);
	set_tls(echo.server, argv[1], argv[2]);
	for (size_t i = 0; i < ARRAY_LEN(listener_rows); i++)
		listen_on(&echo, &listener_rows[i]);
	printf("ready=1\n");
	fflush(stdout);

	struct event *input =
		event_new(echo.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, echo.base);
	event_add(input, NULL);
	event_base_dispatch(echo.base);

	event_free(input);
	http_server_free(echo.server);
	if (echo.held) /* a request that outlives its server is answered all the same */
		answer_status(echo.held, 503);
	address_set_done(&echo.trusted);
	event_base_free(echo.base);
	free(echo.long_body);
	fprintf(stderr, "released=%u\n", echo.released);
	return 0;
}
