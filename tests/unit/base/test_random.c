#include "clone.h"

#include <errno.h>
#include <sys/random.h>

#include "base/random.h"

/* wrap: getrandom */
ssize_t __real_getrandom(void *into, size_t len, unsigned int flags);
ssize_t __wrap_getrandom(void *into, size_t len, unsigned int flags);

static int broken; /* what the kernel's generator says; 0: it works */
static int interruptions;

ssize_t __wrap_getrandom(void *into, size_t len, unsigned int flags)
{
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (broken) {
		errno = broken;
		return -1;
	}
	return __real_getrandom(into, len, flags);
}

TEST(ft_21_without_the_kernel_there_is_no_randomness)
{
	unsigned char octets[16];
	struct error err = { 0 };

	broken = ENOSYS;
	EXPECT_REFUSED(random_fill(octets, sizeof octets, &err), err, REASON_CRYPTO);
	broken = 0;
	interruptions = 2;
	EXPECT_OK(random_fill(octets, sizeof octets, &err), err);
}

TEST(ft_21_all_octets_are_filled)
{
	unsigned char seen[1000] = { 0 }, octets[1000];
	struct error err = { 0 };

	for (int round = 0; round < 8; round++) {
		EXPECT_OK(random_fill(octets, sizeof octets, &err), err);
		for (size_t i = 0; i < sizeof octets; i++)
			seen[i] |= octets[i];
	}
	for (size_t i = 0; i < sizeof seen; i++)
		assert_int_not_equal(seen[i], 0);
}

static void fill(unsigned char into[CLONE_OUTPUT])
{
	struct error err = { 0 };

	EXPECT_OK(random_fill(into, CLONE_OUTPUT, &err), err);
}

TEST(ft_21_copies_of_a_machine_draw_different_octets)
{
	unsigned char before[CLONE_OUTPUT];

	fill(before); /* OpenSSL's generator is at work when the snapshot is taken */
	assert_true(clones_differ(fill));
}

TEST_MAIN(RUN(ft_21_without_the_kernel_there_is_no_randomness), RUN(ft_21_all_octets_are_filled),
	  RUN(ft_21_copies_of_a_machine_draw_different_octets))
