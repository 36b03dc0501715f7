#include "ipc/ipc.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "ipc/line.h"
#include "ipc/memory_file.h"
#include "ipc/workers.h"

#define LINES_MAX 1024
#define EVENTS_MAX 64
#define NAP_MS 1
#define GATHER_MS 12     /* the longest that a question is kept for others to come */
#define GATHER_ENOUGH 24 /* questions, below a worker's batch */

/* What a line announced with its last question, and before which hand-out. */
struct announcement {
	uint32_t round;
	uint8_t awaited;
};

struct ipc_server {
	struct ipc_server_options options;
	int epoll_fd, stop_fd;
	struct inbox *inbox; /* of the reading thread */
	struct workers *workers;
	pthread_mutex_t lines_lock; /* guards lines; never held while something is sent */
	struct line *lines[LINES_MAX];
	/* of the reading thread: */
	struct announcement announced[LINES_MAX];
	uint32_t round;         /* how often questions were handed out */
	size_t queued, awaited; /* questions since the last time, and those to come */
	uint64_t gathers_since; /* milliseconds, monotonic: when the first of them came */
};

/* What each role may send; an edge that was taken over gets no further than an edge does. */
static const bool may_send[IPC_ROLE_COUNT][IPC_KIND_COUNT] = {
	[IPC_ROLE_SUPERVISOR] = { [IPC_LINE] = true },
	[IPC_ROLE_EDGE] = { [IPC_HELLO] = true,
			    [IPC_EST] = true,
			    [IPC_EVENT] = true,
			    [IPC_FETCH] = true,
			    [IPC_OCSP] = true },
	[IPC_ROLE_ADMIN] = { [IPC_HELLO] = true, [IPC_MANAGE] = true, [IPC_API] = true },
	[IPC_ROLE_MONITOR] = { [IPC_HELLO] = true, [IPC_METRICS] = true, [IPC_HEALTH] = true },
};

/* -- lines -- */

static bool enter_line(struct ipc_server *server, struct line_options *options, struct line **ret,
		       struct error *err)
{
	for (size_t i = 0; i < LINES_MAX; i++) {
		if (server->lines[i])
			continue;
		options->number = i;
		if (!line_new(options, &server->lines[i], err))
			return false;
		*ret = line_ref(server->lines[i]);
		return true;
	}
	close(options->fd);
	return error_set(err, REASON_INTERNAL, "more than %d lines", LINES_MAX);
}

static void say_hello(struct line *line)
{
	static const struct ipc_frame hello = { .kind = IPC_HELLO };

	line_send(line, &hello, -1);
}

static inline void line_unrefp(struct line **line)
{
	line_unref(*line);
}

bool ipc_server_add_line(struct ipc_server *server, int fd, enum ipc_role role, const char *name,
			 struct error *err)
{
	CLEANUP(line_unrefp) struct line *line = NULL;
	struct line_options options = {
		.fd = fd,
		.epoll_fd = server->epoll_fd,
		.role = role,
		.name = name,
	};

	/* the supervisor's line is new for every process: nothing on it is stale */
	if (role != IPC_ROLE_SUPERVISOR)
		inbox_drain(fd);
	pthread_mutex_lock(&server->lines_lock);
	bool entered = enter_line(server, &options, &line, err);
	pthread_mutex_unlock(&server->lines_lock);
	if (!entered)
		return false;
	say_hello(line);
	server->options.on_line(server->options.context, line_number(line), role, name);
	return true;
}

static void remove_line(struct ipc_server *server, struct line *line)
{
	pthread_mutex_lock(&server->lines_lock);
	server->lines[line_number(line)] = NULL;
	pthread_mutex_unlock(&server->lines_lock);
	line_close(line);
	line_unref(line);
}

static struct line *find_line(struct ipc_server *server, size_t number)
{
	pthread_mutex_lock(&server->lines_lock);
	struct line *line = number < LINES_MAX && server->lines[number]
				    ? line_ref(server->lines[number])
				    : NULL;
	pthread_mutex_unlock(&server->lines_lock);
	return line;
}

/* -- sending unasked -- */

struct parcel {
	struct ipc_frame message;
	int descriptor;
};

