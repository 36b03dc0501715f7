#include "est/authorization.h"

#include <string.h>
#include <strings.h>

#include "base/base64.h"

#define SCHEME "basic"
#define USER_MAX 256
#define HEADER_MAX 1024

static struct bytes skip_spaces(struct bytes text)
{
	while (text.len && text.data[0] == ' ') {
		text.data++;
		text.len--;
	}
	return text;
}

/* Clients leave out the padding (measured), so it is put back before the strict decoder sees it. */
static bool decode(struct bytes token, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer padded = { 0 };

	while (token.len && token.data[token.len - 1] == ' ')
		token.len--;
	buffer_append(&padded, token);
	while (padded.len % 4 != 0 && buffer_ok(&padded))
		buffer_append_byte(&padded, '=');
	if (!buffer_ok(&padded))
		return error_set(err, REASON_NO_MEMORY, "authorization");
	return base64_decode(buffer_view(&padded), ret, err);
}

bool authorization_parse(struct bytes header, struct authorization *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer decoded = { 0 };
	size_t scheme = sizeof SCHEME - 1;

	if (header.len > HEADER_MAX || header.len <= scheme ||
	    strncasecmp((const char *)header.data, SCHEME, scheme) != 0 ||
	    header.data[scheme] != ' ')
		return error_set(err, REASON_BAD_CREDENTIALS, "the scheme is not Basic");

	struct bytes token =
		skip_spaces((struct bytes){ header.data + scheme, header.len - scheme });
	if (!decode(token, &decoded, NULL) || decoded.len > USER_MAX + AUTHORIZATION_PASSPHRASE_MAX)
		return error_set(err, REASON_BAD_CREDENTIALS, "not base64, or too long");

	struct authorization made = { 0 };
	if (!secret_copy(buffer_view(&decoded), &made.decoded, err))
		return false;

	struct bytes whole = secret_view(&made.decoded);
	const unsigned char *colon = memchr(whole.data, ':', whole.len);
	if (colon) {
		size_t before = (size_t)(colon - whole.data) + 1;
		made.user = (struct bytes){ whole.data, before - 1 };
		made.candidates[made.candidate_count++] =
			(struct bytes){ whole.data + before, whole.len - before };
	}
	made.candidates[made.candidate_count++] = whole;
	*ret = made;
	return true;
}

void authorization_done(struct authorization *authorization)
{
	secret_done(&authorization->decoded);
	*authorization = (struct authorization){ 0 };
}
