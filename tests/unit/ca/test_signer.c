/* CA keys in files: kept encrypted, refused when they could be another's, loaded only when they
 * fit. */
#include "ca/signer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "ca/serial.h"
#include "test.h"

#define PASSPHRASE BYTES_LITERAL("a passphrase of the tests")

struct scene {
	char folder[64], path[128];
	struct signer *signer;
	struct private_key *key;
	struct public_key *public_key;
	struct error err;
};

static void scene_open(struct scene *scene, bool add)
{
	*scene = (struct scene){ .folder = "/tmp/bestow-signer-XXXXXX" };
	assert_non_null(mkdtemp(scene->folder));
	snprintf(scene->path, sizeof scene->path, "%s/ca-1.key", scene->folder);
	EXPECT_OK(signer_open(scene->folder, PASSPHRASE, &scene->signer, &scene->err), scene->err);
	EXPECT_OK(private_key_generate(KEY_P256, 0, &scene->key, &scene->err), scene->err);
	EXPECT_OK(private_key_public(scene->key, &scene->public_key, &scene->err), scene->err);
	if (add)
		EXPECT_OK(signer_add(scene->signer, "ca-1", scene->key, &scene->err), scene->err);
}

static void scene_close(struct scene *scene)
{
	signer_free(scene->signer);
	private_key_free(scene->key);
	public_key_free(scene->public_key);
	(void)unlink(scene->path);
	assert_int_equal(rmdir(scene->folder), 0);
}

static bool load(struct scene *scene)
{
	return signer_load(scene->signer, "ca-1", scene->public_key, &scene->err);
}

TEST(a_key_is_kept_encrypted_and_signs_again)
{
	struct scene scene;
	CLEANUP(buffer_done) struct buffer file = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct stat st;

	scene_open(&scene, true);
	EXPECT_OK(file_load(scene.path, 65536, &file, &scene.err), scene.err);
	assert_non_null(memmem(file.data, file.len, "ENCRYPTED PRIVATE KEY", 21));
	assert_int_equal(stat(scene.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	EXPECT_OK(signer_sign(scene.signer, "ca-1", scene.public_key, SIGN_ECDSA_SHA256,
			      BYTES_LITERAL("x"), &signature, &scene.err),
		  scene.err);
	assert_true(public_key_verify(scene.public_key, SIGN_ECDSA_SHA256, BYTES_LITERAL("x"),
				      buffer_view(&signature)));
	EXPECT_REFUSED(signer_add(scene.signer, "ca-1", scene.key, &scene.err), scene.err,
		       REASON_CONFLICT);
	scene_close(&scene);
}

TEST(ci_13_a_key_that_others_can_read_is_not_used)
{
	struct scene scene;

	scene_open(&scene, true);
	assert_int_equal(chmod(scene.path, 0644), 0);
	EXPECT_REFUSED(load(&scene), scene.err, REASON_CA_UNAVAILABLE);
	assert_int_equal(chmod(scene.path, 0600), 0);
	EXPECT_OK(load(&scene), scene.err);
	scene_close(&scene);
}

TEST(ci_13_a_symbolic_link_is_not_followed)
{
	struct scene scene;
	char real[160];

	scene_open(&scene, true);
	snprintf(real, sizeof real, "%s.real", scene.path);
	assert_int_equal(rename(scene.path, real), 0);
	assert_int_equal(symlink(real, scene.path), 0);
	EXPECT_REFUSED(load(&scene), scene.err, REASON_CA_UNAVAILABLE);
	assert_int_equal(unlink(real), 0);
	scene_close(&scene);
}

TEST(ci_13_a_wrong_passphrase_opens_nothing)
{
	struct scene scene;
	CLEANUP(signer_freep) struct signer *other = NULL;

	scene_open(&scene, true);
	EXPECT_OK(
		signer_open(scene.folder, BYTES_LITERAL("another passphrase"), &other, &scene.err),
		scene.err);
	EXPECT_REFUSED(signer_load(other, "ca-1", scene.public_key, &scene.err), scene.err,
		       REASON_CA_UNAVAILABLE);
	scene_close(&scene);
}

TEST(ci_13_a_key_that_does_not_fit_its_certificate_is_not_used)
{
	struct scene scene;
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(public_key_freep) struct public_key *other = NULL;

	scene_open(&scene, true);
	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &scene.err), scene.err);
	EXPECT_OK(private_key_public(key, &other, &scene.err), scene.err);
	EXPECT_REFUSED(signer_load(scene.signer, "ca-1", other, &scene.err), scene.err,
		       REASON_CA_UNAVAILABLE);
	EXPECT_OK(load(&scene), scene.err);
	scene_close(&scene);
}