/* False when a memory file was wanted and could not be made. */
static bool pack_parcel(enum ipc_kind kind, struct bytes payload, bool as_file, struct parcel *ret)
{
	*ret = (struct parcel){ .message = { .kind = kind, .payload = payload }, .descriptor = -1 };
	if (!as_file)
		return true;
	ret->message.payload = (struct bytes){ 0 };
	return memory_file_make(payload, &ret->descriptor, NULL);
}

void ipc_server_send(struct ipc_server *server, size_t number, enum ipc_kind kind,
		     struct bytes payload, bool as_file)
{
	CLEANUP(line_unrefp) struct line *line = find_line(server, number);
	struct parcel parcel;

	if (!line || !pack_parcel(kind, payload, as_file, &parcel))
		return;
	line_send(line, &parcel.message, parcel.descriptor);
	fd_closep(&parcel.descriptor);
}

void ipc_server_broadcast(struct ipc_server *server, enum ipc_role role, enum ipc_kind kind,
			  struct bytes payload, bool as_file)
{
	struct parcel parcel;

	if (!pack_parcel(kind, payload, as_file, &parcel))
		return;
	for (size_t i = 0; i < LINES_MAX; i++) {
		CLEANUP(line_unrefp) struct line *line = find_line(server, i);
		if (line && line_role(line) == role)
			line_send(line, &parcel.message, parcel.descriptor);
	}
	fd_closep(&parcel.descriptor);
}

/* -- receiving -- */

/* What one batch of packets belongs to. */
struct reading {
	struct ipc_server *server;
	struct line *line;
};

static bool add_received_line(struct ipc_server *server, struct bytes payload, int descriptor,
			      struct error *err)
{
	struct unpacker from = { .rest = payload };
	CLEANUP(fd_closep) int fd = descriptor;
	CLEANUP(freep) char *name = NULL;
	uint8_t role = unpack_u8(&from);

	unpack_string(&from, &name);
	if (fd < 0 || !name || !unpack_finished(&from) ||
	    (role != IPC_ROLE_EDGE && role != IPC_ROLE_ADMIN && role != IPC_ROLE_MONITOR))
		return error_set(err, REASON_PROTOCOL, "a line without descriptor, name or role");
	int taken = fd;
	fd = -1;
	return ipc_server_add_line(server, taken, role, name, err);
}

/* The supervisor must learn that the process it just started has nobody to ask. */
static void take_line(const struct reading *reading, struct bytes payload, int descriptor)
{
	struct error err;

	if (add_received_line(reading->server, payload, descriptor, &err))
		return;
	const struct ipc_frame refusal = { .kind = IPC_REFUSED,
					   .payload = bytes_of_string(err.detail) };
	line_send(reading->line, &refusal, -1);
}

static void take_hello(const struct reading *reading)
{
	struct line *line = reading->line;

	line_forget(line);
	reading->server->options.on_line(reading->server->options.context, line_number(line),
					 line_role(line), line_name(line));
}

static void tell_overload(struct ipc_server *server, const struct work *work)
{
	CLEANUP(buffer_done) struct buffer reply = { 0 };

	if (server->options.overloads)
		counter_add(server->options.overloads, 1);
	if (!server->options.on_overload)
		return;
	server->options.on_overload(server->options.context, work->kind, &reply);
	work_reply(work, &reply);
}

/* Until the next hand-out; what was announced before may have come to nothing. */
static void note_awaited(struct ipc_server *server, size_t line, uint8_t awaited)
{
	struct announcement *announced = &server->announced[line];

	if (announced->round == server->round)
		server->awaited -= announced->awaited;
	*announced = (struct announcement){ server->round, awaited };
	server->awaited += awaited;
}

static void note_question(struct ipc_server *server, size_t line, const struct ipc_frame *message)
{
	/* what waits aside gathers nobody, and nobody waits for it */
	if (!workers_are_gathering(message->kind))
		return;
	if (server->queued++ == 0)
		server->gathers_since = monotonic_ms();
	note_awaited(server, line, message->awaited);
}

static void queue_work(const struct reading *reading, const struct ipc_frame *message)
{
	struct work work = {
		.line = line_ref(reading->line),
		.kind = message->kind,
		.id = message->id,
		.read_us = monotonic_us(),
	};

	buffer_append(&work.payload, message->payload);
	if (buffer_ok(&work.payload) && workers_put(reading->server->workers, &work)) {
		note_question(reading->server, line_number(reading->line), message);
		return;
	}
	tell_overload(reading->server, &work);
	work_done(&work);
}

