/* A name constraint that is taken can be read back, and reading never takes more than DER. The
 * input is a text, and at once the value of an extension. */
#include <stdlib.h>
#include <string.h>

#include "pki/name_subtree.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool count(void *context, bool excluded, const char *text)
{
	(void)excluded;
	if (!*text)
		abort();
	++*(size_t *)context;
	return true;
}

static void read_back(const char *text)
{
	const struct name_subtrees one = { &text, 1 }, none = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };
	struct error err = { 0 };
	size_t found = 0;

	if (!name_constraints_encode(&none, &one, &value, &err))
		return;
	if (!name_constraints_each(buffer_view(&value), count, &found) || found != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = malloc(size + 1);
	size_t found = 0;

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	read_back(text);
	free(text);
	(void)name_constraints_each((struct bytes){ data, size }, count, &found);
	return 0;
}
