#include "bestowd/admin.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "bestowd/admin_connection.h"
#include "bestowd/admin_http.h"
#include "node/control.h"
#include "ipc/ipc.h"
#include "model/snapshot.h"

#define CONNECTIONS_MAX 32
#define ACTOR_MAX 80
#define ACCEPT_PAUSE_MS 500

struct admin {
	const struct admin_options *options;
	struct event_base *base;
	struct ipc_client *authority, *supervisor;
	struct admin_http *http;
	struct event *acceptable;
	struct event *pause; /* accepting goes on when it fires */
	unsigned int connections;
	/* "operator:NAME"; looked up before nothing can be opened any more */
	char root[ACTOR_MAX], own[ACTOR_MAX];
};

/* -- connections -- */

static void on_end(void *context)
{
	struct admin *admin = context;

	admin->connections--;
	(void)event_add(admin->acceptable, NULL);
}

static const char *actor_of(const struct admin *admin, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
		return NULL;
	if (peer.uid == 0)
		return admin->root;
	return peer.uid == admin->options->uid ? admin->own : NULL;
}

static void open_connection(struct admin *admin, int fd)
{
	const struct admin_connection_options options = {
		.base = admin->base,
		.authority = admin->authority,
		.fd = fd,
		.actor = actor_of(admin, fd),
		.context = admin,
		.on_end = on_end,
	};

	admin->connections++;
	if (!admin_connection_open(&options))
		admin->connections--;
	if (admin->connections >= CONNECTIONS_MAX)
		(void)event_del(admin->acceptable);
}

/* Out of descriptors the socket stays readable: without a pause the loop would spin (FT-15). */
static void pause_accepting(struct admin *admin)
{
	static const struct timeval while_out = { 0, ACCEPT_PAUSE_MS * 1000 };

	(void)event_del(admin->acceptable);
	(void)evtimer_add(admin->pause, &while_out);
}

static void on_acceptable(evutil_socket_t fd, short events, void *context)
{
	struct admin *admin = context;
	int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (accepted >= 0)
		open_connection(admin, accepted);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		pause_accepting(admin);
}

static void on_pause_over(evutil_socket_t fd, short events, void *context)
{
	struct admin *admin = context;

	(void)fd;
	(void)events;
	if (admin->connections < CONNECTIONS_MAX)
		(void)event_add(admin->acceptable, NULL);
}

/* -- lines -- */

static void take_snapshot(struct admin *admin, int descriptor)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	struct bytes mapped = { 0 };
	struct error err = { 0 };

	if (!ipc_map_file(descriptor, &mapped, &err)) {
		log_event(LOG_LEVEL_ERROR, "admin.snapshot", "detail=\"%s\"", err.detail);
		return;
	}
	if (snapshot_unpack(mapped, &snapshot, &err))
		admin_http_take(admin->http, snapshot);
	else
		log_event(LOG_LEVEL_ERROR, "admin.snapshot", "detail=\"%s\"", err.detail);
	ipc_unmap_file(mapped);
}

static void on_authority(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	CLEANUP(fd_closep) int owned = descriptor;

	(void)payload;
	if (kind == IPC_SNAPSHOT && owned >= 0)
		take_snapshot(context, owned);
}

static void on_supervisor(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	struct admin *admin = context;

	(void)payload;
	fd_closep(&descriptor);
	if (kind == IPC_RETIRE)
		(void)event_base_loopbreak(admin->base);
}

/* -- life -- */

static void name_actor(uid_t uid, char into[ACTOR_MAX])
{
	const struct passwd *user = getpwuid(uid);

	if (user)
		snprintf(into, ACTOR_MAX, "operator:%s", user->pw_name);
	else
		snprintf(into, ACTOR_MAX, "operator:%u", uid);
}

static bool open_lines(struct admin *admin, struct error *err)
{
	const struct ipc_client_options authority = {
		.base = admin->base,
		.fd = admin->options->line_fd,
		.context = admin,
		.on_message = on_authority,
	};
	const struct ipc_client_options supervisor = {
		.base = admin->base,
		.fd = admin->options->control_fd,
		.context = admin,
		.on_message = on_supervisor,
	};

	return ipc_client_new(&authority, &admin->authority, err) &&
	       ipc_client_new(&supervisor, &admin->supervisor, err);
}

static bool start(struct admin *admin, struct error *err)
{
	name_actor(0, admin->root);
	name_actor(admin->options->uid, admin->own);
	admin->base = event_base_new();
	if (!admin->base)
		return error_set(err, REASON_NO_MEMORY, "event base");
	admin->acceptable = event_new(admin->base, admin->options->listen_fd, EV_READ | EV_PERSIST,
				      on_acceptable, admin);
	admin->pause = evtimer_new(admin->base, on_pause_over, admin);
	if (!admin->acceptable || !admin->pause || event_add(admin->acceptable, NULL) != 0)
		return error_set(err, REASON_NO_MEMORY, "events");
	return open_lines(admin, err) &&
	       admin_http_new(admin->options, admin->base, admin->authority, &admin->http, err) &&
	       lockdown_admin(&admin->options->lockdown, err);
}

static void stop(struct admin *admin)
{
	ipc_client_free(admin->authority);
	ipc_client_free(admin->supervisor);
	admin_http_free(admin->http);
	if (admin->acceptable)
		event_free(admin->acceptable);
	if (admin->pause)
		event_free(admin->pause);
	if (admin->base)
		event_base_free(admin->base);
}

int admin_main(const struct admin_options *options)
{
	struct admin admin = { .options = options };
	int result = PROCESS_EXIT_DONE;
	struct error err;

	if (!start(&admin, &err)) {
		result = control_refuse(options->control_fd, &err);
	} else {
		control_ready(options->control_fd);
		if (event_base_dispatch(admin.base) != 0)
			result = PROCESS_EXIT_FAILED;
	}
	stop(&admin);
	return result;
}
