/* One line of a server: who is there, and the way to them. Read by one thread, written by all. */
#pragma once

#include "ipc/inbox.h"

/* Where a line waits for events; its entry's data.ptr is the line. */
struct line;
struct line_options {
	int fd; /* taken over, in any case */
	int epoll_fd;
	enum ipc_role role;
	const char *name; /* copied */
	size_t number;
};
/* With one reference, the caller's. It watches the descriptor from now on. */
MUST_CHECK bool line_new(const struct line_options *options, struct line **ret, struct error *err);
struct line *line_ref(struct line *line);
void line_unref(struct line *line); /* NULL is fine */

int line_fd(const struct line *line);
enum ipc_role line_role(const struct line *line);
const char *line_name(const struct line *line);
size_t line_number(const struct line *line);
struct assembly *line_assembly(struct line *line); /* for the reading thread only */

/* Thread-safe, from here on. */
void line_send(struct line *line, const struct ipc_frame *message, int descriptor);
void line_flush(struct line *line);
/* Forgets what waits to be sent: it was meant for an earlier process. */
void line_forget(struct line *line);
/* Closes the descriptor; whoever still sends, sends nowhere. */
void line_close(struct line *line);
