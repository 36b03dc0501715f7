#include "node/generation.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "node/listen.h"
#include "node/user.h"

/* -- walking all addresses of all listeners -- */

struct place {
	const struct config_listener *listener;
	const struct config_listen *listen;
};

static size_t count_places(const struct config *config)
{
	size_t count = 0;

	for (size_t i = 0; i < config->listener_count; i++)
		count += config->listeners[i].listen_count;
	return count;
}

static struct place place_at(const struct config *config, size_t index)
{
	const struct config_listener *listener = config->listeners;

	while (index >= listener->listen_count)
		index -= listener++->listen_count;
	return (struct place){ listener, &listener->listens[index] };
}

/* -- sockets -- */

static int find_shared(const struct generation *before, const char *text)
{
	for (size_t i = 0; before && i < before->fd_count; i++)
		if (before->fds[i] >= 0 &&
		    strcmp(place_at(before->config, i).listen->text, text) == 0)
			return before->fds[i];
	return -1;
}

/* Nobody asked for the default addresses by name, so a machine without IPv6 goes without [::]. */
static bool may_be_missing(struct place place)
{
	return place.listener->listens_by_default && place.listen->address.ss_family == AF_INET6 &&
	       (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
}

static bool open_place(struct place place, const struct generation *before, int *ret,
		       struct error *err)
{
	int shared = find_shared(before, place.listen->text);

	if (shared >= 0) {
		*ret = fcntl(shared, F_DUPFD_CLOEXEC, 3);
		return *ret >= 0 ||
		       error_set(err, REASON_LISTEN, "%s: %s", place.listen->text, strerror(errno));
	}
	if (listen_tcp(place.listen, ret, err))
		return true;
	if (!may_be_missing(place))
		return false;
	log_event(LOG_LEVEL_WARNING, "node.no_ipv6", "detail=\"%s\"", err->detail);
	return true;
}

static bool open_places(struct generation *generation, const struct generation *before,
			struct error *err)
{
	size_t count = count_places(generation->config);

	generation->fds = calloc(count, sizeof *generation->fds);
	if (!generation->fds)
		return error_set(err, REASON_NO_MEMORY, "listeners");
	for (; generation->fd_count < count; generation->fd_count++) {
		int *fd = &generation->fds[generation->fd_count];
		*fd = -1;
		if (!open_place(place_at(generation->config, generation->fd_count), before, fd,
				err))
			return false;
	}
	return true;
}

static unsigned int count_cores(void)
{
	cpu_set_t cores;

	if (sched_getaffinity(0, sizeof cores, &cores) != 0)
		return 1;
	unsigned int count = (unsigned int)CPU_COUNT(&cores);
	return count > CONFIG_EDGES_MAX ? CONFIG_EDGES_MAX : count;
}

bool generation_new(struct config *config, const struct generation *before, struct generation **ret,
		    struct error *err)
{
	CLEANUP(config_freep) struct config *owned = config;
	CLEANUP(generation_freep) struct generation *generation = calloc(1, sizeof *generation);

	if (!generation)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	generation->config = TAKE(owned);
	generation->number = before ? before->number + 1 : 1;
	generation->edges = config->node.edges ? config->node.edges : count_cores();
	if (!preflight(config, err) || !user_find(config, &generation->lockdown, err) ||
	    !open_places(generation, before, err))
		return false;
	*ret = TAKE(generation);
	return true;
}

void generation_stop_listening(struct generation *generation, const struct generation *after)
{
	for (size_t i = 0; i < generation->fd_count; i++) {
		const char *text = place_at(generation->config, i).listen->text;
		/* closing would not do while an edge that drains still holds the socket */
		if (generation->fds[i] >= 0 && find_shared(after, text) < 0)
			(void)shutdown(generation->fds[i], SHUT_RDWR);
		fd_closep(&generation->fds[i]);
	}
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	for (size_t i = 0; i < generation->fd_count; i++)
		fd_closep(&generation->fds[i]);
	free(generation->fds);
	config_free(generation->config);
	free(generation);
}

/* -- options -- */

static struct http_limits limits_of(const struct config_est *est)
{
	return (struct http_limits){
		.head_max = est->head_max,
		.body_max = est->body_max,
		.handshake_ms = est->handshake_ms,
		.request_ms = est->request_ms,
		.idle_ms = est->idle_ms,
		.answer_ms = est->answer_ms,
		.connections_max = est->connections_max,
		.connections_per_address = est->connections_per_address,
	};
}

bool generation_is_of(const struct generation *generation, size_t index, unsigned int kinds)
{
	return kinds & LISTENER_BIT(place_at(generation->config, index).listener->kind);
}

static const enum forwarded_header forwarded_headers[] = {
	[CONFIG_FORWARDED_NONE] = FORWARDED_HEADER_NONE,
	[CONFIG_FORWARDED_X_FORWARDED_FOR] = FORWARDED_HEADER_X_FORWARDED_FOR,
	[CONFIG_FORWARDED_RFC7239] = FORWARDED_HEADER_RFC7239,
};

/* Those of some kinds. */
static bool list_listeners(const struct generation *generation, unsigned int kinds,
			   struct http_listener_options **ret, size_t *ret_count, struct error *err)
{
	struct http_listener_options *listeners =
		calloc(generation->fd_count + 1, sizeof *listeners);
	size_t count = 0;

	if (!listeners)
		return error_set(err, REASON_NO_MEMORY, "listeners");
	for (size_t i = 0; i < generation->fd_count; i++) {
		const struct config_listener *listener = place_at(generation->config, i).listener;

		if (generation->fds[i] < 0 || !(kinds & LISTENER_BIT(listener->kind)))
			continue;
		listeners[count++] = (struct http_listener_options){
			.fd = generation->fds[i],
			.tls = listener->kind == LISTENER_EST || listener->kind == LISTENER_ADMIN,
			.proxy_protocol = listener->proxy_protocol,
			.forwarded_header = forwarded_headers[listener->forwarded_header],
			.trusted_proxies = listener->trusted_proxies,
		};
	}
	*ret = listeners;
	*ret_count = count;
	return true;
}

bool generation_listeners_of(const struct generation *generation, enum listener_kind kind,
			     struct http_listener_options **ret, size_t *ret_count,
			     struct error *err)
{
	return list_listeners(generation, LISTENER_BIT(kind), ret, ret_count, err);
}

bool generation_has(const struct generation *generation, enum listener_kind kind)
{
	for (size_t i = 0; i < generation->fd_count; i++)
		if (generation_is_of(generation, i, LISTENER_BIT(kind)))
			return true;
	return false;
}

/* The same address, and the same proxies are believed there in the same way. */
static bool is_same_place(struct place a, struct place b)
{
	return strcmp(a.listen->text, b.listen->text) == 0 &&
	       a.listener->proxy_protocol == b.listener->proxy_protocol &&
	       a.listener->forwarded_header == b.listener->forwarded_header &&
	       address_set_equal(&a.listener->trusted_proxies, &b.listener->trusted_proxies);
}

static bool has_place(const struct generation *generation, enum listener_kind kind,
		      struct place place)
{
	for (size_t i = 0; i < generation->fd_count; i++)
		if (generation_is_of(generation, i, LISTENER_BIT(kind)) &&
		    is_same_place(place_at(generation->config, i), place))
			return true;
	return false;
}

static bool holds_places(const struct generation *a, const struct generation *b,
			 enum listener_kind kind)
{
	for (size_t i = 0; i < b->fd_count; i++)
		if (generation_is_of(b, i, LISTENER_BIT(kind)) &&
		    !has_place(a, kind, place_at(b->config, i)))
			return false;
	return true;
}

bool generation_shares(const struct generation *a, const struct generation *b,
		       enum listener_kind kind)
{
	return holds_places(a, b, kind) && holds_places(b, a, kind);
}

bool generation_edge_options(const struct generation *generation, struct edge_options *ret,
			     struct error *err)
{
	const struct config_est *est = &generation->config->est;
	struct http_listener_options *listeners = NULL;
	size_t count = 0;

	if (!list_listeners(generation, LISTENERS_OF_EDGES, &listeners, &count, err))
		return false;
	*ret = (struct edge_options){
		.listeners = listeners,
		.listener_count = count,
		.limits = limits_of(est),
		.certificate_path = est->certificate,
		.private_key_path = est->private_key,
		.allow_tls12 = est->tls_min <= 12,
		.base_path = est->base_path,
		.drop_unlisted = est->drop_unlisted,
		.lockdown = generation->lockdown,
	};
	return true;
}

/* -- words -- */

void generation_print_addresses(const struct generation *generation, struct buffer *to)
{
	for (size_t i = 0; i < generation->fd_count; i++)
		if (generation->fds[i] >= 0)
			buffer_printf(to, "%s%s", to->len ? ", " : "",
				      place_at(generation->config, i).listen->text);
}

static in_port_t port_of(const struct config_listen *listen)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (listen->address.ss_family == AF_INET) {
		memcpy(&v4, &listen->address, sizeof v4);
		return ntohs(v4.sin_port);
	}
	memcpy(&v6, &listen->address, sizeof v6);
	return ntohs(v6.sin6_port);
}

static char *guess_url(const struct config_listen *listen)
{
	unsigned int port = port_of(listen);
	char host[HOST_NAME_MAX + 1] = "localhost";
	char url[HOST_NAME_MAX + 32];

	if (gethostname(host, sizeof host) != 0)
		snprintf(host, sizeof host, "localhost");
	host[sizeof host - 1] = '\0';
	snprintf(url, sizeof url, port == 443 ? "https://%s" : "https://%s:%u", host, port);
	return strdup(url);
}

char *generation_est_url(const struct generation *generation)
{
	const char *configured = generation->config->node.est_url;

	return configured ? strdup(configured) : guess_url(place_at(generation->config, 0).listen);
}

char *generation_console_url(const struct generation *generation)
{
	const char *configured = generation->config->admin.url;

	if (configured)
		return strdup(configured);
	for (size_t i = 0; i < generation->fd_count; i++)
		if (generation_is_of(generation, i, LISTENER_BIT(LISTENER_ADMIN)))
			return guess_url(place_at(generation->config, i).listen);
	return NULL;
}
