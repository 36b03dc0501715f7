#include "ipc/line.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/file.h"
#include "ipc/outbox.h"

struct line {
	_Atomic unsigned int references;
	int epoll_fd;
	enum ipc_role role;
	size_t number;
	char *name;
	struct assembly assembly;
	pthread_mutex_t lock; /* guards the rest; a whole message is sent or queued under it */
	int fd;               /* -1 once closed */
	struct outbox outbox;
	bool watches_writing;
};

static bool watch(struct line *line, struct error *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = line };

	if (epoll_ctl(line->epoll_fd, EPOLL_CTL_ADD, line->fd, &event) != 0)
		return error_set(err, REASON_INTERNAL, "epoll: %s", strerror(errno));
	return true;
}

static void watch_writing(struct line *line, bool wanted)
{
	struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0),
				     .data.ptr = line };

	if (line->watches_writing == wanted || line->fd < 0)
		return;
	if (epoll_ctl(line->epoll_fd, EPOLL_CTL_MOD, line->fd, &event) == 0)
		line->watches_writing = wanted;
}

bool line_new(const struct line_options *options, struct line **ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = options->fd;
	CLEANUP(freep) struct line *line = calloc(1, sizeof *line);
	CLEANUP(freep) char *name = strdup(options->name);

	if (!line || !name)
		return error_set(err, REASON_NO_MEMORY, "line of %s", options->name);
	*line = (struct line){
		.references = 1,
		.epoll_fd = options->epoll_fd,
		.role = options->role,
		.number = options->number,
		.fd = fd,
		.outbox.fd = fd,
	};
	if (!watch(line, err))
		return false;
	pthread_mutex_init(&line->lock, NULL);
	line->name = TAKE(name);
	fd = -1;
	*ret = TAKE(line);
	return true;
}

struct line *line_ref(struct line *line)
{
	atomic_fetch_add(&line->references, 1);
	return line;
}

void line_unref(struct line *line)
{
	if (!line || atomic_fetch_sub(&line->references, 1) != 1)
		return;
	line_close(line);
	assembly_done(&line->assembly);
	pthread_mutex_destroy(&line->lock);
	free(line->name);
	free(line);
}

int line_fd(const struct line *line)
{
	return line->fd;
}

enum ipc_role line_role(const struct line *line)
{
	return line->role;
}

const char *line_name(const struct line *line)
{
	return line->name;
}

size_t line_number(const struct line *line)
{
	return line->number;
}

struct assembly *line_assembly(struct line *line)
{
	return &line->assembly;
}

void line_send(struct line *line, const struct ipc_frame *message, int descriptor)
{
	pthread_mutex_lock(&line->lock);
	if (line->fd >= 0) {
		(void)outbox_send(&line->outbox, message, descriptor);
		watch_writing(line, line->outbox.first);
	}
	pthread_mutex_unlock(&line->lock);
}

void line_flush(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	if (line->fd >= 0) {
		(void)outbox_flush(&line->outbox);
		watch_writing(line, line->outbox.first);
	}
	pthread_mutex_unlock(&line->lock);
}

void line_forget(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	outbox_clear(&line->outbox);
	watch_writing(line, false);
	pthread_mutex_unlock(&line->lock);
}

void line_close(struct line *line)
{
	pthread_mutex_lock(&line->lock);
	outbox_clear(&line->outbox);
	if (line->fd >= 0)
		(void)epoll_ctl(line->epoll_fd, EPOLL_CTL_DEL, line->fd, NULL);
	fd_closep(&line->fd);
	pthread_mutex_unlock(&line->lock);
}
