/* Asks for one path over kept connections, one question at a time on each, and counts the answers.
 * usage: http_load PORT PATH CONNECTIONS SECONDS; prints answers a second. Both sides of a
 * comparison are asked by this same program. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 256
#define ANSWER_MAX 65536

struct connection {
	int fd;
	size_t have, wanted; /* of the answer; wanted 0: its head is not whole yet */
	char answer[ANSWER_MAX + 1];
};

static char request[16384];
static struct connection connections[CONNECTIONS_MAX];
static unsigned long answers;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void ask(struct connection *connection)
{
	size_t len = strlen(request);

	connection->have = connection->wanted = 0;
	if (write(connection->fd, request, len) != (ssize_t)len)
		fail("write");
}

static void open_connection(struct connection *connection, int port, int epoll)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

	connection->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&to, sizeof to) != 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0)
		fail("connect");
	ask(connection);
}

static void read_head(struct connection *connection)
{
	connection->answer[connection->have] = '\0';
	const char *end = strstr(connection->answer, "\r\n\r\n");
	const char *length = strstr(connection->answer, "Content-Length: ");

	if (!end)
		return;
	if (strncmp(connection->answer, "HTTP/1.1 200", 12) != 0 || !length || length > end) {
		fprintf(stderr, "no 200 with a length: %.60s\n", connection->answer);
		exit(1);
	}
	connection->wanted = (size_t)(end + 4 - connection->answer) +
			     strtoul(length + strlen("Content-Length: "), NULL, 10);
	if (connection->wanted > ANSWER_MAX) {
		fprintf(stderr, "an answer of %zu octets\n", connection->wanted);
		exit(1);
	}
}

static void take(struct connection *connection)
{
	ssize_t len = read(connection->fd, connection->answer + connection->have,
			   ANSWER_MAX - connection->have);

	if (len <= 0)
		fail("read");
	connection->have += (size_t)len;
	if (!connection->wanted)
		read_head(connection);
	if (!connection->wanted || connection->have < connection->wanted)
		return;
	answers++;
	ask(connection);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	int epoll = epoll_create1(0), count = argc == 5 ? (int)strtol(argv[3], NULL, 10) : 0;

	if (count < 1 || count > CONNECTIONS_MAX) {
		fprintf(stderr, "usage: %s PORT PATH CONNECTIONS SECONDS\n", argv[0]);
		return 2;
	}
	snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argv[2]);
	for (int i = 0; i < count; i++)
		open_connection(&connections[i], (int)strtol(argv[1], NULL, 10), epoll);

	double start = now(), end = start + strtod(argv[4], NULL);
	while (now() < end) {
		int ready = epoll_wait(epoll, events, 64, 1000);
		if (ready <= 0)
			fail("epoll_wait");
		for (int i = 0; i < ready; i++)
			take(events[i].data.ptr);
	}
	printf("%.0f\n", (double)answers / (now() - start));
	return 0;
}
