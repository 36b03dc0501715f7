/* PP-02: does the time that a wrong passphrase takes tell where it is wrong? Welch's t between
 *passphrases that differ in their first and in their last byte, over the function that judges them;
 *and, so that the method is seen to work here, over a twin of it that compares as a careless
 *program would.
 *
 *	passphrase_timing [TRIALS]       100000 unless told
 *
 * |t| below 4.5 is no finding. Exit status: 0 no leak and the twin found; 1 a leak; 2 the twin was
 *not found, so that this run says nothing. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "base/random.h"
#include "ra/passphrase.h"
#include "ra/passphrase_check.h"

#define TRIALS_DEFAULT 100000
#define LEAK 4.5
#define KEPT_SHARE 0.9                          /* the slowest were interrupted by something */
#define RIGHT "k7qdw-m3xpa-9tz4h-cv2ns-e8rbj-y" /* as long as generated ones */
#define PEPPER BYTES_LITERAL("0123456789abcdef0123456789abcdef")

struct scene {
	struct passphrase_checker *checker;
	struct catalog catalog;
	uint32_t asked;
};

/* Each asks from an address of its own, or the limiter would answer. */
static struct address next_peer(struct scene *scene)
{
	struct address peer = { 0 };
	char text[32];
	uint32_t n = scene->asked++;

	snprintf(text, sizeof text, "10.%u.%u.%u", n >> 16 & 255, n >> 8 & 255, n & 255);
	(void)!address_parse(text, &peer, NULL);
	return peer;
}

static bool judge(struct scene *scene, struct bytes text)
{
	const struct address peer = next_peer(scene);
	struct error err;

	return passphrase_check(scene->checker, &scene->catalog, 1, &peer, &text, 1, 1, &err);
}

static bool judge_carelessly(struct scene *scene, struct bytes text)
{
	unsigned char hash[HASH_LEN];

	(void)scene;
	if (!hash_hmac_sha256(PEPPER, text, hash, NULL))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (((const volatile unsigned char *)text.data)[i] != (unsigned char)RIGHT[i])
			return false;
	return true;
}

static double nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct sample {
	double *times;
	size_t count;
};

static int by_size(const void *a, const void *b)
{
	double first = *(const double *)a, second = *(const double *)b;

	return (first > second) - (first < second);
}

static void summarize(struct sample *sample, double *ret_mean, double *ret_variance)
{
	double sum = 0, squares = 0;

	qsort(sample->times, sample->count, sizeof *sample->times, by_size);
	size_t kept = (size_t)((double)sample->count * KEPT_SHARE);
	for (size_t i = 0; i < kept; i++)
		sum += sample->times[i];
	*ret_mean = sum / (double)kept;
	for (size_t i = 0; i < kept; i++)
		squares += (sample->times[i] - *ret_mean) * (sample->times[i] - *ret_mean);
	*ret_variance = squares / (double)(kept - 1) / (double)kept;
}

/* The two kinds by turns as a coin falls, so that what drifts meets both. */
static double measure(struct scene *scene, bool (*of)(struct scene *, struct bytes), size_t trials)
{
	struct sample samples[2] = { 0 };
	double mean[2], variance[2];

	for (int i = 0; i < 2; i++)
		if (!(samples[i].times = calloc(trials * 2, sizeof(double))))
			exit(2);
	for (size_t i = 0; i < trials * 2; i++) {
		unsigned char coin = 0;
		char text[] = RIGHT;

		if (!random_fill(&coin, 1, NULL))
			exit(2);
		coin &= 1;
		text[coin ? sizeof text - 2 : 0] ^= 1;
		double start = nanoseconds();
		bool right = of(scene, (struct bytes){ (unsigned char *)text, sizeof text - 1 });
		samples[coin].times[samples[coin].count++] = nanoseconds() - start;
		if (right)
			exit(2);
	}
	for (int i = 0; i < 2; i++) {
		summarize(&samples[i], &mean[i], &variance[i]);
		free(samples[i].times);
	}
	return (mean[1] - mean[0]) / sqrt(variance[0] + variance[1]);
}

int main(int argc, char **argv)
{
	size_t trials = argc > 1 ? strtoul(argv[1], NULL, 10) : TRIALS_DEFAULT;
	struct passphrase verifier = { .id = 1, .profile_id = 1 };
	struct scene scene = { .catalog = { .passphrases = &verifier, .passphrase_count = 1 } };
	struct error err = { 0 };

	if (trials < 1000 ||
	    !passphrase_make_verifier(PEPPER, bytes_of_string(RIGHT), true, &verifier, &err) ||
	    !passphrase_checker_new(PEPPER, &scene.checker, &err)) {
		fprintf(stderr, "passphrase_timing: %s\n",
			trials < 1000 ? "at least 1000 trials" : err.detail);
		return 2;
	}
	double ours = measure(&scene, judge, trials);
	double careless = measure(&scene, judge_carelessly, trials);
	printf("t of passphrase_check %.2f, of the careless twin %.2f (%zu trials each way; a leak "
	       "is "
	       "%.1f or more)\n",
	       ours, careless, trials, LEAK);
	passphrase_checker_free(scene.checker);
	if (fabs(careless) < LEAK)
		return 2;
	return fabs(ours) < LEAK ? 0 : 1;
}
