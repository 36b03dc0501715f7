#include "api/asset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"

const struct asset *asset_find(const char *path)
{
	for (size_t i = 0; i < asset_count; i++)
		if (strcmp(asset_table[i].path, path) == 0)
			return &asset_table[i];
	return NULL;
}

/* -- which form -- */

/* What stands behind a coding: "" and ";q=0.5" take it, ";q=0" and ";q=0.000" do not. */
static bool weight_is_zero(const char *parameters, size_t len)
{
	const char *weight = memmem(parameters, len, "q=", 2);

	if (!weight)
		return false;
	size_t rest = len - (size_t)(weight + 2 - parameters);
	return strspn(weight + 2, "0.") >= rest;
}

static bool item_takes_gzip(const char *item, size_t len)
{
	static const char name[] = "gzip";
	size_t name_len = sizeof name - 1;

	if (len < name_len || strncasecmp(item, name, name_len) != 0)
		return false;
	const char *behind = item + name_len;
	size_t rest = len - name_len;
	return rest == 0 || (strchr(" \t;", *behind) && !weight_is_zero(behind, rest));
}

bool asset_gzip_accepted(const char *field)
{
	while (field && *field) {
		field += strspn(field, " \t,");
		size_t len = strcspn(field, ",");

		while (len > 0 && strchr(" \t", field[len - 1]))
			len--;
		if (item_takes_gzip(field, len))
			return true;
		field += strcspn(field, ",");
	}
	return false;
}

/* -- answering -- */

static void add(struct http_answer *answer, const char *name, const char *value)
{
	size_t used = 0;

	while (answer->headers[used].name)
		used++;
	answer->headers[used] = (struct http_header){ name, value };
}

static void keep(void *owner)
{
	(void)owner; /* part of the program */
}

static void send_asset(struct http_exchange *exchange, const struct asset *asset)
{
	const char *known = http_header(exchange, "If-None-Match");
	bool packed = asset_gzip_accepted(http_header(exchange, "Accept-Encoding"));
	const char *tag = packed ? asset->gzip_tag : asset->tag;
	struct http_answer answer = { .status = 200, .content_type = asset->type };

	add(&answer, "ETag", tag);
	add(&answer, "Vary", "Accept-Encoding");
	add(&answer, "Cache-Control",
	    asset->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (known && strstr(known, tag)) {
		answer.status = 304;
		answer.content_type = NULL;
	} else {
		answer.body = packed ? asset->gzip : asset->plain;
		answer.body_release = keep;
	}
	if (packed && answer.status == 200)
		add(&answer, "Content-Encoding", "gzip");
	api_add_security_fields(&answer);
	http_answer(exchange, &answer);
}

bool asset_handle(struct http_exchange *exchange)
{
	const struct asset *asset = asset_find(http_path(exchange));
	struct http_answer refusal = { .status = 405, .headers = { { "Allow", "GET, HEAD" } } };

	if (!asset)
		return false;
	if (strcmp(http_method(exchange), "GET") == 0) {
		send_asset(exchange, asset);
		return true;
	}
	api_add_security_fields(&refusal);
	http_answer(exchange, &refusal);
	return true;
}
