/* What the store costs per enrollment: the reads and writes that one makes, from several threads.
 *
 *	store_bench PATH [THREADS [ENROLLMENTS [ROWS_BEFORE]]]
 *
 * PATH may exist, and is left for another run. ROWS_BEFORE certificates are entered first. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/random.h"
#include "store/store_audit.h"
#include "store/store_certificate.h"
#include "store/store_config.h"
#include "store/store_event.h"

#define CERTIFICATE_LEN 650
#define CREATED 1800000000
#define PER_FILLING_TRANSACTION 1000

struct job {
	struct store *store;
	int64_t account_id;
	unsigned int count;
	pthread_t thread;
	bool failed;
};

static bool enter(struct store_tx *tx, const struct job *job, struct error *err)
{
	static unsigned char der[CERTIFICATE_LEN];
	char subject[64], object[64];
	struct certificate record = {
		.account_id = job->account_id,
		.ca_id = 1,
		.profile_id = 1,
		.profile_version = 1,
		.serial_len = 16,
		.subject = subject,
		.san = (char[]){ "dns:device.example" },
		.not_before = CREATED,
		.not_after = CREATED + 86400 * 90,
		.created = CREATED,
		.operation = EST_SIMPLEENROLL,
		.peer = (char[]){ "192.0.2.17" },
		.requested_by = (char[]){ "passphrase" },
		.request_id = (char[]){ "0123456789abcdef" },
		.der = der,
		.der_len = sizeof der,
	};
	struct certificate recent = { 0 };
	int64_t id = 0;

	if (!random_fill(record.serial, record.serial_len, err) ||
	    !random_fill(record.key_hash, sizeof record.key_hash, err))
		return false;
	record.serial[0] &= 0x7f;
	snprintf(subject, sizeof subject, "O=Example, CN=device-%02x%02x%02x%02x", record.serial[1],
		 record.serial[2], record.serial[3], record.serial[4]);
	snprintf(object, sizeof object, "certificate %02x%02x%02x%02x", record.serial[0],
		 record.serial[1], record.serial[2], record.serial[3]);
	const struct audit_entry entry = { .account_id = job->account_id,
					   .actor = "est:0123456789abcdef",
					   .action = "certificate.issue",
					   .object = object };
	struct event event = { .account_id = job->account_id,
			       .profile_id = 1,
			       .operation = EST_SIMPLEENROLL,
			       .request_id = "0123456789abcdef",
			       .peer = "192.0.2.17",
			       .label = "2.25.1234567890" };
	snprintf(event.client, sizeof event.client, "%s", subject);
	if (store_certificate_find_recent(tx, 1, record.key_hash, record.identity_hash,
					  CREATED - 600, &recent, err) ||
	    err->reason != REASON_NOT_FOUND)
		return error_set(err, REASON_INTERNAL, "a random key was there");
	return store_certificate_insert(tx, &record, &id, err) &&
	       store_audit_append(tx, &entry, err) && store_event_insert(tx, &event, err);
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static bool enroll(const struct job *job, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	return store_begin(job->store, &tx, err) && enter(tx, job, err) &&
	       store_commit(TAKE(tx), err);
}

static bool fill(const struct job *job, unsigned int rows, struct error *err)
{
	const double cpu = cpu_seconds();
	const unsigned int all = rows;

	while (rows) {
		CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

		if (!store_begin(job->store, &tx, err))
			return false;
		for (unsigned int i = 0; i < PER_FILLING_TRANSACTION && rows; i++, rows--)
			if (!enter(tx, job, err))
				return false;
		if (!store_commit(TAKE(tx), err))
			return false;
	}
	if (all)
		printf("filling with %u rows: %.1f us CPU each\n", all,
		       (cpu_seconds() - cpu) / all * 1e6);
	return true;
}

static void *work(void *argument)
{
	struct job *job = argument;

	for (unsigned int i = 0; i < job->count; i++) {
		struct error err = { 0 };

		if (!enroll(job, &err)) {
			fprintf(stderr, "%s: %s\n", reason_code(err.reason), err.detail);
			job->failed = true;
			break;
		}
	}
	return NULL;
}

static bool measure(const struct job *like, unsigned int threads, unsigned int enrollments)
{
	struct job jobs[256];
	double cpu = cpu_seconds();
	uint64_t start = monotonic_ms();
	bool failed = false;

	for (unsigned int i = 0; i < threads; i++) {
		jobs[i] = *like;
		jobs[i].count = enrollments / threads;
		if (pthread_create(&jobs[i].thread, NULL, work, &jobs[i]) != 0)
			return false;
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(jobs[i].thread, NULL);
		failed = failed || jobs[i].failed;
	}
	double wall = (double)(monotonic_ms() - start) / 1e3;
	double done = enrollments / threads * threads;
	cpu = cpu_seconds() - cpu;
	printf("%u threads, %.0f enrollments: %.1f us CPU each, %.0f per second\n", threads, done,
	       cpu / done * 1e6, done / wall);
	return !failed;
}

int main(int argc, char **argv)
{
	CLEANUP(store_closep) struct store *store = NULL;
	unsigned int threads = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 32;
	unsigned int enrollments = argc > 3 ? (unsigned int)strtoul(argv[3], NULL, 10) : 20000;
	unsigned int rows = argc > 4 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	struct error err = { 0 };
	struct job job = { 0 };
	struct store_tx *tx = NULL;
	char account[32];

	snprintf(account, sizeof account, "bench %" PRId64, clock_now(&clock_system));
	if (argc < 2 || threads < 1 || threads > 256) {
		fprintf(stderr, "usage: %s PATH [THREADS [ENROLLMENTS [ROWS_BEFORE]]]\n", argv[0]);
		return 2;
	}
	if (!store_open(argv[1], &store, &err) || !store_begin(store, &tx, &err) ||
	    !store_account_insert(tx, account, "2.25.1", &job.account_id, &err) ||
	    !store_commit(tx, &err)) {
		fprintf(stderr, "%s: %s\n", reason_code(err.reason), err.detail);
		return 1;
	}
	job.store = store;
	if (!fill(&job, rows, &err)) {
		fprintf(stderr, "%s: %s\n", reason_code(err.reason), err.detail);
		return 1;
	}
	return measure(&job, threads, enrollments) ? 0 : 1;
}