static void on_message(void *context, const struct ipc_frame *message, int descriptor)
{
	const struct reading *reading = context;
	bool allowed = !message->is_reply && may_send[line_role(reading->line)][message->kind];

	if (allowed && message->kind == IPC_LINE) {
		take_line(reading, message->payload, descriptor);
		return;
	}
	fd_closep(&descriptor);
	if (!allowed)
		return;
	if (message->kind == IPC_HELLO)
		take_hello(reading);
	else
		queue_work(reading, message);
}

static void serve_line(struct ipc_server *server, struct line *line, uint32_t events)
{
	struct reading reading = { .server = server, .line = line };
	const struct inbox_reader reader = { .context = &reading, .on_message = on_message };

	if (events & EPOLLOUT)
		line_flush(line);
	if (!(events & ~(uint32_t)EPOLLOUT))
		return;
	if (!inbox_read(server->inbox, line_fd(line), line_assembly(line), &reader))
		remove_line(server, line);
}

/* A commit costs more processor time than most answers, and a wake-up as much as some. So questions
 * are left to gather while others are being answered, and until two thirds of those that one knows
 * of are here. Who is alone, or one of two, waits for nobody. */
static bool should_gather(const struct ipc_server *server)
{
	bool others_matter = 2 * server->awaited > server->queued + 1 ||
			     (server->queued && workers_are_busy(server->workers));

	return others_matter && server->queued < GATHER_ENOUGH &&
	       monotonic_ms() - server->gathers_since < GATHER_MS;
}

static void nap(void)
{
	const struct timespec pause = { .tv_nsec = NAP_MS * 1000000L };

	(void)nanosleep(&pause, NULL);
}

static void hand_out(struct ipc_server *server)
{
	workers_wake(server->workers);
	server->round++;
	server->queued = server->awaited = 0;
}

void ipc_server_run(struct ipc_server *server)
{
	struct epoll_event events[EVENTS_MAX];
	bool stopped = false;

	while (!stopped) {
		int count =
			epoll_wait(server->epoll_fd, events, EVENTS_MAX, server->queued ? 0 : -1);
		if (count < 0 && errno != EINTR)
			break;
		for (int i = 0; i < count; i++) {
			if (events[i].data.ptr)
				serve_line(server, events[i].data.ptr, events[i].events);
			else
				stopped = true;
		}
		if (should_gather(server))
			nap();
		else if (server->queued)
			hand_out(server);
	}
	workers_join(server->workers);
}

void ipc_server_stop(struct ipc_server *server)
{
	const uint64_t one = 1;

	/* fails only when it is told already */
	if (write(server->stop_fd, &one, sizeof one) < 0)
		return;
}

/* -- life -- */

static bool open_loop(struct ipc_server *server, struct error *err)
{
	struct epoll_event stop = { .events = EPOLLIN, .data.ptr = NULL };

	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->epoll_fd < 0 || server->stop_fd < 0 ||
	    epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->stop_fd, &stop) != 0)
		return error_set(err, REASON_INTERNAL, "epoll: %s", strerror(errno));
	return true;
}

bool ipc_server_new(const struct ipc_server_options *options, struct ipc_server **ret,
		    struct error *err)
{
	CLEANUP(ipc_server_freep) struct ipc_server *server = calloc(1, sizeof *server);

	if (!server)
		return error_set(err, REASON_NO_MEMORY, "ipc server");
	server->options = *options;
	server->epoll_fd = server->stop_fd = -1;
	pthread_mutex_init(&server->lines_lock, NULL);
	if (!inbox_new(&server->inbox, err) || !open_loop(server, err) ||
	    !workers_new(options, &server->workers, err))
		return false;
	*ret = TAKE(server);
	return true;
}

void ipc_server_free(struct ipc_server *server)
{
	if (!server)
		return;
	workers_free(server->workers);
	for (size_t i = 0; i < LINES_MAX; i++)
		line_unref(server->lines[i]);
	inbox_free(server->inbox);
	fd_closep(&server->stop_fd);
	fd_closep(&server->epoll_fd);
	pthread_mutex_destroy(&server->lines_lock);
	free(server);
}
