/* What a server says serverkeygen's answer is: parts within the body, or a refusal. */
#include <stdlib.h>
#include <string.h>

#include "est_client/multipart_reader.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* The first line is the Content-Type field, the rest the body. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const unsigned char *end = memchr(data, '\n', size);
	size_t head = end ? (size_t)(end - data) : size;
	CLEANUP(freep) char *type = bytes_to_string((struct bytes){ data, head });
	const struct bytes body = { data + head, size - head };
	struct multipart multipart;
	struct error err;

	if (!type || !multipart_parse(type, body, &multipart, &err))
		return 0;
	expect(multipart.count > 0 && multipart.count <= MULTIPART_PARTS_MAX);
	for (size_t i = 0; i < multipart.count; i++) {
		const struct multipart_part *part = &multipart.parts[i];

		expect(part->body.data >= body.data &&
		       part->body.data + part->body.len <= body.data + body.len);
		expect(memchr(part->content_type, '\0', sizeof part->content_type) != NULL);
	}
	return 0;
}
