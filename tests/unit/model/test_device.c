#include "test.h"

#include <string.h>

#include "model/device.h"

#define PRINT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void expect_no_identity(enum device_kind kind, const char *text)
{
	struct device device = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(device_set_identity(&device, kind, text, &err), err, REASON_INVALID);
}

TEST(what_identifies_no_device_is_refused)
{
	char longer[DEVICE_IDENTITY_MAX + 2];

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	expect_no_identity(DEVICE_BY_SERIAL, "");
	expect_no_identity(DEVICE_BY_SERIAL, " a");
	expect_no_identity(DEVICE_BY_SERIAL, "a ");
	expect_no_identity(DEVICE_BY_SERIAL, "a\nb");
	expect_no_identity(DEVICE_BY_SERIAL, "..");
	expect_no_identity(DEVICE_BY_SERIAL, "a\x80");
	expect_no_identity(DEVICE_BY_SERIAL, longer);
	expect_no_identity(DEVICE_BY_FINGERPRINT, "");
	expect_no_identity(DEVICE_BY_FINGERPRINT, "SN-1");
	expect_no_identity(DEVICE_BY_FINGERPRINT, PRINT "00");
	expect_no_identity(DEVICE_BY_FINGERPRINT, &PRINT[2]);
	expect_no_identity((enum device_kind)2, "a");
}

TEST(a_fingerprint_is_read_with_colons_or_without)
{
	struct device device = { 0 };
	struct error err = { 0 };

	EXPECT_OK(device_set_identity(&device, DEVICE_BY_FINGERPRINT,
				      "01:23:45:67:89:AB:CD:EF:0123456789abcdef0123456789abcdef"
				      "0123456789abcdef",
				      &err),
		  err);
	assert_string_equal(device.identity, PRINT);
}

TEST(a_device_is_called_by_its_serial_number_and_its_name_alone)
{
	struct device device = { .kind = DEVICE_BY_SERIAL, .identity = "SN  1", .name = "gate" };

	assert_true(device_is_called(&device, "sn 1"));
	assert_true(device_is_called(&device, " SN 1 "));
	assert_true(device_is_called(&device, "Gate"));
	assert_false(device_is_called(&device, "sn1"));
	assert_false(device_is_called(&device, "gate "
					       "two"));
	assert_false(device_is_called(&device, ""));
	device.kind = DEVICE_BY_FINGERPRINT;
	assert_false(device_is_called(&device, "sn 1"));
	device.name[0] = '\0';
	assert_false(device_is_called(&device, ""));
	assert_false(device_is_called(&device, " "));
}

TEST(a_device_has_one_state)
{
	struct device device = { 0 };

	assert_int_equal(device_state(&device), DEVICE_REGISTERED);
	device.certificate_id = 4;
	assert_int_equal(device_state(&device), DEVICE_ENROLLED);
	device.suspended_at = 1;
	assert_int_equal(device_state(&device), DEVICE_SUSPENDED);
	assert_string_equal(device_state_text(DEVICE_SUSPENDED), "suspended");
}

TEST(a_code_ends_with_the_second_that_it_names)
{
	struct device_code code = { .uses_max = 2, .uses = 1, .ends = 100 };

	assert_int_equal(device_code_state(&code, 99), CODE_LIVE);
	assert_int_equal(device_code_state(&code, 100), CODE_EXPIRED);
	code.ends = 0;
	assert_int_equal(device_code_state(&code, INT64_MAX), CODE_LIVE);
	code.uses = 2;
	assert_int_equal(device_code_state(&code, 99), CODE_USED_UP);
	code.locked_at = 5;
	assert_int_equal(device_code_state(&code, 99), CODE_LOCKED);
}

TEST_MAIN(RUN(what_identifies_no_device_is_refused),
	  RUN(a_fingerprint_is_read_with_colons_or_without),
	  RUN(a_device_is_called_by_its_serial_number_and_its_name_alone),
	  RUN(a_device_has_one_state), RUN(a_code_ends_with_the_second_that_it_names))
