/* Who is the client by X-Forwarded-For and by Forwarded; that nobody is comes first. */
#include "test.h"

#include <string.h>

#include "http/forwarded.h"

#define LONG_MAX_TEXT 8000

struct lists {
	const char *values[4]; /* fields of the name, in order */
	const char *client;    /* NULL: nobody is named */
};

/* 192.0.2.1, 192.0.2.2 and 2001:db8:1::/48 are trusted proxies. */
static struct address_set trusted(void)
{
	struct address_set set = { 0 };
	struct error err;

	EXPECT_OK(address_list_parse("192.0.2.1-192.0.2.2, 2001:db8:1::/48", &set, &err), err);
	return set;
}

static const char *client_of(enum forwarded_header header, const char *name,
			     const char *const *values, size_t count, char into[ADDRESS_TEXT_MAX])
{
	struct forwarding forwarding = { header, trusted() };
	struct head head = { .method = "GET" };
	struct address client;

	head.fields[head.field_count++] = (struct http_header){ "Host", "198.51.100.1" };
	for (size_t i = 0; i < count && values[i]; i++)
		head.fields[head.field_count++] = (struct http_header){ name, values[i] };
	head.fields[head.field_count++] = (struct http_header){ "X-Real-IP", "198.51.100.2" };
	bool is_known = forwarded_client(&forwarding, &head, &client);
	address_set_done(&forwarding.trusted);
	return is_known ? address_to_text(&client, into) : NULL;
}

static void expect_clients(enum forwarded_header header, const struct lists *rows, size_t count)
{
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < count; i++) {
		const struct lists *row = &rows[i];
		const char *client = client_of(header, forwarded_name(header), row->values,
					       ARRAY_LEN(row->values), text);

		if (!client != !row->client || (client && strcmp(client, row->client) != 0))
			fail_msg("\"%s\" names %s; wanted %s", row->values[0],
				 client ? client : "nobody", row->client ? row->client : "nobody");
	}
}

TEST(ip_12_x_forwarded_for_that_is_not_sure_names_nobody)
{
	static const struct lists rows[] = {
		{ { NULL }, NULL },
		{ { "" }, NULL },
		{ { "unknown" }, NULL },
		{ { "_hidden" }, NULL },
		{ { "balancer.example" }, NULL },
		{ { "198.51.100.7 198.51.100.8" }, NULL },
		{ { "198.51.100.7;" }, NULL },
		{ { "for=198.51.100.7" }, NULL },
		{ { "\"198.51.100.7\"" }, NULL },
		{ { "\"[2001:db8::7]\"" }, NULL },
		{ { "198.51.100.07" }, NULL },
		{ { "198.51.100" }, NULL },
		{ { "3325256711" }, NULL },
		{ { "0xc6336407" }, NULL },
		{ { "198.51.100.256" }, NULL },
		{ { "198.51.100.7/32" }, NULL },
		{ { "198.51.100.7:50123" }, NULL },
		{ { "[2001:db8::7]:50123" }, NULL },
		{ { "[2001:db8::7]" }, NULL },
		{ { "198.51.100.7, 192.0.2.1:80" }, NULL },
		{ { "198.51.100.7:" }, NULL },
		{ { "198.51.100.7:x" }, NULL },
		{ { "198.51.100.7:123456" }, NULL },
		{ { "198.51.100.7:_a" }, NULL },
		{ { "[198.51.100.7]" }, NULL },
		{ { "[198.51.100.7]:80" }, NULL },
		{ { "[2001:db8::7" }, NULL },
		{ { "[2001:db8::7]80" }, NULL },
		{ { "[2001:db8::7]:" }, NULL },
		{ { "[[2001:db8::7]]" }, NULL },
		{ { "2001:db8::7]" }, NULL },
		{ { "[fe80::7%eth0]" }, NULL },
		{ { "fe80::7%1" }, NULL },
		{ { "198.51.100.7\xc2\xa0" }, NULL },
		{ { "[2001:db8:0000:0000:0000:0000:0000:0007]:65535 and far more octets than fit" },
		  NULL },
		{ { "198.51.100.7                                                    and more" },
		  NULL },
		/* what a trusted proxy wrote last hides what came before */
		{ { "198.51.100.7, unknown" }, NULL },
		{ { "198.51.100.7," }, NULL },
		{ { "198.51.100.7, ," }, NULL },
		{ { "198.51.100.7", "" }, NULL },
		{ { "198.51.100.7, unknown, 192.0.2.1" }, NULL },
		{ { "198.51.100.7", "unknown", "192.0.2.1" }, NULL },
		/* proxies only: never one of their own addresses */
		{ { "192.0.2.1" }, NULL },
		{ { "192.0.2.2, 192.0.2.1" }, NULL },
		{ { "2001:db8:1::9" }, NULL },
		{ { "::ffff:192.0.2.1" }, NULL },
	};

	expect_clients(FORWARDED_HEADER_X_FORWARDED_FOR, rows, ARRAY_LEN(rows));
}