TEST(a_name_cannot_leave_the_folder)
{
	static const char *const names[] = { "", "../ca-1", "a/b", ".", "A", "ca_1" };
	struct scene scene;

	scene_open(&scene, false);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		EXPECT_REFUSED(signer_add(scene.signer, names[i], scene.key, &scene.err), scene.err,
			       REASON_INVALID);
	scene_close(&scene);
}

TEST(a_missing_key_makes_its_ca_unavailable_until_it_is_there)
{
	struct scene scene;

	scene_open(&scene, false);
	EXPECT_REFUSED(load(&scene), scene.err, REASON_CA_UNAVAILABLE);
	EXPECT_OK(signer_add(scene.signer, "ca-1", scene.key, &scene.err), scene.err);
	EXPECT_OK(load(&scene), scene.err);
	scene_close(&scene);
}

TEST(signatures_are_measured_where_the_key_is)
{
	struct scene scene;
	struct meter durations[KEY_PLACE_COUNT] = { 0 };
	struct counter failures[KEY_PLACE_COUNT] = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	scene_open(&scene, true);
	signer_measure(scene.signer, &(struct signer_meters){ durations, failures });
	EXPECT_REFUSED(signer_sign(scene.signer, "ca-2", scene.public_key, SIGN_ECDSA_SHA256,
				   BYTES_LITERAL("x"), &signature, &scene.err),
		       scene.err, REASON_CA_UNAVAILABLE);
	assert_int_equal(counter_read(&failures[KEY_IN_FILE]), 1);
	EXPECT_OK(signer_sign(scene.signer, "ca-1", scene.public_key, SIGN_ECDSA_SHA256,
			      BYTES_LITERAL("x"), &signature, &scene.err),
		  scene.err);
	assert_true(counter_read(&durations[KEY_IN_FILE].sum) > 0);
	assert_int_equal(counter_read(&failures[KEY_IN_FILE]), 1);
	assert_int_equal(counter_read(&durations[KEY_IN_TOKEN].sum), 0);
	scene_close(&scene);
}

TEST(ci_04_serials_are_positive_bounded_and_never_the_same)
{
	static unsigned char serials[2000][SERIAL_LEN];
	size_t ones = 0;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(serials); i++) {
		EXPECT_OK(serial_new(0, serials[i], &err), err);
		assert_in_range(serials[i][0], 1, 0x7f);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(serials[i], serials[j], SERIAL_LEN);
		for (size_t bit = 0; bit < 8 * (size_t)SERIAL_RANDOM_LEN; bit++)
			ones += serials[i][SERIAL_LEN - 1 - bit / 8] >> bit % 8 & 1;
	}
	/* 256,000 random bits: half of them, within eight standard deviations */
	assert_in_range(ones, 128000 - 2024, 128000 + 2024);
}

static uint32_t place_of(const unsigned char serial[SERIAL_LEN])
{
	return (uint32_t)serial[1] << 16 | (uint32_t)serial[2] << 8 | serial[3];
}

TEST(serials_made_one_after_the_other_stand_side_by_side)
{
	unsigned char first[SERIAL_LEN], second[SERIAL_LEN];
	const struct timespec moment = { .tv_nsec = 200000000 };
	struct error err;

	EXPECT_OK(serial_new(0, first, &err), err);
	(void)nanosleep(&moment, NULL);
	EXPECT_OK(serial_new(0, second, &err), err);
	/* places come round; a minute is a thousand of them */
	assert_in_range((place_of(second) - place_of(first)) & 0xffffff, 1, 1000);
}

TEST(ft_11_serials_after_a_restoration_begin_otherwise)
{
	unsigned char before[SERIAL_LEN], after[SERIAL_LEN];
	struct error err;

	for (int64_t restorations = 0; restorations < 1000; restorations++) {
		EXPECT_OK(serial_new(restorations, before, &err), err);
		EXPECT_OK(serial_new(restorations + 1, after, &err), err);
		assert_int_not_equal(before[0], after[0]);
		assert_in_range(after[0], 1, 0x7f);
	}
}

TEST_MAIN(RUN(a_key_is_kept_encrypted_and_signs_again),
	  RUN(ci_13_a_key_that_others_can_read_is_not_used),
	  RUN(ci_13_a_symbolic_link_is_not_followed), RUN(ci_13_a_wrong_passphrase_opens_nothing),
	  RUN(ci_13_a_key_that_does_not_fit_its_certificate_is_not_used),
	  RUN(a_name_cannot_leave_the_folder),
	  RUN(a_missing_key_makes_its_ca_unavailable_until_it_is_there),
	  RUN(signatures_are_measured_where_the_key_is),
	  RUN(ci_04_serials_are_positive_bounded_and_never_the_same),
	  RUN(serials_made_one_after_the_other_stand_side_by_side),
	  RUN(ft_11_serials_after_a_restoration_begin_otherwise))
