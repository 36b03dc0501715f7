/* A page as a process that was taken over could leave it, and the field Accept of whoever asks:
 * what comes out is lines that a monitoring system takes, and no two of them name the same series.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/expose.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "NAME{LABELS} VALUE": the value behind the last space is cut off. */
static void check_lines(char *text)
{
	static char *lines[65536];
	size_t count = 0;

	for (char *line = strtok_r(text, "\n", &text); line; line = strtok_r(NULL, "\n", &text)) {
		char *value = strrchr(line, ' ');

		if (*line == '#')
			continue;
		if (strncmp(line, "bestow_", 7) != 0 || !value || count == 65536)
			abort();
		*value = '\0';
		lines[count++] = line;
	}
	qsort(lines, count, sizeof *lines, compare);
	for (size_t i = 1; i < count; i++)
		if (strcmp(lines[i - 1], lines[i]) == 0)
			abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(metrics_board_freep) struct metrics_board *board = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	char accept[64];
	struct error err;
	size_t page = 0;

	if (!metrics_board_new(&board, &err) || !metrics_board_take(board, &page, &err))
		return 0;
	snprintf(accept, sizeof accept, "%.*s", (int)(size < 63 ? size : 63), (const char *)data);
	struct metrics_page *written = metrics_board_page(board, page);
	memcpy(written->rows, data, size < sizeof written->rows ? size : sizeof written->rows);
	if (!expose_board(board, exposition_choose(accept), &text, &err))
		return 0;
	check_lines((char *)(uintptr_t)buffer_cstring(&text));
	return 0;
}
