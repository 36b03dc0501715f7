#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/pack.h"
#include "ipc/ipc.h"
#include "ipc/outbox.h"

#define PATIENCE_MS 20000

static struct error err;

/* -- an answering process, as far as threads can play one -- */

struct answering {
	struct ipc_server *server;
	pthread_t thread;
	_Atomic unsigned int messages, overloads, hellos;
	_Atomic bool blocked;    /* workers wait */
	_Atomic bool is_unready; /* nothing is answered that may be asked again */
	_Atomic uint64_t batches;
	_Atomic unsigned int settled;
	_Atomic bool settling_fails;
	struct meter waits;
	struct counter sent_away;
};

static enum ipc_answer answer(void *context, enum ipc_kind kind, struct bytes payload,
			      struct ipc_turn turn, struct buffer *reply)
{
	struct answering *answering = context;

	atomic_fetch_add(&answering->messages, 1);
	if (turn.may_ask_again && atomic_load(&answering->is_unready)) {
		buffer_append_text(reply, "half an answer");
		return IPC_ASK_AGAIN;
	}
	while (atomic_load(&answering->blocked))
		usleep(1000);
	if (kind != IPC_EVENT) {
		buffer_append_text(reply, "re: ");
		buffer_append(reply, payload);
	}
	return kind == IPC_EST ? IPC_ANSWER_SETTLED : IPC_ANSWER_NOW;
}

static uint64_t begin_batch(void *context)
{
	struct answering *answering = context;

	return atomic_fetch_add(&answering->batches, 1);
}

static bool settle_batch(void *context, uint64_t mark)
{
	struct answering *answering = context;

	assert_true(mark < atomic_load(&answering->batches));
	atomic_fetch_add(&answering->settled, 1);
	return !atomic_load(&answering->settling_fails);
}

static void answer_unsettled(void *context, enum ipc_kind kind, struct buffer *reply)
{
	(void)context, (void)kind;
	buffer_append_text(reply, "lost");
}

static void answer_busy(void *context, enum ipc_kind kind, struct buffer *reply)
{
	struct answering *answering = context;

	(void)kind;
	atomic_fetch_add(&answering->overloads, 1);
	buffer_append_text(reply, "busy");
}

static void greet(void *context, size_t line, enum ipc_role role, const char *name)
{
	struct answering *answering = context;

	(void)name;
	atomic_fetch_add(&answering->hellos, 1);
	if (role == IPC_ROLE_EDGE && answering->server)
		ipc_server_send(answering->server, line, IPC_SNAPSHOT, BYTES_LITERAL("snapshot"),
				true);
}

static void *run(void *context)
{
	ipc_server_run(context);
	return NULL;
}

static void make_server(struct answering *answering, unsigned int workers)
{
	const struct ipc_server_options options = {
		.workers = workers,
		.context = answering,
		.on_message = answer,
		.on_overload = answer_busy,
		.on_batch = begin_batch,
		.on_settle = settle_batch,
		.on_unsettled = answer_unsettled,
		.on_line = greet,
		.waits = &answering->waits,
		.overloads = &answering->sent_away,
	};

	EXPECT_OK(ipc_server_new(&options, &answering->server, &err), err);
}

static void start(struct answering *answering)
{
	assert_int_equal(pthread_create(&answering->thread, NULL, run, answering->server), 0);
}

static void stop(struct answering *answering)
{
	ipc_server_stop(answering->server);
	pthread_join(answering->thread, NULL);
	ipc_server_free(answering->server);
	answering->server = NULL;
}

/* The server's copy, so that the pair outlives it as a supervisor would have it. */
static void add(struct answering *answering, int fd, enum ipc_role role)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	EXPECT_OK(ipc_server_add_line(answering->server, copy, role, "test", &err), err);
}

/* -- an asking process -- */

struct asking {
	struct event_base *base;
	struct ipc_client *client;
	unsigned int replies, failures, snapshots, wanted;
	uint32_t announces;
	bool in_call;
	struct error last;
	char text[64];
};

