#include "bestowd/admin_connection.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "base/file.h"
#include "base/pack.h"
#include "bestowd/admin.h"

#define LENGTH_LEN 4
#define READ_STEP 16384
#define ACTOR_MAX 80
#define ANSWER_TIMEOUT_MS 60000
/* A person may think between two requests; a program that hangs may not stay for ever. */
#define IDLE_SECONDS 600

struct admin_connection {
	struct admin_connection_options options;
	int fd;
	bool refused; /* may not ask; the connection ends with the refusal */
	bool asking;  /* the authority has a request of ours */
	bool closed;  /* and frees itself when the reply comes */
	char actor[ACTOR_MAX];
	struct event *readable, *writable;
	struct buffer in, out;
	size_t sent;
};

static const struct timeval patience = { IDLE_SECONDS, 0 };

static void destroy(struct admin_connection *connection)
{
	if (connection->readable)
		event_free(connection->readable);
	if (connection->writable)
		event_free(connection->writable);
	fd_closep(&connection->fd);
	buffer_wipe(&connection->in);
	buffer_wipe(&connection->out);
	free(connection);
}

static void close_connection(struct admin_connection *connection)
{
	if (connection->closed)
		return;
	connection->closed = true;
	(void)event_del(connection->readable);
	(void)event_del(connection->writable);
	connection->options.on_end(connection->options.context);
	if (!connection->asking)
		destroy(connection);
}

/* -- replies -- */

static void write_out(struct admin_connection *connection);

static void send_reply(struct admin_connection *connection, struct bytes json)
{
	pack_bytes(&connection->out, json);
	if (!buffer_ok(&connection->out) || json.len > ADMIN_MESSAGE_MAX) {
		close_connection(connection);
		return;
	}
	write_out(connection);
}

static void send_error(struct admin_connection *connection, enum reason reason, const char *detail)
{
	json_t *error =
		json_pack("{s:{s:s, s:s, s:s, s:s}}", "error", "code", reason_code(reason), "words",
			  reason_words(reason), "detail", detail, "remedy", reason_remedy(reason));
	char *text = error ? json_dumps(error, JSON_COMPACT) : NULL;

	json_decref(error);
	if (text)
		send_reply(connection, bytes_of_string(text));
	else
		close_connection(connection);
	free(text);
}

static void on_reply(void *context, struct bytes reply, const struct error *err)
{
	struct admin_connection *connection = context;

	connection->asking = false;
	if (connection->closed)
		destroy(connection);
	else if (err)
		send_error(connection, err->reason, err->detail);
	else
		send_reply(connection, reply);
}

/* -- requests -- */

static uint32_t length_of(const struct buffer *in)
{
	struct unpacker from = { .rest = buffer_view(in) };

	return unpack_u32(&from);
}

static void ask(struct admin_connection *connection, struct bytes json)
{
	CLEANUP(buffer_wipe) struct buffer message = { 0 };

	pack_string(&message, connection->actor);
	pack_bytes(&message, json);
	if (!buffer_ok(&message)) {
		send_error(connection, REASON_NO_MEMORY, "request");
		return;
	}
	/* one at a time: what comes meanwhile waits in the socket */
	(void)event_del(connection->readable);
	connection->asking = true;
	ipc_call(connection->options.authority, IPC_MANAGE, buffer_view(&message),
		 ANSWER_TIMEOUT_MS, on_reply, connection);
}

/* Takes the first whole request out of what was read, if there is one and none is under way. */
static void take_request(struct admin_connection *connection)
{
	if (connection->in.len < LENGTH_LEN)
		return;
	uint32_t len = length_of(&connection->in);
	if (len > ADMIN_MESSAGE_MAX) {
		connection->refused = true;
		send_error(connection, REASON_TOO_LARGE, "a request has at most 4 MiB");
		return;
	}
	if (connection->in.len - LENGTH_LEN < len)
		return;
	struct bytes json = { connection->in.data + LENGTH_LEN, len };
	ask(connection, json);
	buffer_consume(&connection->in, LENGTH_LEN + len);
}

static void go_on(struct admin_connection *connection)
{
	if (connection->refused) {
		close_connection(connection);
		return;
	}
	if (event_add(connection->readable, &patience) != 0)
		close_connection(connection);
	else
		take_request(connection);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct admin_connection *connection = context;
	unsigned char *room = events & EV_READ ? buffer_reserve(&connection->in, READ_STEP) : NULL;

	if (!room) {
		close_connection(connection);
		return;
	}
	ssize_t len = read(fd, room, READ_STEP);
	connection->in.len -= READ_STEP - (len > 0 ? (size_t)len : 0);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0)
		close_connection(connection);
	else
		take_request(connection);
}

static void write_out(struct admin_connection *connection)
{
	struct bytes rest = { connection->out.data + connection->sent,
			      connection->out.len - connection->sent };
	ssize_t len = send(connection->fd, rest.data, rest.len, MSG_NOSIGNAL);

	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		close_connection(connection);
		return;
	}
	connection->sent += len > 0 ? (size_t)len : 0;
	if (connection->sent < connection->out.len) {
		/* nothing more is read before the reply is taken */
		(void)event_del(connection->readable);
		(void)event_add(connection->writable, &patience);
		return;
	}
	(void)event_del(connection->writable);
	buffer_wipe(&connection->out);
	connection->sent = 0;
	go_on(connection);
}

static void on_writable(evutil_socket_t fd, short events, void *context)
{
	struct admin_connection *connection = context;

	(void)fd;
	if (events & EV_TIMEOUT)
		close_connection(connection);
	else
		write_out(connection);
}

bool admin_connection_open(const struct admin_connection_options *options)
{
	struct admin_connection *connection = calloc(1, sizeof *connection);

	if (!connection) {
		close(options->fd);
		return false;
	}
	connection->options = *options;
	connection->fd = options->fd;
	connection->refused = !options->actor;
	if (options->actor)
		snprintf(connection->actor, sizeof connection->actor, "%s", options->actor);
	connection->readable = event_new(options->base, options->fd, EV_READ | EV_PERSIST,
					 on_readable, connection);
	connection->writable = event_new(options->base, options->fd, EV_WRITE | EV_PERSIST,
					 on_writable, connection);
	if (!connection->readable || !connection->writable ||
	    event_add(connection->readable, &patience) != 0) {
		destroy(connection);
		return false;
	}
	if (connection->refused)
		send_error(connection, REASON_NOT_PERMITTED,
			   "only root and the node's own user may use the local socket");
	return true;
}
