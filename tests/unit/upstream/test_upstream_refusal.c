#include "test.h"

#include <string.h>

#include "upstream/refusal.h"

static void expect(enum reason from, bool was_slow, enum reason to)
{
	struct error why = { .reason = from, .detail = "its words" }, err = { 0 };

	assert_false(upstream_refusal(&why, was_slow, &err));
	if (err.reason != to)
		fail_msg("%s becomes %s; wanted %s", reason_code(from), reason_code(err.reason),
			 reason_code(to));
	assert_string_equal(err.detail, "its words");
	assert_int_not_equal(err.retry_after, 0);
}

TEST(ra_05_what_no_device_can_mend_is_the_proxys_fault)
{
	expect(REASON_NO_CREDENTIALS, false, REASON_UPSTREAM_BROKEN);
	expect(REASON_BAD_PASSPHRASE, false, REASON_UPSTREAM_BROKEN);
	expect(REASON_UNKNOWN_LABEL, false, REASON_UPSTREAM_BROKEN);
	expect(REASON_SERVER_UNTRUSTED, false, REASON_UPSTREAM_BROKEN);
	expect(REASON_ANSWER_UNFIT, false, REASON_UPSTREAM_BROKEN);
	expect(REASON_SERVER_ANSWER, true, REASON_UPSTREAM_BROKEN);
	expect(REASON_REDIRECT_REFUSED, false, REASON_UPSTREAM_BROKEN);
}

TEST(ra_05_away_and_slow_are_told_apart)
{
	expect(REASON_SERVER_UNREACHABLE, false, REASON_UPSTREAM_UNAVAILABLE);
	expect(REASON_SERVER_UNREACHABLE, true, REASON_UPSTREAM_SLOW);
	expect(REASON_SERVER_BUSY, false, REASON_UPSTREAM_UNAVAILABLE);
	expect(REASON_QUOTA, false, REASON_UPSTREAM_UNAVAILABLE);
}

TEST(a_refusal_keeps_its_class)
{
	expect(REASON_SERVER_REFUSED, false, REASON_UPSTREAM_REFUSED);
	expect(REASON_RA_SCOPE, false, REASON_UPSTREAM_REFUSED);
	expect(REASON_SUBJECT_RULE, false, REASON_UPSTREAM_REJECTED);
	expect(REASON_SERVER_PENDING, false, REASON_SERVER_PENDING);
}

TEST_MAIN(RUN(ra_05_what_no_device_can_mend_is_the_proxys_fault),
	  RUN(ra_05_away_and_slow_are_told_apart), RUN(a_refusal_keeps_its_class))
