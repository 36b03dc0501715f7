/* What forwarding fields say: whoever writes last is believed, and nothing before that word,
 * however it is spelt, changes what it says. The first octet chooses the header; each line is a
 * field. */
#include <stdlib.h>
#include <string.h>

#include "http/forwarded.h"
#include "http/text.h"

#define FIELDS_MAX 8

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

/* Trusted is 192.0.2.0/24. */
static struct address_range range = {
	{ { [10] = 0xff, [11] = 0xff, 192, 0, 2, 0 } },
	{ { [10] = 0xff, [11] = 0xff, 192, 0, 2, 255 } },
};

static const struct words {
	const char *stranger, *proxy, *unsure;
} words[] = {
	[FORWARDED_HEADER_X_FORWARDED_FOR] = { "198.51.100.7", "192.0.2.1", "unknown" },
	[FORWARDED_HEADER_RFC7239] = { "for=198.51.100.7", "for=192.0.2.1", "for=unknown" },
};

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* Nobody: all zeros. */
static struct address client_of(enum forwarded_header header, const struct head *head)
{
	const struct forwarding forwarding = { header, { &range, 1 } };
	struct address client, nobody = { { 0 } };

	if (!forwarded_client(&forwarding, head, &client))
		return nobody;
	expect(!address_set_holds(&forwarding.trusted, &client));
	return client;
}

static bool is_nobody(struct address address)
{
	return address_compare(&address, &(struct address){ { 0 } }) == 0;
}

static struct address client_behind(enum forwarded_header header, const struct head *head,
				    const char *last)
{
	struct head longer = *head;

	longer.fields[longer.field_count++] = (struct http_header){ forwarded_name(header), last };
	return client_of(header, &longer);
}

static void check_last_word(enum forwarded_header header, const struct head *head)
{
	struct address client = client_of(header, head);
	struct address stranger = client_behind(header, head, words[header].stranger);
	struct address same = client_behind(header, head, words[header].proxy);

	expect(stranger.bytes[12] == 198 && stranger.bytes[15] == 7);
	expect(address_compare(&client, &same) == 0);
	expect(is_nobody(client_behind(header, head, words[header].unsure)));
}

static void check_first_word(enum forwarded_header header, const struct head *head)
{
	struct head shorter = *head;

	shorter.field_count--;
	memmove(shorter.fields, shorter.fields + 1, shorter.field_count * sizeof shorter.fields[0]);
	struct address without = client_of(header, &shorter);
	struct address with = client_of(header, head);
	expect(is_nobody(without) || address_compare(&without, &with) == 0);
}

/* Cuts the text into fields; false when no head could hold it, or so many hops. */
static bool make_head(char *text, enum forwarded_header header, struct head *ret)
{
	size_t hops = 1;

	for (const char *at = text; *at; at++) {
		hops += *at == ',' || *at == '\n';
		if (*at != '\n' && !text_is_field_octet((unsigned char)*at))
			return false;
	}
	*ret = (struct head){ .method = "GET" };
	while (text && ret->field_count < FIELDS_MAX)
		ret->fields[ret->field_count++] =
			(struct http_header){ forwarded_name(header),
					      text_trim(strsep(&text, "\n")) };
	return hops < FORWARDED_HOPS_MAX;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct head head;

	if (size == 0)
		return 0;
	enum forwarded_header header =
		data[0] & 1 ? FORWARDED_HEADER_RFC7239 : FORWARDED_HEADER_X_FORWARDED_FOR;
	char *text = bytes_to_string((struct bytes){ data + 1, size - 1 });
	if (text && make_head(text, header, &head)) {
		check_last_word(header, &head);
		check_first_word(header, &head);
	}
	free(text);
	return 0;
}