static void on_message(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	struct asking *asking = context;
	struct bytes mapped;

	(void)payload;
	if (kind == IPC_SNAPSHOT) {
		EXPECT_OK(ipc_map_file(descriptor, &mapped, &err), err);
		assert_true(bytes_equal(mapped, BYTES_LITERAL("snapshot")));
		ipc_unmap_file(mapped);
		asking->snapshots++;
	}
	fd_closep(&descriptor);
	event_base_loopbreak(asking->base);
}

static void on_done(void *context, struct bytes reply, const struct error *refusal)
{
	struct asking *asking = context;

	assert_false(asking->in_call);
	if (refusal) {
		asking->failures++;
		asking->last = *refusal;
	} else {
		asking->replies++;
		snprintf(asking->text, sizeof asking->text, "%.*s", (int)reply.len,
			 (const char *)reply.data);
	}
	if (asking->replies + asking->failures >= asking->wanted)
		event_base_loopbreak(asking->base);
}

static uint32_t announced(void *context, uint32_t most)
{
	const struct asking *asking = context;

	return asking->announces < most ? asking->announces : most;
}

static void open_client(struct asking *asking, int fd)
{
	*asking = (struct asking){ .base = event_base_new() };
	const struct ipc_client_options options = {
		.base = asking->base,
		.fd = fd,
		.context = asking,
		.on_message = on_message,
		.awaited = announced,
	};

	EXPECT_OK(ipc_client_new(&options, &asking->client, &err), err);
}

static void close_client(struct asking *asking)
{
	ipc_client_free(asking->client);
	event_base_free(asking->base);
}

static void ask(struct asking *asking, enum ipc_kind kind, const char *text, uint32_t timeout_ms)
{
	asking->wanted++;
	asking->in_call = true;
	ipc_call(asking->client, kind, bytes_of_string(text), timeout_ms, on_done, asking);
	asking->in_call = false;
}

static void turn(struct asking *asking)
{
	const struct timeval patience = { PATIENCE_MS / 1000, 0 };

	event_base_loopexit(asking->base, &patience);
	event_base_dispatch(asking->base);
}

static void wait_for(struct asking *asking)
{
	uint64_t end = monotonic_ms() + PATIENCE_MS;

	while (asking->replies + asking->failures < asking->wanted && monotonic_ms() < end)
		turn(asking);
	assert_int_equal(asking->replies + asking->failures, asking->wanted);
}

/* Takes in what waits on the line: hellos that would fail the first call. */
static void settle(struct asking *asking)
{
	for (int turns = 0; turns < 4; turns++)
		event_base_loop(asking->base, EVLOOP_NONBLOCK);
}

/* A server of so many workers, and an edge that asks it. */
static void begin(struct answering *answering, struct asking *asking, unsigned int workers,
		  int ret_fds[2])
{
	EXPECT_OK(ipc_pair(ret_fds, &err), err);
	make_server(answering, workers);
	add(answering, ret_fds[1], IPC_ROLE_EDGE);
	start(answering);
	open_client(asking, ret_fds[0]);
	settle(asking);
}

static void end(struct answering *answering, const int fds[2])
{
	stop(answering);
	close(fds[0]);
	close(fds[1]);
}

static void wait_until(_Atomic unsigned int *value, unsigned int wanted)
{
	uint64_t end = monotonic_ms() + PATIENCE_MS;

	while (atomic_load(value) < wanted && monotonic_ms() < end)
		usleep(1000);
	assert_true(atomic_load(value) >= wanted);
}

/* -- refusals first -- */

TEST(an_edge_cannot_speak_as_an_administrator)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { 0 };
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	make_server(&answering, 2);
	add(&answering, fds[1], IPC_ROLE_EDGE);
	start(&answering);
	open_client(&asking, fds[0]);
	ask(&asking, IPC_MANAGE, "give me a CA", 600);
	wait_for(&asking);
	assert_int_equal(asking.failures, 1);
	assert_int_equal(asking.last.reason, REASON_BUSY);
	assert_int_equal(atomic_load(&answering.messages), 0);
	stop(&answering);
	close(fds[0]);
	close(fds[1]);
}