TEST(ip_11_the_last_hop_that_is_no_trusted_proxy_is_the_client)
{
	static const struct lists rows[] = {
		{ { "198.51.100.7" }, "198.51.100.7" },
		{ { "1.1.1.1, 198.51.100.7" }, "198.51.100.7" },
		{ { "1.1.1.1,198.51.100.7" }, "198.51.100.7" },
		{ { "1.1.1.1 ,\t198.51.100.7" }, "198.51.100.7" },
		{ { "1.1.1.1, 198.51.100.7, 192.0.2.1" }, "198.51.100.7" },
		{ { "198.51.100.7, 192.0.2.2, 192.0.2.1" }, "198.51.100.7" },
		{ { "1.1.1.1", "198.51.100.7" }, "198.51.100.7" },
		{ { "198.51.100.7", "192.0.2.1" }, "198.51.100.7" },
		{ { "1.1.1.1, 198.51.100.7", "192.0.2.2", "192.0.2.1" }, "198.51.100.7" },
		{ { "192.0.2.1, 198.51.100.7" }, "198.51.100.7" },
		{ { "unknown, 198.51.100.7" }, "198.51.100.7" },
		{ { "\"garbage, 198.51.100.7" }, "198.51.100.7" },
		{ { ",,, 198.51.100.7" }, "198.51.100.7" },
		{ { "2001:db8::7" }, "2001:db8::7" },
		{ { "2001:DB8:0::7, 2001:db8:1::9" }, "2001:db8::7" },
		/* one socket for both families */
		{ { "::ffff:198.51.100.7" }, "198.51.100.7" },
	};

	expect_clients(FORWARDED_HEADER_X_FORWARDED_FOR, rows, ARRAY_LEN(rows));
}

TEST(ip_12_forwarded_that_is_not_sure_names_nobody)
{
	static const struct lists rows[] = {
		{ { NULL }, NULL },
		{ { "" }, NULL },
		{ { "198.51.100.7" }, NULL },
		{ { "for" }, NULL },
		{ { "for=" }, NULL },
		{ { "=198.51.100.7" }, NULL },
		{ { "for=unknown" }, NULL },
		{ { "for=_hidden" }, NULL },
		{ { "for=\"_gazonk:80\"" }, NULL },
		{ { "for=balancer.example" }, NULL },
		{ { "by=198.51.100.7;proto=https" }, NULL },
		{ { "for=198.51.100.7;for=198.51.100.8" }, NULL },
		{ { "for=198.51.100.7:80" }, NULL }, /* a colon wants quotes */
		{ { "for=2001:db8::7" }, NULL },
		{ { "for=[2001:db8::7]" }, NULL },
		{ { "for=\"2001:db8::7\"" }, NULL }, /* and IPv6 brackets */
		{ { "for=\"198.51.100.7" }, NULL },
		{ { "for=\"198.51.100.7\\" }, NULL },
		{ { "for=\"198.51.100.7\"x" }, NULL },
		{ { "for=\"198.51.100.7, 198.51.100.8\"" }, NULL },
		{ { "for=\" 198.51.100.7\"" }, NULL },
		{ { "for=\"198.51.100.7:_\"" }, NULL },
		{ { "for=\"198.51.100.7:_a b\"" }, NULL },
		{ { "for = 198.51.100.7" }, NULL },
		{ { "for=198.51.100.7; proto=https" }, NULL },
		{ { "for=198.51.100.7 proto=https" }, NULL },
		{ { "for=198.51.100.7;proto" }, NULL },
		{ { "proto=https xfor=198.51.100.7" }, NULL },
		{ { "for=198.51.100.7;host=\"a\"\"b\"" }, NULL },
		{ { "fore=198.51.100.7" }, NULL },
		/* the last word of a trusted proxy hides what came before */
		{ { "for=198.51.100.7, proto=https" }, NULL },
		{ { "for=198.51.100.7, for=unknown, for=192.0.2.1" }, NULL },
		{ { "for=198.51.100.7," }, NULL },
		{ { "for=198.51.100.7", "for=" }, NULL },
		/* a quote that the client left open swallows what the proxy added */
		{ { "for=198.51.100.9;x=\", for=198.51.100.7" }, NULL },
		{ { "for=198.51.100.9;x=\", for=\"[2001:db8::7]\"" }, NULL },
		{ { "for=192.0.2.1" }, NULL },
		{ { "for=\"[2001:db8:1::9]:443\"" }, NULL },
	};

	expect_clients(FORWARDED_HEADER_RFC7239, rows, ARRAY_LEN(rows));
}

