/* The two checks that need no EST: does the name lead somewhere, and does anybody listen there? */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/file.h"
#include "bestow/doctor.h"

#define CONNECT_MS 10000

static void addresses_freep(struct addrinfo **addresses)
{
	if (*addresses)
		freeaddrinfo(*addresses);
}

static bool fail_network(struct bestow_error *err, const char *what, const char *why)
{
	struct error inner = { 0 };

	(void)error_set(&inner, REASON_SERVER_UNREACHABLE, "%s: %s", what, why);
	return session_fail(&inner, err);
}

static bool find_addresses(const struct est_url *url, struct addrinfo **ret,
			   struct bestow_error *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	char port[8];

	snprintf(port, sizeof port, "%u", url->port);
	int failed = getaddrinfo(url->host, port, &hints, ret);
	return failed == 0 || fail_network(err, url->host, gai_strerror(failed));
}

static void address_text(const struct addrinfo *address, char *into, socklen_t size)
{
	if (getnameinfo(address->ai_addr, address->ai_addrlen, into, size, NULL, 0,
			NI_NUMERICHOST) != 0)
		snprintf(into, size, "?");
}

bool check_name(struct examination *examination, struct bestow_error *err)
{
	CLEANUP(addresses_freep) struct addrinfo *addresses = NULL;
	size_t len;

	if (!find_addresses(&examination->url, &addresses, err))
		return false;
	len = (size_t)snprintf(examination->words, sizeof examination->words, "%s is",
			       examination->url.host);
	for (const struct addrinfo *at = addresses; at && len < sizeof examination->words - 64;
	     at = at->ai_next) {
		char text[INET6_ADDRSTRLEN + 16];

		address_text(at, text, sizeof text);
		len += (size_t)snprintf(examination->words + len, sizeof examination->words - len,
					" %s", text);
	}
	return true;
}

/* 0, or the errno. */
static int try_connect(const struct addrinfo *address)
{
	CLEANUP(fd_closep)
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLOUT };
	int failure = 0;
	socklen_t len = sizeof failure;

	if (fd < 0)
		return errno;
	if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&poll_fd, 1, CONNECT_MS) != 1)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len) == 0 ? failure : errno;
}

bool check_connection(struct examination *examination, struct bestow_error *err)
{
	CLEANUP(addresses_freep) struct addrinfo *addresses = NULL;
	int failure = 0;
	char text[INET6_ADDRSTRLEN + 16] = "?";

	if (!find_addresses(&examination->url, &addresses, err))
		return false;
	for (const struct addrinfo *at = addresses; at; at = at->ai_next) {
		address_text(at, text, sizeof text);
		failure = try_connect(at);
		if (failure == 0)
			break;
	}
	if (failure)
		return fail_network(err, text, strerror(failure));
	snprintf(examination->words, sizeof examination->words, "%s port %u answers", text,
		 examination->url.port);
	return true;
}
