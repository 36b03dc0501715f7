/* Passphrases: what is accepted, what is refused, and what a refusal costs. */
#include "ra/passphrase.h"

#include <string.h>
#include <time.h>

#include "base/base64.h"
#include "est/authorization.h"
#include "ra/passphrase_check.h"
#include "test.h"

#define NOW 1000000
#define PROFILE 7

static const struct bytes pepper = { (const unsigned char *)"a pepper for tests", 18 };
static const struct address peer = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1 } };

struct fixture {
	struct passphrase verifiers[2];
	struct catalog catalog;
	struct passphrase_checker *checker;
};

static void fixture_init(struct fixture *fixture, const char *text, bool generated)
{
	struct error err;

	*fixture = (struct fixture){ 0 };
	EXPECT_OK(passphrase_make_verifier(pepper, bytes_of_string(text), generated,
					   &fixture->verifiers[0], &err),
		  err);
	fixture->verifiers[0].id = 1;
	fixture->verifiers[0].profile_id = PROFILE;
	fixture->catalog.passphrases = fixture->verifiers;
	fixture->catalog.passphrase_count = 1;
	EXPECT_OK(passphrase_checker_new(pepper, &fixture->checker, &err), err);
}

static bool try_at(struct fixture *fixture, const char *text, int64_t now, struct error *err)
{
	const struct bytes candidate = bytes_of_string(text);

	return passphrase_check(fixture->checker, &fixture->catalog, PROFILE, &peer, &candidate, 1,
				now, err);
}

