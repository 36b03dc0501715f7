#include "node/control.h"

#include "base/pack.h"
#include "ipc/outbox.h"

/* A control line carries a handful of small frames in its life: if it does not take one at once,
 * the other end is gone. */
static bool send_now(int control_fd, enum ipc_kind kind, struct bytes payload, int descriptor,
		     struct error *err)
{
	const struct ipc_frame frame = { .kind = kind, .payload = payload };
	CLEANUP(outbox_clear) struct outbox outbox = { .fd = control_fd };

	if (outbox_send(&outbox, &frame, descriptor) != OUTBOX_EMPTY)
		return error_set(err, REASON_PROTOCOL, "the control line is closed or full");
	return true;
}

void control_ready(int control_fd)
{
	struct error err;

	/* a supervisor that is gone takes its children with it */
	if (!send_now(control_fd, IPC_READY, (struct bytes){ 0 }, -1, &err))
		return;
}

int control_refuse(int control_fd, const struct error *err)
{
	CLEANUP(buffer_done) struct buffer words = { 0 };
	struct error ignored;

	buffer_printf(&words, "%s: %s", reason_code(err->reason), err->detail);
	if (!send_now(control_fd, IPC_REFUSED, buffer_view(&words), -1, &ignored))
		return PROCESS_EXIT_REFUSED;
	return PROCESS_EXIT_REFUSED;
}

void control_retire_pack(const struct control_retire *retire, struct buffer *to)
{
	pack_bool(to, retire->close_idle);
	pack_u32(to, retire->drain_ms);
}

bool control_retire_unpack(struct bytes payload, struct control_retire *ret, struct error *err)
{
	struct unpacker from = { .rest = payload };
	struct control_retire retire = { .close_idle = unpack_bool(&from) };

	retire.drain_ms = unpack_u32(&from);
	if (!unpack_finished(&from))
		return error_set(err, REASON_PROTOCOL, "an order to retire of %zu bytes",
				 payload.len);
	*ret = retire;
	return true;
}

bool control_send_line(int control_fd, enum ipc_role role, const char *name, int line_fd,
		       struct error *err)
{
	CLEANUP(buffer_done) struct buffer payload = { 0 };

	pack_u8(&payload, (uint8_t)role);
	pack_string(&payload, name);
	if (!buffer_ok(&payload))
		return error_set(err, REASON_NO_MEMORY, "line of %s", name);
	return send_now(control_fd, IPC_LINE, buffer_view(&payload), line_fd, err);
}

bool control_send_retire(int control_fd, const struct control_retire *retire, struct error *err)
{
	CLEANUP(buffer_done) struct buffer payload = { 0 };

	control_retire_pack(retire, &payload);
	if (!buffer_ok(&payload))
		return error_set(err, REASON_NO_MEMORY, "retiring");
	return send_now(control_fd, IPC_RETIRE, buffer_view(&payload), -1, err);
}
