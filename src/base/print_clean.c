#include "base/print_clean.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

void print_clean(FILE *to, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		return;
	for (char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		size_t len = strcspn(line, "\n");
		char *copy = strndup(line, len);

		if (copy) {
			utf8_clean(copy);
			fputs(copy, to);
		}
		if (line[len])
			fputc('\n', to);
		free(copy);
	}
	free(text);
}