TEST(an_edge_cannot_bring_a_line_of_its_own)
{
	CLEANUP(buffer_done) struct buffer payload = { 0 };
	struct answering answering = { 0 };
	int fds[2], own[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	EXPECT_OK(ipc_pair(own, &err), err);
	make_server(&answering, 1);
	add(&answering, fds[1], IPC_ROLE_EDGE);
	start(&answering);
	pack_u8(&payload, IPC_ROLE_ADMIN);
	pack_string(&payload, "mine");
	struct outbox outbox = { .fd = fds[0] };
	outbox_send(&outbox,
		    &(struct ipc_frame){ .kind = IPC_LINE, .payload = buffer_view(&payload) },
		    own[1]);
	outbox_send(&outbox, &(struct ipc_frame){ .kind = IPC_EVENT }, -1);
	wait_until(&answering.messages, 1);
	assert_int_equal(atomic_load(&answering.hellos), 1);
	stop(&answering);
	for (int i = 0; i < 2; i++) {
		close(fds[i]);
		close(own[i]);
	}
}

TEST(a_call_without_an_answer_ends_in_time)
{
	CLEANUP(close_client) struct asking asking;
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	open_client(&asking, fds[0]);
	ask(&asking, IPC_EST, "anybody?", 100);
	wait_for(&asking);
	assert_int_equal(asking.last.reason, REASON_BUSY);
	assert_int_equal(asking.last.retry_after, 1);
	close(fds[0]);
	close(fds[1]);
}

TEST(a_call_on_a_closed_line_fails_on_the_next_turn)
{
	CLEANUP(close_client) struct asking asking;
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	open_client(&asking, fds[0]);
	close(fds[1]);
	ask(&asking, IPC_EST, "anybody?", 60000);
	assert_int_equal(asking.failures, 0);
	wait_for(&asking);
	assert_int_equal(asking.last.reason, REASON_BUSY);
	close(fds[0]);
}

TEST(more_calls_than_may_be_in_flight_fail_and_each_is_told_once)
{
	CLEANUP(close_client) struct asking asking;
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	open_client(&asking, fds[0]);
	for (int i = 0; i < 4096 + 100; i++)
		ask(&asking, IPC_EST, "", 700);
	assert_int_equal(asking.failures, 0);
	event_base_loop(asking.base, EVLOOP_NONBLOCK);
	assert_int_equal(asking.failures, 100);
	wait_for(&asking);
	assert_int_equal(asking.failures, 4096 + 100);
	close(fds[0]);
	close(fds[1]);
}

/* What an earlier process of the same line asked is answered on it; were ids to begin at a fixed
 * number, one device would get another's certificate. */
TEST(an_answer_to_a_dead_process_answers_no_call_of_the_next)
{
	struct asking first, second;
	struct answering answering = { .blocked = true };
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	make_server(&answering, 1);
	add(&answering, fds[1], IPC_ROLE_EDGE);
	start(&answering);
	open_client(&first, fds[0]);
	ask(&first, IPC_EST, "of the dead", 60000);
	wait_until(&answering.messages, 1);
	close_client(&first);
	open_client(&second, fds[0]);
	settle(&second);
	ask(&second, IPC_EST, "of the living", 60000);
	wait_until(&answering.hellos, 3);
	atomic_store(&answering.blocked, false);
	wait_for(&second);
	assert_string_equal(second.text, "re: of the living");
	close_client(&second);
	stop(&answering);
	close(fds[0]);
	close(fds[1]);
}

TEST(a_new_authority_fails_what_the_old_one_was_asked)
{
	CLEANUP(close_client) struct asking asking;
	struct answering dead = { .blocked = true }, next = { 0 };
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	open_client(&asking, fds[0]);
	make_server(&dead, 1);
	add(&dead, fds[1], IPC_ROLE_EDGE);
	turn(&asking); /* the old one's hello must not count */
	ask(&asking, IPC_EST, "lost", 60000);
	make_server(&next, 1);
	add(&next, fds[1], IPC_ROLE_EDGE);
	start(&next);
	wait_for(&asking);
	assert_int_equal(asking.failures, 1);
	assert_int_equal(asking.last.reason, REASON_BUSY);
	assert_int_equal(asking.last.retry_after, 1);
	ask(&asking, IPC_EST, "again", 60000);
	wait_for(&asking);
	assert_string_equal(asking.text, "re: again");
	assert_int_equal(atomic_load(&next.messages), 1);
	stop(&next);
	atomic_store(&dead.blocked, false);
	ipc_server_free(dead.server);
	close(fds[0]);
	close(fds[1]);
}

TEST(a_full_queue_answers_busy_and_loses_no_call)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { .blocked = true };
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	make_server(&answering, 1);
	add(&answering, fds[1], IPC_ROLE_ADMIN);
	start(&answering);
	/* past ipc_client, whose own bound is no higher than the queue's */
	struct outbox outbox = { .fd = fds[0] };
	for (int i = 0; i < 4096 + 100; i++)
		outbox_send(&outbox, &(struct ipc_frame){ .kind = IPC_MANAGE }, -1);
	while (outbox_flush(&outbox) == OUTBOX_WAITING)
		usleep(1000);
	wait_until(&answering.overloads, 50);
	open_client(&asking, fds[0]);
	settle(&asking);
	ask(&asking, IPC_MANAGE, "me too", 60000);
	wait_for(&asking);
	assert_string_equal(asking.text, "busy");
	assert_int_equal(counter_read(&answering.sent_away), atomic_load(&answering.overloads));
	atomic_store(&answering.blocked, false);
	stop(&answering);
	/* what waited while the worker was held is told */
	assert_true(counter_read(&answering.waits.sum) > 1000);
	close(fds[0]);
	close(fds[1]);
}

