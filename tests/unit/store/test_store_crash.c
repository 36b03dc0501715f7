/* A process that commits and says so is killed at random; nothing that it said may be missing. */
#include "store/fixture.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/random.h"
#include "store/store_audit.h"

#define KILLS 30
#define WRITERS 4
#define LONGEST_MS 60

struct writer_job {
	struct store *store;
	const struct fixture *fixture;
	int report_fd;
};

/* What one enrollment writes; *ret_serial is its serial's number. */
static bool enroll(const struct writer_job *job, uint32_t *ret_serial, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	const struct audit_entry entry = { .actor = "est:1",
					   .action = "certificate.issue",
					   .object = "one" };
	uint32_t number = 0;
	int64_t id = 0;

	if (!random_fill(&number, sizeof number, err))
		return false;
	struct certificate record = record_new(job->fixture, number);
	if (!store_begin(job->store, &tx, err) ||
	    !store_certificate_insert_intent(tx, &record, &id, err) ||
	    !store_certificate_complete(tx, id, BYTES_LITERAL("signed"), err) ||
	    !store_audit_append(tx, &entry, err) || !store_commit(TAKE(tx), err))
		return false;
	*ret_serial = number;
	return true;
}

static void *write_until_killed(void *argument)
{
	const struct writer_job *job = argument;

	for (;;) {
		struct error err = { 0 };
		uint32_t serial = 0;

		/* a whole number reaches the pipe or none: it is shorter than PIPE_BUF */
		if (enroll(job, &serial, &err) &&
		    write(job->report_fd, &serial, sizeof serial) != sizeof serial)
			_exit(1);
	}
	return NULL;
}

static void run_child(const struct fixture *f, int report_fd)
{
	struct writer_job job = { .fixture = f, .report_fd = report_fd };
	struct error err = { 0 };
	pthread_t thread;

	if (!store_open(f->scratch.path, &job.store, &err))
		_exit(2);
	for (int i = 1; i < WRITERS; i++)
		if (pthread_create(&thread, NULL, write_until_killed, &job) != 0)
			_exit(3);
	write_until_killed(&job);
}

/* The time starts with the first report, so that every run is killed while it writes. */
static void kill_while_writing(pid_t child, int report_fd)
{
	struct pollfd first = { .fd = report_fd, .events = POLLIN };
	unsigned char random = 0;
	struct error err = { 0 };

	assert_int_equal(poll(&first, 1, 20000), 1);
	EXPECT_OK(random_fill(&random, sizeof random, &err), err);
	usleep((unsigned int)random * LONGEST_MS * 1000 / 256);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static int check_reported(struct fixture *f, int report_fd)
{
	uint32_t number = 0;
	int reported = 0;

	while (read(report_fd, &number, sizeof number) == sizeof number) {
		struct certificate record = record_new(f, number), found = { 0 };

		OK(store_certificate_find_by_serial(
			f->store, 1, (struct bytes){ record.serial, record.serial_len }, &found,
			&f->err));
		assert_int_equal(found.state, CERTIFICATE_ISSUED);
		certificate_done(&found);
		reported++;
	}
	return reported;
}

static void check_whole(struct fixture *f)
{
	struct db *db = NULL;
	const struct db_options options = { .path = f->scratch.path,
					    .application_id = STORE_FILE_ID,
					    .access = DB_WRITER };

	OK(db_open(&options, &db, &f->err));
	OK(db_check(db, &f->err));
	db_close(db);
}

static int run_and_kill(struct fixture *f)
{
	int pipe_fds[2];
	char head[65];
	int64_t count = 0;

	assert_int_equal(pipe(pipe_fds), 0);
	pid_t child = fork();
	if (child == 0)
		run_child(f, pipe_fds[1]);
	close(pipe_fds[1]);
	kill_while_writing(child, pipe_fds[0]);
	OK(store_open(f->scratch.path, &f->store, &f->err));
	int reported = check_reported(f, pipe_fds[0]);
	OK(store_audit_verify(f->store, NULL, &count, head, &f->err));
	store_close(TAKE(f->store));
	close(pipe_fds[0]);
	check_whole(f);
	return reported;
}

TEST(ft_02_nothing_acknowledged_is_lost_to_kill_9)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	int reported = 0;

	store_close(TAKE(f->store));
	for (int i = 0; i < KILLS; i++)
		reported += run_and_kill(f);
	print_message("%d kills, %d acknowledged\n", KILLS, reported);
	assert_true(reported >= KILLS);
	fixture_done(f);
}

TEST_MAIN(RUN(ft_02_nothing_acknowledged_is_lost_to_kill_9))
