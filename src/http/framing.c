#include "http/framing.h"

#include <string.h>
#include <strings.h>

#include "http/target.h"
#include "http/text.h"

static bool read_host(const struct head *head, struct framing *ret, struct refusal *refusal)
{
	const char *host = head_field(head, "Host");

	(void)ret;
	if (!host && !head->is_http10)
		return refuse(refusal, 400, "no Host");
	if (host && !target_is_authority(host))
		return refuse(refusal, 400, "a malformed Host");
	return true;
}

/* RFC 9112 6.1 lets a server refuse Content-Length beside Transfer-Encoding; that, and a coding
 * from HTTP/1.0, is how requests are smuggled. */
static bool read_transfer_coding(const struct head *head, struct framing *ret,
				 struct refusal *refusal)
{
	const char *coding = head_field(head, "Transfer-Encoding");

	ret->chunked = coding != NULL;
	if (!coding)
		return true;
	if (head_field(head, "Content-Length"))
		return refuse(refusal, 400, "both Content-Length and Transfer-Encoding");
	if (head->is_http10)
		return refuse(refusal, 400, "Transfer-Encoding in HTTP/1.0");
	if (strcasecmp(coding, "chunked") != 0)
		return refuse(refusal, 501, "a transfer coding other than chunked");
	return true;
}

static bool parse_length(const char *text, uint64_t *ret)
{
	uint64_t value = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		if (!text_is_digit((unsigned char)*text))
			return false;
		uint64_t digit = (uint64_t)(*text - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret = value;
	return true;
}

static bool read_length(const struct head *head, struct framing *ret, struct refusal *refusal)
{
	const char *length = head_field(head, "Content-Length");

	ret->length = 0;
	if (length && !parse_length(length, &ret->length))
		return refuse(refusal, 400, "a malformed Content-Length");
	if (!length && !ret->chunked && strcmp(head->method, "POST") == 0)
		return refuse(refusal, 411, "POST without length");
	return true;
}

/* A list and a repeatable field, hence the loop. Nothing is ever inflated. */
static bool read_content_coding(const struct head *head, struct framing *ret,
				struct refusal *refusal)
{
	(void)ret;
	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, "Content-Encoding") == 0 &&
		    strcasecmp(head->fields[i].value, "identity") != 0)
			return refuse(refusal, 415, "a content coding");
	return true;
}

/* RFC 9110 10.1.1: from HTTP/1.0 the expectation is to be ignored. */
static bool read_expectation(const struct head *head, struct framing *ret, struct refusal *refusal)
{
	const char *expect = head->is_http10 ? NULL : head_field(head, "Expect");

	ret->expects_continue = expect != NULL;
	if (expect && strcasecmp(expect, "100-continue") != 0)
		return refuse(refusal, 417, "an expectation other than 100-continue");
	return true;
}

static bool connection_says(const struct head *head, const char *word)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (strcasecmp(head->fields[i].name, "Connection") == 0 &&
		    text_list_holds(head->fields[i].value, word))
			return true;
	return false;
}

static bool read_connection(const struct head *head, struct framing *ret, struct refusal *refusal)
{
	(void)refusal;
	ret->keep_alive = !connection_says(head, "close") &&
			  (!head->is_http10 || connection_says(head, "keep-alive"));
	return true;
}

/* What endangers the framing comes first; the first refusal wins. */
static bool (*const readers[])(const struct head *, struct framing *, struct refusal *) = {
	read_transfer_coding, read_host,        read_length,
	read_content_coding,  read_expectation, read_connection,
};

bool framing_parse(const struct head *head, size_t body_max, struct framing *ret,
		   struct refusal *refusal)
{
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (!readers[i](head, ret, refusal))
			return false;
	if (ret->length > body_max)
		return refuse(refusal, 413, "Content-Length is above the limit");
	return true;
}