TEST(ip_11_forwarded_is_read_as_rfc_7239_has_it)
{
	static const struct lists rows[] = {
		{ { "for=198.51.100.7" }, "198.51.100.7" },
		{ { "For=\"198.51.100.7\"" }, "198.51.100.7" },
		{ { "for=\"198.51.100.7:50123\"" }, "198.51.100.7" },
		{ { "for=\"198.51.100.7:_q.w-e_\"" }, "198.51.100.7" },
		{ { "for=\"[2001:db8::7]\"" }, "2001:db8::7" },
		{ { "FOR=\"[2001:DB8::7]:4711\"" }, "2001:db8::7" },
		{ { "for=\"[2001:db8::7]:_x\"" }, "2001:db8::7" },
		{ { "for=\"198\\.51.100.7\"" }, "198.51.100.7" },
		{ { "for=198.51.100.7;proto=https;by=192.0.2.1" }, "198.51.100.7" },
		{ { "proto=https;host=\"a, b;for=1.1.1.1\\\"\";for=198.51.100.7" },
		  "198.51.100.7" },
		{ { ";;for=198.51.100.7;" }, "198.51.100.7" },
		{ { "for=1.1.1.1, for=198.51.100.7" }, "198.51.100.7" },
		{ { "for=1.1.1.1,for=198.51.100.7\t,\tfor=192.0.2.1" }, "198.51.100.7" },
		{ { "for=unknown, for=198.51.100.7" }, "198.51.100.7" },
		{ { "secret=x, for=198.51.100.7" }, "198.51.100.7" },
		{ { "for=1.1.1.1;x=\"", "for=198.51.100.7" }, "198.51.100.7" },
		{ { "for=1.1.1.1", "for=198.51.100.7", "for=192.0.2.1" }, "198.51.100.7" },
	};

	expect_clients(FORWARDED_HEADER_RFC7239, rows, ARRAY_LEN(rows));
}

static void repeat(const char *hop, size_t count, const char *last, char into[LONG_MAX_TEXT])
{
	size_t len = 0;

	for (size_t i = 1; i < count; i++)
		len += (size_t)snprintf(into + len, LONG_MAX_TEXT - len, "%s,", hop);
	snprintf(into + len, LONG_MAX_TEXT - len, "%s", last);
}

TEST(ip_12_more_hops_than_any_request_has_name_nobody)
{
	static const struct {
		enum forwarded_header header;
		const char *hop, *last;
	} rows[] = {
		{ FORWARDED_HEADER_X_FORWARDED_FOR, "::1", "198.51.100.7" },
		{ FORWARDED_HEADER_X_FORWARDED_FOR, "", "198.51.100.7" },
		{ FORWARDED_HEADER_RFC7239, "for=_x", "for=198.51.100.7" },
	};
	char text[LONG_MAX_TEXT], client[ADDRESS_TEXT_MAX];
	const char *value = text;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *name = forwarded_name(rows[i].header);

		repeat(rows[i].hop, FORWARDED_HOPS_MAX, rows[i].last, text);
		assert_non_null(client_of(rows[i].header, name, &value, 1, client));
		repeat(rows[i].hop, FORWARDED_HOPS_MAX + 1, rows[i].last, text);
		assert_null(client_of(rows[i].header, name, &value, 1, client));
		repeat(rows[i].hop, 1000, rows[i].last, text);
		assert_null(client_of(rows[i].header, name, &value, 1, client));
	}
}

TEST(the_name_is_read_in_any_case_and_no_other_name_counts)
{
	static const char *const value = "198.51.100.7", *const element = "for=198.51.100.7";
	char text[ADDRESS_TEXT_MAX];

	assert_non_null(
		client_of(FORWARDED_HEADER_X_FORWARDED_FOR, "x-forwarded-FOR", &value, 1, text));
	assert_non_null(client_of(FORWARDED_HEADER_RFC7239, "forwarded", &element, 1, text));
	assert_null(client_of(FORWARDED_HEADER_X_FORWARDED_FOR, "Forwarded", &value, 1, text));
	assert_null(client_of(FORWARDED_HEADER_RFC7239, "X-Forwarded-For", &element, 1, text));
}

TEST_MAIN(RUN(ip_12_x_forwarded_for_that_is_not_sure_names_nobody),
	  RUN(ip_11_the_last_hop_that_is_no_trusted_proxy_is_the_client),
	  RUN(ip_12_forwarded_that_is_not_sure_names_nobody),
	  RUN(ip_11_forwarded_is_read_as_rfc_7239_has_it),
	  RUN(ip_12_more_hops_than_any_request_has_name_nobody),
	  RUN(the_name_is_read_in_any_case_and_no_other_name_counts))
