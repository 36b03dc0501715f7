#include "bestowctl/device_list.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

static bool fill(struct device_list *list, struct error *err)
{
	while (!list->at_end && list->len < sizeof list->bytes) {
		ssize_t got =
			read(list->fd, list->bytes + list->len, sizeof list->bytes - list->len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_set(err, REASON_FILE, "the list: %s", strerror(errno));
		list->at_end = got == 0;
		list->len += (size_t)got;
	}
	return true;
}

static void drop_handed(struct device_list *list)
{
	list->len -= list->handed;
	memmove(list->bytes, list->bytes + list->handed, list->len);
	list->handed = 0;
}

/* Of the lines that are there whole, as many as may go at once; 0 when there is none. */
static size_t whole_lines(const struct device_list *list, size_t lines_max, size_t *ret_lines)
{
	size_t used = 0;

	for (*ret_lines = 0; *ret_lines < lines_max && used < list->len; ++*ret_lines) {
		const unsigned char *end = memchr(list->bytes + used, '\n', list->len - used);

		if (!end && !list->at_end)
			break;
		used = end ? (size_t)(end - list->bytes) + 1 : list->len;
	}
	return used;
}

static bool take(struct device_list *list, size_t lines_max, struct bytes *ret, size_t *ret_line,
		 struct error *err)
{
	size_t lines = 0;

	drop_handed(list);
	if (!fill(list, err))
		return false;
	list->handed = whole_lines(list, lines_max, &lines);
	if (list->len && !list->handed)
		return error_set(err, REASON_IMPORT_MALFORMED, "line %zu is longer than %d octets",
				 list->next_line, DEVICE_PIECE_MAX);
	*ret = (struct bytes){ list->bytes, list->handed };
	*ret_line = list->next_line;
	list->next_line += lines;
	return true;
}

static void copy_header(struct device_list *list, struct bytes line)
{
	if (line.len >= sizeof mark && memcmp(line.data, mark, sizeof mark) == 0) {
		line.data += sizeof mark;
		line.len -= sizeof mark;
	}
	while (line.len && (line.data[line.len - 1] == '\n' || line.data[line.len - 1] == '\r'))
		line.len--;
	memcpy(list->header, line.data, line.len);
	list->header[line.len] = '\0';
}

/* Only a guess at how much may go at once, so that it need not read what a quote means. */
static bool names_codes(const char *header)
{
	return strstr(header, "code") != NULL;
}

bool device_list_begin(int fd, struct device_list *ret, struct error *err)
{
	struct bytes line;
	size_t number;

	ret->fd = fd;
	ret->len = ret->handed = 0;
	ret->at_end = false;
	ret->next_line = 1;
	if (!take(ret, 1, &line, &number, err))
		return false;
	if (line.len == 0 || line.len >= sizeof ret->header)
		return error_set(
			err, REASON_IMPORT_MALFORMED,
			"the first line names the columns: serial or fingerprint, and what "
			"else there is");
	copy_header(ret, line);
	if (!ret->header[0])
		return error_set(err, REASON_IMPORT_MALFORMED, "the first line is empty");
	ret->lines_at_once = names_codes(ret->header) ? DEVICE_PIECE_CODES : DEVICE_PIECE_LINES;
	return true;
}

bool device_list_next(struct device_list *list, struct bytes *ret, size_t *ret_line,
		      struct error *err)
{
	return take(list, list->lines_at_once, ret, ret_line, err);
}
