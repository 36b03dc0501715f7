/* What an operator types to search, and the names that are searched. */
#include <stdlib.h>
#include <string.h>

#include "store/search_text.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void search(const char *term, size_t len)
{
	CLEANUP(buffer_done) struct buffer pattern = { 0 };
	CLEANUP(buffer_done) struct buffer begin = { 0 };

	if (search_term_read(term, len, &pattern, &begin, NULL) &&
	    (begin.len == 0 || begin.len > SEARCH_WORD_MAX || begin.data[0] == ' '))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(buffer_done) struct buffer folded = { 0 };
	struct bytes entries[SEARCH_ENTRIES_MAX];

	buffer_append(&text, (struct bytes){ data, size });
	const char *subject = buffer_cstring(&text);
	if (!subject)
		return 0;
	const char *san = strchr(subject, '\n') ? strchr(subject, '\n') + 1 : "";
	search(subject, strlen(subject));
	search_text_fold(subject, san, &folded);
	size_t count = search_text_entries(subject, san, buffer_view(&folded), entries);
	for (size_t i = 0; i < count; i++)
		if (entries[i].len == 0 || entries[i].len > SEARCH_WORD_MAX)
			abort();
	return 0;
}
