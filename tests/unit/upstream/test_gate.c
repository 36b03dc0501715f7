#include "test.h"

#include <string.h>

#include "upstream/gate.h"

static struct error err;

static void expect_refused(const char *text)
{
	CLEANUP(gate_done) struct gate gate = { 0 };

	EXPECT_REFUSED(gate_add_passphrases(&gate, bytes_of_string(text), &err), err,
		       REASON_SECRET_FILE);
}

TEST(a_passphrase_that_could_be_guessed_is_not_taken)
{
	expect_refused("nineteen-characters\n");
	expect_refused("twenty-characters-ok\nshort\n");
}

TEST(a_file_without_a_passphrase_is_refused)
{
	expect_refused("");
	expect_refused("# none\n\n \t\r\n");
}

TEST(each_line_is_a_passphrase)
{
	CLEANUP(gate_done) struct gate gate = { 0 };

	EXPECT_OK(
		gate_add_passphrases(
			&gate,
			BYTES_LITERAL(
				"# site\r\ntwenty-characters-ok\r\n\nanother-that-is-long-enough"),
			&err),
		err);
	assert_int_equal(gate.passphrase_count, 2);
	assert_true(secret_equal(secret_view(&gate.passphrases[0]),
				 BYTES_LITERAL("twenty-characters-ok")));
	assert_true(secret_equal(secret_view(&gate.passphrases[1]),
				 BYTES_LITERAL("another-that-is-long-enough")));
}

TEST(what_is_no_certificate_is_no_anchor)
{
	CLEANUP(gate_done) struct gate gate = { 0 };

	EXPECT_REFUSED(gate_add_anchors(&gate, BYTES_LITERAL("nothing"), &err), err,
		       REASON_IMPORT_MALFORMED);
}

TEST_MAIN(RUN(a_passphrase_that_could_be_guessed_is_not_taken),
	  RUN(a_file_without_a_passphrase_is_refused), RUN(each_line_is_a_passphrase),
	  RUN(what_is_no_certificate_is_no_anchor))
