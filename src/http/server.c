#include "http/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/random.h"

#define ACCEPTS_PER_TURN 16 /* leaves the rest to the other processes of the same socket */
#define ACCEPT_PAUSE_MS 100 /* when descriptors or memory are out */
#define FRESH_MS 10         /* who does not ask so soon may ask at any time */
#define ASKING_MS 200       /* who is not done so soon may be done at any time */
#define LOOKS_MAX 64

struct listener {
	struct http_server *server;
	struct http_listener_options options;
	struct event io, resume;
	TAILQ_ENTRY(listener) link;
};

const struct http_limits http_limits_default = {
	.head_max = 8192,
	.body_max = 65536,
	.large_max = 64 * 1024 * 1024,
	.handshake_ms = 10000,
	.request_ms = 30000,
	.idle_ms = 60000,
	.answer_ms = 30000,
	.connections_max = 10000,
	.connections_per_address = 200,
};

/* -- what connections ask of their server -- */

/* A counter from a random start, spread by a bijection: never the same twice in a process. */
static uint64_t spread(uint64_t value)
{
	value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
	return value ^ (value >> 31);
}

const char *server_new_id(struct http_server *server, char into[REQUEST_ID_LEN + 1])
{
	uint64_t id = spread(server->next_id++);

	return hex_encode((struct bytes){ (const unsigned char *)&id, sizeof id }, into);
}

bool server_admit(struct http_server *server, const struct address *peer)
{
	const struct http_server_options *options = &server->options;
	bool welcome = !options->admit || options->admit(options->context, peer);

	if (welcome &&
	    address_count_add(server->per_address, peer, options->limits.connections_per_address))
		return true;
	counter_add(&server->counters->turned_away, 1);
	return false;
}

/* -- accepting -- */

/* A full process lets the longest idle connection go; when none is idle, the kernel's queue and the
 * other processes hold newcomers. */
static bool has_room(const struct http_server *server)
{
	return server->open < server->options.limits.connections_max || !TAILQ_EMPTY(&server->idle);
}

static void make_room(struct http_server *server)
{
	if (server->open >= server->options.limits.connections_max && !TAILQ_EMPTY(&server->idle))
		connection_close(TAILQ_FIRST(&server->idle));
}

static bool is_trusted_proxy(const struct http_listener_options *options,
			     const struct address *peer)
{
	return (options->proxy_protocol || options->forwarded_header != FORWARDED_HEADER_NONE) &&
	       address_set_holds(&options->trusted_proxies, peer);
}

/* A proxy is neither judged nor counted as a client: those whom it names are. */
static bool is_welcome(struct listener *listener, const struct address *peer)
{
	if (is_trusted_proxy(&listener->options, peer))
		return true;
	if (!listener->options.proxy_protocol)
		return server_admit(listener->server, peer);
	counter_add(&listener->server->counters->turned_away, 1);
	return false;
}

static void receive(struct listener *listener, int fd, const struct sockaddr_storage *from)
{
	struct connection_origin origin = { .fd = fd,
					    .tls = listener->options.tls,
					    .proxy_protocol = listener->options.proxy_protocol };
	struct error err;

	if (!address_from_socket((const struct sockaddr *)from, &origin.peer, &err) ||
	    !is_welcome(listener, &origin.peer)) {
		close(fd);
		return;
	}
	if (is_trusted_proxy(&listener->options, &origin.peer))
		origin.forwarding = (struct forwarding){ listener->options.forwarded_header,
							 listener->options.trusted_proxies };
	make_room(listener->server);
	connection_open(listener->server, &origin);
}

static void pause_accepting(struct listener *listener)
{
	struct timeval delay = { .tv_usec = ACCEPT_PAUSE_MS * 1000 };

	if (event_add(&listener->resume, &delay) == 0)
		event_del(&listener->io);
}

static void on_resume(int fd, short what, void *context)
{
	struct listener *listener = context;

	(void)fd, (void)what;
	if (event_add(&listener->io, NULL) != 0)
		pause_accepting(listener);
}

static void log_exhaustion(struct http_server *server, const char *why)
{
	uint32_t withheld;

	if (log_budget_take(&server->log_budget, why, monotonic_ms(), &withheld))
		log_event(LOG_LEVEL_WARNING, "http.accept_paused", "detail=\"%s\" withheld=%u", why,
			  withheld);
}

/* False: not now. */
static bool accept_one(struct listener *listener)
{
	struct sockaddr_storage from;
	socklen_t from_len = sizeof from;

	if (!has_room(listener->server)) {
		log_exhaustion(listener->server, "all connections are in use");
		pause_accepting(listener);
		return false;
	}
	int fd = accept4(listener->options.fd, (struct sockaddr *)&from, &from_len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		receive(listener, fd, &from);
		return true;
	}
	if (errno == EAGAIN)
		return false;
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		log_exhaustion(listener->server, strerror(errno));
		pause_accepting(listener);
		return false;
	}
	return true; /* that client is gone already */
}

static void on_acceptable(int fd, short what, void *context)
{
	struct listener *listener = context;

	(void)fd, (void)what;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++)
		if (!accept_one(listener))
			return;
}