/* What strangers may ask without end, and what operators ask, which may take long, fill queues of
 * their own, and are answered by threads of their own: an enrollment is answered while every other
 * question waits. */
static enum ipc_answer answer_enrollments(void *context, enum ipc_kind kind, struct bytes payload,
					  struct ipc_turn turn, struct buffer *reply)
{
	struct answering *answering = context;

	(void)turn;
	while (kind != IPC_EST && atomic_load(&answering->blocked))
		usleep(1000);
	buffer_append(reply, payload);
	return IPC_ANSWER_NOW;
}

static void expect_enrollment_beside(enum ipc_role role, enum ipc_kind kind)
{
	CLEANUP(close_client) struct asking asking, others;
	struct answering answering = { .blocked = true };
	const struct ipc_server_options options = { .workers = 1,
						    .context = &answering,
						    .on_message = answer_enrollments,
						    .on_overload = answer_busy,
						    .on_line = greet };
	int fds[2], other_fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	EXPECT_OK(ipc_pair(other_fds, &err), err);
	EXPECT_OK(ipc_server_new(&options, &answering.server, &err), err);
	add(&answering, fds[1], IPC_ROLE_EDGE);
	add(&answering, other_fds[1], role);
	start(&answering);
	open_client(&others, other_fds[0]);
	settle(&others);
	for (int i = 0; i < 600; i++)
		ask(&others, kind, "who?", 60000);
	open_client(&asking, fds[0]);
	settle(&asking);
	ask(&asking, IPC_EST, "enroll me", 60000);
	wait_for(&asking);
	assert_string_equal(asking.text, "enroll me");
	atomic_store(&answering.blocked, false);
	wait_for(&others);
	assert_int_equal(others.replies, 600);
	stop(&answering);
	close(fds[0]);
	close(fds[1]);
	close(other_fds[0]);
	close(other_fds[1]);
}

TEST(questions_about_a_status_are_in_no_enrollments_way)
{
	expect_enrollment_beside(IPC_ROLE_EDGE, IPC_OCSP);
}

TEST(ld_09_what_operators_ask_is_in_no_enrollments_way)
{
	expect_enrollment_beside(IPC_ROLE_ADMIN, IPC_API);
	expect_enrollment_beside(IPC_ROLE_ADMIN, IPC_MANAGE);
}

