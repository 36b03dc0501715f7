/* SKG-02: the body of a serverkeygen answer, byte for byte. */
/* wrap: realloc */
#include "est/multipart.h"

#include "test.h"

TEST(skg_02_two_parts_in_their_order)
{
	const struct part parts[] = { { "application/pkcs8", BYTES_LITERAL("key") },
				      { "application/pkcs7-mime", BYTES_LITERAL("certs") } };
	CLEANUP(buffer_done) struct buffer body = { 0 };

	multipart_write(parts, ARRAY_LEN(parts), 0, &body);
	assert_string_equal(buffer_cstring(&body), "--bestow-part\r\n"
						   "Content-Type: application/pkcs8\r\n"
						   "Content-Transfer-Encoding: base64\r\n\r\n"
						   "a2V5\n\r\n"
						   "--bestow-part\r\n"
						   "Content-Type: application/pkcs7-mime\r\n"
						   "Content-Transfer-Encoding: base64\r\n\r\n"
						   "Y2VydHM=\n\r\n"
						   "--bestow-part--\r\n");
	assert_string_equal(MULTIPART_TYPE, "multipart/mixed; boundary=bestow-part");
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static unsigned int reallocations;

void *__wrap_realloc(void *memory, size_t size)
{
	reallocations++;
	return __real_realloc(memory, size);
}

/* A secret that is moved while the body grows would stay where it was before. */
TEST(skg_04_the_body_is_written_without_being_moved)
{
	static const size_t lengths[] = { 0, 1, 64 };
	unsigned char key[3000] = { 1 };
	const struct part parts[] = { { "a", { key, sizeof key } }, { "b", { key, sizeof key } } };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEANUP(buffer_done) struct buffer body = { 0 };

		reallocations = 0;
		multipart_write(parts, ARRAY_LEN(parts), lengths[i], &body);
		assert_int_equal(reallocations, 1);
	}
}

TEST_MAIN(RUN(skg_02_two_parts_in_their_order), RUN(skg_04_the_body_is_written_without_being_moved))
