#include "ipc/ipc.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/calls.h"
#include "ipc/inbox.h"
#include "ipc/outbox.h"

#define SWEEP_MS 250
#define RETRY_SECONDS 1

struct ipc_client {
	struct ipc_client_options options;
	struct inbox *inbox;
	struct assembly assembly;
	struct outbox outbox;
	struct calls *calls;
	uint64_t generation;
	struct event *readable, *writable;
	struct event *sweep; /* timeouts, and calls that failed before they were sent */
};

/* -- calls that end without a reply -- */

static struct error busy(const char *why)
{
	struct error err = { .reason = REASON_BUSY, .retry_after = RETRY_SECONDS };

	snprintf(err.detail, sizeof err.detail, "%s", why);
	return err;
}

static void fail_call(struct ipc_client *client, struct call *call, const char *why)
{
	const struct error err = busy(why);

	calls_finish(client->calls, call, (struct bytes){ 0 }, &err);
}

/* Callbacks may call anew; those calls are of the new generation, and stay. */
static void fail_generation(struct ipc_client *client, const char *why)
{
	uint64_t lost = client->generation++;

	for (size_t i = 0; i < CALLS_MAX && client->calls->count; i++) {
		struct call *call = &client->calls->slots[i];
		if (call->waiting && call->generation <= lost)
			fail_call(client, call, why);
	}
}

static void fail_overdue(struct ipc_client *client)
{
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < CALLS_MAX && client->calls->count; i++) {
		struct call *call = &client->calls->slots[i];
		if (!call->waiting || call->deadline > now)
			continue;
		fail_call(client, call,
			  call->deadline ? "no answer in time" : "too much is in flight");
	}
}

static void schedule_sweep(struct ipc_client *client)
{
	static const struct timeval later = { 0, SWEEP_MS * 1000 };

	if (client->calls->count && !evtimer_pending(client->sweep, NULL))
		(void)evtimer_add(client->sweep, &later);
}

static void on_sweep(evutil_socket_t fd, short events, void *context)
{
	struct ipc_client *client = context;

	(void)fd;
	(void)events;
	fail_overdue(client);
	schedule_sweep(client);
}

/* -- sending -- */

static void line_broke(struct ipc_client *client)
{
	(void)event_del(client->readable);
	(void)event_del(client->writable);
	fail_generation(client, "the line is closed");
}

static void on_writable(evutil_socket_t fd, short events, void *context)
{
	struct ipc_client *client = context;

	(void)fd;
	(void)events;
	switch (outbox_flush(&client->outbox)) {
	case OUTBOX_WAITING:
	case OUTBOX_FULL:
		return;
	case OUTBOX_EMPTY:
		(void)event_del(client->writable);
		return;
	case OUTBOX_BROKEN:
		line_broke(client);
		return;
	}
}

static uint8_t awaited(const struct ipc_client *client)
{
	const struct ipc_client_options *options = &client->options;

	return options->awaited ? (uint8_t)options->awaited(options->context, IPC_AWAITED_MAX) : 0;
}

static bool send_message(struct ipc_client *client, const struct ipc_frame *message)
{
	switch (outbox_send(&client->outbox, message, -1)) {
	case OUTBOX_EMPTY:
		return true;
	case OUTBOX_WAITING:
		(void)event_add(client->writable, NULL);
		return true;
	case OUTBOX_FULL:
	case OUTBOX_BROKEN:
		break;
	}
	return false;
}

void ipc_call(struct ipc_client *client, enum ipc_kind kind, struct bytes payload,
	      uint32_t timeout_ms,
	      void (*done)(void *call_context, struct bytes reply, const struct error *err),
	      void *call_context)
{
	bool full = client->calls->count >= CALLS_IN_FLIGHT_MAX;
	struct call *call = calls_add(client->calls);

	/* unreachable while CALLS_MAX holds what it says; telling at once beats never */
	if (!call) {
		const struct error err = busy("too much is in flight");
		done(call_context, (struct bytes){ 0 }, &err);
		return;
	}
	call->kind = kind;
	call->generation = client->generation;
	call->deadline = monotonic_ms() + timeout_ms;
	call->done = done;
	call->context = call_context;

	const struct ipc_frame message = {
		.kind = kind, .awaited = awaited(client), .id = call->id, .payload = payload
	};
	if (full || !send_message(client, &message)) {
		call->deadline = 0;
		event_active(client->sweep, EV_TIMEOUT, 0);
	}
	schedule_sweep(client);
}

void ipc_tell(struct ipc_client *client, enum ipc_kind kind, struct bytes payload)
{
	const struct ipc_frame message = { .kind = kind,
					   .awaited = awaited(client),
					   .id = client->calls->next_id++,
					   .payload = payload };

	(void)send_message(client, &message);
}

/* -- receiving -- */

static void close_descriptor(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

static void take_reply(struct ipc_client *client, const struct ipc_frame *message)
{
	struct call *call = calls_find(client->calls, message->id, message->kind);

	/* none: it came too late, or answers an earlier process of this line */
	if (call)
		calls_finish(client->calls, call, message->payload, NULL);
}

static void on_message(void *context, const struct ipc_frame *message, int descriptor)
{
	struct ipc_client *client = context;

	if (!message->is_reply && message->kind != IPC_HELLO) {
		client->options.on_message(client->options.context, message->kind, message->payload,
					   descriptor);
		return;
	}
	close_descriptor(descriptor);
	if (message->is_reply)
		take_reply(client, message);
	else
		fail_generation(client, "the other side began anew");
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct ipc_client *client = context;
	const struct inbox_reader reader = { .context = client, .on_message = on_message };

	(void)events;
	if (!inbox_read(client->inbox, fd, &client->assembly, &reader))
		line_broke(client);
}

/* -- life -- */

static bool prepare_events(struct ipc_client *client, struct error *err)
{
	struct event_base *base = client->options.base;
	int fd = client->options.fd;

	client->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, client);
	client->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, on_writable, client);
	client->sweep = evtimer_new(base, on_sweep, client);
	if (!client->readable || !client->writable || !client->sweep ||
	    event_add(client->readable, NULL) != 0)
		return error_set(err, REASON_NO_MEMORY, "events of a line");
	return true;
}

bool ipc_client_new(const struct ipc_client_options *options, struct ipc_client **ret,
		    struct error *err)
{
	CLEANUP(ipc_client_freep) struct ipc_client *client = calloc(1, sizeof *client);

	if (!client)
		return error_set(err, REASON_NO_MEMORY, "ipc client");
	client->options = *options;
	client->outbox.fd = options->fd;
	if (!calls_new(&client->calls, err) || !inbox_new(&client->inbox, err) ||
	    !prepare_events(client, err))
		return false;
	ipc_tell(client, IPC_HELLO, (struct bytes){ 0 });
	*ret = TAKE(client);
	return true;
}

static void free_event(struct event *event)
{
	if (event)
		event_free(event);
}

void ipc_client_free(struct ipc_client *client)
{
	if (!client)
		return;
	if (client->calls)
		fail_generation(client, "the process ends");
	free_event(client->readable);
	free_event(client->writable);
	free_event(client->sweep);
	outbox_clear(&client->outbox);
	assembly_done(&client->assembly);
	inbox_free(client->inbox);
	calls_free(client->calls);
	free(client);
}