/* -- and what works -- */

TEST(what_is_not_ready_is_asked_again)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { .is_unready = true };
	int fds[2];

	begin(&answering, &asking, 2, fds);
	ask(&asking, IPC_EST, "one", 5000);
	event_base_loop(asking.base, EVLOOP_NONBLOCK);
	wait_until(&answering.messages, 3);
	assert_int_equal(asking.replies, 0);
	atomic_store(&answering.is_unready, false);
	wait_for(&asking);
	assert_int_equal(asking.replies, 1);
	assert_string_equal(asking.text, "re: one");
	end(&answering, fds);
}

TEST(what_never_gets_ready_is_answered_in_the_end)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { .is_unready = true };
	int fds[2];

	begin(&answering, &asking, 2, fds);
	ask(&asking, IPC_EST, "one", 20000);
	wait_for(&asking);
	assert_int_equal(asking.replies, 1);
	assert_true(atomic_load(&answering.messages) > 2);
	end(&answering, fds);
}

TEST(many_calls_are_each_answered_with_their_own_reply)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { 0 };
	int fds[2];

	begin(&answering, &asking, 4, fds);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 100; i++)
			ask(&asking, IPC_EST, "csr", 60000);
		wait_for(&asking);
	}
	assert_int_equal(asking.replies, 2000);
	assert_string_equal(asking.text, "re: csr");
	end(&answering, fds);
}

TEST(v1_an_answer_that_was_not_settled_does_not_leave)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { .settling_fails = true };
	int fds[2];

	begin(&answering, &asking, 1, fds);
	ask(&asking, IPC_EST, "csr", 60000);
	wait_for(&asking);
	assert_string_equal(asking.text, "lost");
	atomic_store(&answering.settling_fails, false);
	ask(&asking, IPC_EST, "csr", 60000);
	wait_for(&asking);
	assert_string_equal(asking.text, "re: csr");
	end(&answering, fds);
}

TEST(questions_that_arrive_together_share_one_settling)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { .blocked = true };
	int fds[2];

	begin(&answering, &asking, 1, fds);
	for (int i = 0; i < 33; i++)
		ask(&asking, IPC_EST, "csr", 60000);
	turn(&asking);
	usleep(100000);
	atomic_store(&answering.blocked, false);
	wait_for(&asking);
	assert_int_equal(asking.replies, 33);
	assert_in_range(answering.settled, 1, 4);
	end(&answering, fds);
}

/* However many an edge announces, and however false that is. */
TEST(questions_that_wait_for_others_are_answered_when_none_come)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { 0 };
	int fds[2];

	begin(&answering, &asking, 1, fds);
	asking.announces = IPC_AWAITED_MAX;
	for (int i = 0; i < 3; i++) {
		ask(&asking, IPC_EST, "csr", 60000);
		wait_for(&asking);
	}
	assert_int_equal(asking.replies, 3);
	end(&answering, fds);
}

/* The first comes before the others, and waits for them. Whether they settled as one. */
static bool share_a_settling(struct answering *answering, struct asking *asking)
{
	unsigned int before = atomic_load(&answering->settled);

	for (asking->announces = 7; asking->announces > 0; asking->announces--) {
		ask(asking, IPC_EST, "csr", 60000);
		usleep(asking->announces == 7 ? 4000 : 0);
	}
	ask(asking, IPC_EST, "csr", 60000);
	wait_for(asking);
	return atomic_load(&answering->settled) == before + 1;
}

/* A machine that stands still for a moment keeps the others away for too long: try again. */
TEST(announced_questions_are_waited_for_and_handed_out_together)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { 0 };
	bool seen = false;
	int fds[2];

	begin(&answering, &asking, 4, fds);
	for (int tries = 0; tries < 50 && !seen; tries++)
		seen = share_a_settling(&answering, &asking);
	assert_true(seen);
	end(&answering, fds);
}