/* -- life -- */

static bool set_priorities(struct event_base *base)
{
	return event_base_get_npriorities(base) == SERVER_PRIORITIES ||
	       event_base_priority_init(base, SERVER_PRIORITIES) == 0;
}

bool http_server_new(const struct http_server_options *options, struct http_server **ret,
		     struct error *err)
{
	CLEANUP(http_server_freep) struct http_server *server = calloc(1, sizeof *server);

	if (!server)
		return error_set(err, REASON_NO_MEMORY, "HTTP server");
	server->options = *options;
	server->counters = options->counters ? options->counters : &server->own_counters;
	TAILQ_INIT(&server->listeners);
	TAILQ_INIT(&server->idle);
	TAILQ_INIT(&server->busy);
	if (!set_priorities(options->base))
		return error_set(err, REASON_INTERNAL, "the event loop is in use already");
	if (!random_fill(&server->next_id, sizeof server->next_id, err) ||
	    !address_count_new(options->limits.connections_max, &server->per_address, err))
		return false;
	*ret = TAKE(server);
	return true;
}

/* Nagle would hold an answer back until the client's delayed acknowledgement. What is accepted
 * inherits it from the listener. */
static void set_no_delay(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool http_server_listen(struct http_server *server, const struct http_listener_options *options,
			struct error *err)
{
	CLEANUP(freep) struct listener *listener = calloc(1, sizeof *listener);

	if (!listener)
		return error_set(err, REASON_NO_MEMORY, "listener");
	listener->server = server;
	listener->options = *options;
	set_no_delay(options->fd);
	event_assign(&listener->io, server->options.base, options->fd, EV_READ | EV_PERSIST,
		     on_acceptable, listener);
	evtimer_assign(&listener->resume, server->options.base, on_resume, listener);
	if (event_add(&listener->io, NULL) != 0)
		return error_set(err, REASON_LISTEN, "waiting for connections");
	TAILQ_INSERT_TAIL(&server->listeners, listener, link);
	(void)TAKE(listener);
	return true;
}

void http_server_set_tls(struct http_server *server, struct tls_context *tls)
{
	struct tls_context *before = server->tls;

	server->tls = tls ? tls_context_ref(tls) : NULL;
	tls_context_unref(before);
}

static void stop_listening(struct http_server *server)
{
	while (!TAILQ_EMPTY(&server->listeners)) {
		struct listener *listener = TAILQ_FIRST(&server->listeners);
		TAILQ_REMOVE(&server->listeners, listener, link);
		event_del(&listener->io);
		event_del(&listener->resume);
		free(listener);
	}
}

/* A client that was served before gets its close_notify; who has not said a word gets none. */
static void end_idle(struct connection *connection)
{
	if (connection->state == CONNECTION_LINGER)
		return;
	if (connection->state != CONNECTION_HEAD) {
		connection_close(connection);
		return;
	}
	connection_end(connection);
	connection_run(connection);
}

void http_server_retire(struct http_server *server, bool close_idle)
{
	stop_listening(server);
	if (!close_idle)
		return;
	server->closing = true;
	for (struct connection *connection = TAILQ_FIRST(&server->idle); connection;) {
		struct connection *next = TAILQ_NEXT(connection, link);
		end_idle(connection);
		connection = next;
	}
}

uint32_t http_server_connections(const struct http_server *server)
{
	return server->open;
}

uint32_t http_server_asking(const struct http_server *server, uint32_t most)
{
	const struct connection *connection = TAILQ_LAST(&server->busy, connection_list);
	uint64_t now = monotonic_ms();
	uint32_t count = 0;

	for (int looks = LOOKS_MAX; connection && count < most && looks > 0; looks--) {
		count += connection->state < CONNECTION_HANDLER &&
			 now - connection->moved_on_ms <= ASKING_MS;
		connection = TAILQ_PREV(connection, connection_list, link);
	}
	return count;
}

/* The list's last became idle last. */
static uint32_t count_fresh(const struct http_server *server, uint32_t most)
{
	const struct connection *connection = TAILQ_LAST(&server->idle, connection_list);
	uint64_t now = monotonic_ms();
	uint32_t count = 0;

	while (connection && count < most && now - connection->moved_on_ms <= FRESH_MS) {
		count += connection->state <= CONNECTION_HEAD;
		connection = TAILQ_PREV(connection, connection_list, link);
	}
	return count;
}

uint32_t http_server_awaited(const struct http_server *server, uint32_t most)
{
	uint32_t asking = http_server_asking(server, most);

	return asking + count_fresh(server, most - asking);
}

const struct http_counters *http_server_counters(const struct http_server *server)
{
	return server->counters;
}

static void close_all(struct connection_list *list)
{
	while (!TAILQ_EMPTY(list))
		connection_close(TAILQ_FIRST(list));
}

void http_server_free(struct http_server *server)
{
	if (!server)
		return;
	stop_listening(server);
	close_all(&server->idle);
	close_all(&server->busy);
	tls_context_unref(server->tls);
	address_count_free(server->per_address);
	free(server);
}