TEST(pp_02_a_wrong_passphrase_is_refused)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "correct-horse", true);
	EXPECT_REFUSED(try_at(&fixture, "xorrect-horse", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(try_at(&fixture, "correct-horsx", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(try_at(&fixture, "correct-hors", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(try_at(&fixture, "correct-horse-", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_OK(try_at(&fixture, "correct-horse", NOW, &err), err);
	EXPECT_OK(try_at(&fixture, " correct-horse\n", NOW, &err), err);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_03_no_passphrase_set_lets_nobody_in)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "correct-horse", true);
	fixture.catalog.passphrase_count = 0;
	EXPECT_REFUSED(try_at(&fixture, "correct-horse", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(try_at(&fixture, "", NOW, &err), err, REASON_BAD_PASSPHRASE);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_07_an_endless_or_broken_passphrase_runs_no_slow_function)
{
	struct fixture fixture;
	struct error err;
	char endless[PASSPHRASE_MAX + 2];

	memset(endless, 'a', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	fixture_init(&fixture, "a person's choice", false);
	EXPECT_REFUSED(try_at(&fixture, endless, NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(passphrase_make_verifier(pepper, bytes_of_string(endless), false,
						&fixture.verifiers[1], &err),
		       err, REASON_INVALID);
	EXPECT_REFUSED(passphrase_make_verifier(pepper, BYTES_LITERAL("tab\tinside it"), false,
						&fixture.verifiers[1], &err),
		       err, REASON_INVALID);
	EXPECT_REFUSED(passphrase_make_verifier(pepper, BYTES_LITERAL("short"), false,
						&fixture.verifiers[1], &err),
		       err, REASON_INVALID);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_08_guessing_is_slowed_and_other_profiles_are_not)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "correct-horse", true);
	for (int i = 0; i < LIMITER_BURST; i++)
		EXPECT_REFUSED(try_at(&fixture, "a wrong guess", NOW, &err), err,
			       REASON_BAD_PASSPHRASE);
	EXPECT_REFUSED(try_at(&fixture, "correct-horse", NOW, &err), err, REASON_TOO_MANY_FAILURES);
	assert_true(err.retry_after > 0);
	fixture.verifiers[0].profile_id = PROFILE + 1;
	const struct bytes right = BYTES_LITERAL("correct-horse");
	EXPECT_OK(passphrase_check(fixture.checker, &fixture.catalog, PROFILE + 1, &peer, &right, 1,
				   NOW, &err),
		  err);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_10_a_rotation_overlaps_and_ends)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "the old one", true);
	EXPECT_OK(passphrase_make_verifier(pepper, BYTES_LITERAL("a new choice"), false,
					   &fixture.verifiers[1], &err),
		  err);
	fixture.verifiers[0].ends = NOW + 10;
	fixture.verifiers[1].id = 2;
	fixture.verifiers[1].profile_id = PROFILE;
	fixture.catalog.passphrase_count = 2;
	EXPECT_OK(try_at(&fixture, "the old one", NOW + 9, &err), err);
	EXPECT_OK(try_at(&fixture, "a new choice", NOW + 9, &err), err);
	EXPECT_OK(try_at(&fixture, "a new choice", NOW + 10, &err), err);
	EXPECT_REFUSED(try_at(&fixture, "the old one", NOW + 10, &err), err, REASON_BAD_PASSPHRASE);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_10_a_successor_with_the_same_number_ends_what_was_remembered)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "the leaked one", false);
	EXPECT_OK(try_at(&fixture, "the leaked one", NOW, &err), err);
	EXPECT_OK(passphrase_make_verifier(pepper, BYTES_LITERAL("its successor"), false,
					   &fixture.verifiers[0], &err),
		  err);
	EXPECT_REFUSED(try_at(&fixture, "the leaked one", NOW, &err), err, REASON_BAD_PASSPHRASE);
	EXPECT_OK(try_at(&fixture, "its successor", NOW, &err), err);
	passphrase_checker_free(fixture.checker);
}

/* By the processor time that it costs: argon2id takes some hundred times as long as all else. */
TEST(pp_10_an_overlap_costs_no_slow_function_once_the_passphrase_is_known)
{
	struct fixture fixture;
	struct error err;

	fixture_init(&fixture, "the old choice", false);
	EXPECT_OK(passphrase_make_verifier(pepper, BYTES_LITERAL("the new choice"), false,
					   &fixture.verifiers[1], &err),
		  err);
	fixture.verifiers[1].id = 2;
	fixture.verifiers[1].profile_id = PROFILE;
	fixture.catalog.passphrase_count = 2;
	clock_t start = clock();
	EXPECT_OK(try_at(&fixture, "the new choice", NOW, &err), err);
	clock_t slow = clock() - start;
	start = clock();
	for (int i = 0; i < 10; i++)
		EXPECT_OK(try_at(&fixture, "the new choice", NOW, &err), err);
	assert_true(clock() - start <= slow);
	passphrase_checker_free(fixture.checker);
}

TEST(pp_08_a_guesser_does_not_come_by_new_tries_within_its_ipv6_network)
{
	struct fixture fixture;
	struct error err;
	const struct bytes wrong = BYTES_LITERAL("a wrong guess");
	struct address from = { { 0x20, 0x01, 0x0d, 0xb8 } };

	fixture_init(&fixture, "correct-horse", true);
	for (int i = 0; i < LIMITER_BURST; i++) {
		from.bytes[15] = (unsigned char)i;
		EXPECT_REFUSED(passphrase_check(fixture.checker, &fixture.catalog, PROFILE, &from,
						&wrong, 1, NOW, &err),
			       err, REASON_BAD_PASSPHRASE);
	}
	from.bytes[8] = 0xff;
	EXPECT_REFUSED(passphrase_check(fixture.checker, &fixture.catalog, PROFILE, &from, &wrong,
					1, NOW, &err),
		       err, REASON_TOO_MANY_FAILURES);
	from.bytes[7] = 1;
	EXPECT_REFUSED(passphrase_check(fixture.checker, &fixture.catalog, PROFILE, &from, &wrong,
					1, NOW, &err),
		       err, REASON_BAD_PASSPHRASE);
	passphrase_checker_free(fixture.checker);
}

static bool any_candidate_is(const struct authorization *authorization, const char *text)
{
	for (size_t i = 0; i < authorization->candidate_count; i++)
		if (bytes_equal(authorization->candidates[i], bytes_of_string(text)))
			return true;
	return false;
}

static void expect_candidate(const char *header, const char *text)
{
	CLEANUP(authorization_done) struct authorization authorization = { 0 };
	struct error err;

	EXPECT_OK(authorization_parse(bytes_of_string(header), &authorization, &err), err);
	assert_true(any_candidate_is(&authorization, text));
}

TEST(pp_01_the_three_basic_forms)
{
	expect_candidate("Basic dXNlcjpjb2Rl", "code");  /* user:code */
	expect_candidate("Basic OmNvZGU=", "code");      /* :code */
	expect_candidate("Basic OmNvZGU", "code");       /* the same without padding */
	expect_candidate("Basic Y29kZQ==", "code");      /* code */
	expect_candidate("Basic dTpwYTpzcw==", "pa:ss"); /* u:pa:ss */
	expect_candidate("Basic cGE6c3M=", "pa:ss");     /* pa:ss, bare */
}

TEST(pp_12_schemes)
{
	struct authorization authorization;
	struct error err;

	expect_candidate("bAsIc dXNlcjpjb2Rl", "code");
	expect_candidate("Basic  dXNlcjpjb2Rl ", "code");
	EXPECT_REFUSED(
		authorization_parse(BYTES_LITERAL("Basic\tdXNlcjpjb2Rl"), &authorization, &err),
		err, REASON_BAD_CREDENTIALS);
	EXPECT_REFUSED(
		authorization_parse(BYTES_LITERAL("Bearer dXNlcjpjb2Rl"), &authorization, &err),
		err, REASON_BAD_CREDENTIALS);
	EXPECT_REFUSED(authorization_parse(BYTES_LITERAL("Basic"), &authorization, &err), err,
		       REASON_BAD_CREDENTIALS);
	EXPECT_REFUSED(authorization_parse(BYTES_LITERAL("Basic "), &authorization, &err), err,
		       REASON_BAD_CREDENTIALS);
	EXPECT_REFUSED(authorization_parse(BYTES_LITERAL("Basic !!!!"), &authorization, &err), err,
		       REASON_BAD_CREDENTIALS);
	EXPECT_REFUSED(authorization_parse(BYTES_LITERAL("Negotiate"), &authorization, &err), err,
		       REASON_BAD_CREDENTIALS);
}

TEST(a_generated_passphrase_is_long_and_never_the_same)
{
	CLEANUP(secret_done) struct secret one = { 0 };
	CLEANUP(secret_done) struct secret two = { 0 };
	struct error err;

	EXPECT_OK(passphrase_generate(&one, &err), err);
	EXPECT_OK(passphrase_generate(&two, &err), err);
	assert_true(one.len >= 26);
	assert_false(secret_equal(secret_view(&one), secret_view(&two)));
}

TEST_MAIN(RUN(pp_02_a_wrong_passphrase_is_refused), RUN(pp_03_no_passphrase_set_lets_nobody_in),
	  RUN(pp_07_an_endless_or_broken_passphrase_runs_no_slow_function),
	  RUN(pp_08_guessing_is_slowed_and_other_profiles_are_not),
	  RUN(pp_10_a_rotation_overlaps_and_ends),
	  RUN(pp_10_a_successor_with_the_same_number_ends_what_was_remembered),
	  RUN(pp_10_an_overlap_costs_no_slow_function_once_the_passphrase_is_known),
	  RUN(pp_08_a_guesser_does_not_come_by_new_tries_within_its_ipv6_network),
	  RUN(pp_01_the_three_basic_forms), RUN(pp_12_schemes),
	  RUN(a_generated_passphrase_is_long_and_never_the_same))
