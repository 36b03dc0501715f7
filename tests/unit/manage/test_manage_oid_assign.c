#include "test.h"

#include <string.h>

#include "manage/oid_assign.h"
#include "pki/der.h"

static struct profile *profile_of(const char *oid)
{
	static struct profile profiles[8];
	static size_t next;
	struct profile *profile = &profiles[next++ % 8];

	*profile = (struct profile){ .oid = (char *)oid };
	return profile;
}

static char *assign(const struct catalog *catalog, const char *arc)
{
	const struct account account = { .oid_arc = (char *)arc };
	struct error err = { 0 };
	char *oid = NULL;

	EXPECT_OK(oid_assign(catalog, &account, &oid, &err), err);
	return oid;
}

TEST(without_an_arc_the_oid_is_a_version_4_uuid)
{
	const struct catalog catalog = { 0 };

	for (int i = 0; i < 50; i++) {
		char *oid = assign(&catalog, i % 2 ? "" : NULL);
		struct buffer contents = { 0 };

		assert_int_equal(strncmp(oid, "2.25.", 5), 0);
		assert_true(oid_from_text(oid, &contents));
		/* 2.25 is one octet; then 128 bits at 7 an octet, the first two bits of them spare
		 */
		assert_in_range(contents.len, 18, 20);
		buffer_done(&contents);
		free(oid);
	}
}

TEST(two_oids_differ)
{
	const struct catalog catalog = { 0 };
	char *a = assign(&catalog, NULL), *b = assign(&catalog, NULL);

	assert_string_not_equal(a, b);
	free(a);
	free(b);
}

TEST(below_an_arc_the_numbers_go_up)
{
	struct profile *profiles[] = { profile_of("1.3.6.1.4.1.99999.5.2"),
				       profile_of("1.3.6.1.4.1.99999.5.11"),
				       profile_of("1.3.6.1.4.1.99999.55.90"),
				       profile_of("1.3.6.1.4.1.99999.5.70.1"),
				       profile_of("2.25.99") };
	const struct catalog catalog = { .profiles = profiles,
					 .profile_count = ARRAY_LEN(profiles) };
	char *oid = assign(&catalog, "1.3.6.1.4.1.99999.5");

	assert_string_equal(oid, "1.3.6.1.4.1.99999.5.12");
	free(oid);
}

TEST(the_first_number_is_one)
{
	const struct catalog catalog = { 0 };
	char *oid = assign(&catalog, "1.3.6.1.4.1.99999.5");

	assert_string_equal(oid, "1.3.6.1.4.1.99999.5.1");
	free(oid);
}

TEST_MAIN(RUN(without_an_arc_the_oid_is_a_version_4_uuid), RUN(two_oids_differ),
	  RUN(below_an_arc_the_numbers_go_up), RUN(the_first_number_is_one))