TEST(a_message_of_many_frames_is_answered_in_many_frames)
{
	CLEANUP(close_client) struct asking asking;
	struct answering answering = { 0 };
	const size_t len = 3 * 1024 * 1024;
	CLEANUP(freep) char *text = malloc(len + 1);
	int fds[2];

	memset(text, 'x', len);
	text[len] = '\0';
	begin(&answering, &asking, 1, fds);
	ask(&asking, IPC_EST, text, 60000);
	wait_for(&asking);
	assert_int_equal(asking.replies, 1);
	assert_memory_equal(asking.text, "re: xxxx", 8);
	end(&answering, fds);
}

TEST(a_process_that_comes_back_gets_the_snapshot_again)
{
	struct asking asking;
	struct answering answering = { 0 };
	int fds[2];

	EXPECT_OK(ipc_pair(fds, &err), err);
	make_server(&answering, 1);
	add(&answering, fds[1], IPC_ROLE_EDGE);
	start(&answering);
	open_client(&asking, fds[0]);
	wait_until(&answering.hellos, 2);
	turn(&asking);
	close_client(&asking);
	open_client(&asking, fds[0]);
	wait_until(&answering.hellos, 3);
	turn(&asking);
	assert_true(asking.snapshots >= 1);
	close_client(&asking);
	stop(&answering);
	close(fds[0]);
	close(fds[1]);
}

TEST(the_supervisor_brings_a_line_and_its_end_removes_it)
{
	CLEANUP(close_client) struct asking asking;
	CLEANUP(buffer_done) struct buffer payload = { 0 };
	struct answering answering = { 0 };
	int control[2], fds[2];

	EXPECT_OK(ipc_pair(control, &err), err);
	EXPECT_OK(ipc_pair(fds, &err), err);
	make_server(&answering, 1);
	add(&answering, control[1], IPC_ROLE_SUPERVISOR);
	start(&answering);
	pack_u8(&payload, IPC_ROLE_EDGE);
	pack_string(&payload, "edge-7");
	struct outbox outbox = { .fd = control[0] };
	outbox_send(&outbox,
		    &(struct ipc_frame){ .kind = IPC_LINE, .payload = buffer_view(&payload) },
		    fds[1]);
	close(fds[1]);
	open_client(&asking, fds[0]);
	turn(&asking);
	ask(&asking, IPC_EST, "hello", 60000);
	wait_for(&asking);
	close(fds[0]);
	/* broadcasting to a line that ended must not disturb anybody */
	ipc_server_broadcast(answering.server, IPC_ROLE_EDGE, IPC_SNAPSHOT,
			     BYTES_LITERAL("snapshot"), true);
	stop(&answering);
	close(control[0]);
	close(control[1]);
}

TEST_MAIN(RUN(an_edge_cannot_speak_as_an_administrator),
	  RUN(an_edge_cannot_bring_a_line_of_its_own), RUN(a_call_without_an_answer_ends_in_time),
	  RUN(a_call_on_a_closed_line_fails_on_the_next_turn),
	  RUN(more_calls_than_may_be_in_flight_fail_and_each_is_told_once),
	  RUN(an_answer_to_a_dead_process_answers_no_call_of_the_next),
	  RUN(a_new_authority_fails_what_the_old_one_was_asked),
	  RUN(a_full_queue_answers_busy_and_loses_no_call),
	  RUN(questions_about_a_status_are_in_no_enrollments_way),
	  RUN(ld_09_what_operators_ask_is_in_no_enrollments_way),
	  RUN(what_is_not_ready_is_asked_again), RUN(what_never_gets_ready_is_answered_in_the_end),
	  RUN(many_calls_are_each_answered_with_their_own_reply),
	  RUN(v1_an_answer_that_was_not_settled_does_not_leave),
	  RUN(questions_that_arrive_together_share_one_settling),
	  RUN(questions_that_wait_for_others_are_answered_when_none_come),
	  RUN(announced_questions_are_waited_for_and_handed_out_together),
	  RUN(a_message_of_many_frames_is_answered_in_many_frames),
	  RUN(a_process_that_comes_back_gets_the_snapshot_again),
	  RUN(the_supervisor_brings_a_line_and_its_end_removes_it))
