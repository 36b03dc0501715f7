/* Fields of an answer's head: how long to wait stays within its bounds, and no Location leads away.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "est_client/retry_after.h"
#include "est_client/url.h"

#define NOW 1760000000

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void follow(const char *location)
{
	struct est_url from, to, again;
	char text[EST_URL_MAX + EST_HOST_MAX + 16];
	struct error err;

	expect(est_url_parse("https://est.example:8443/.well-known/est/x/cacerts", &from, &err));
	if (!est_url_follow(&from, location, &to, &err))
		return;
	expect(strcasecmp(to.host, from.host) == 0 && to.port == from.port);
	expect(est_url_text(&to, NULL, text, sizeof text, &err));
	expect(!strpbrk(text, " \r\n?#"));
	expect(est_url_parse(text, &again, &err) && strcmp(again.path, to.path) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(freep) char *text = bytes_to_string((struct bytes){ data, size });
	struct est_url url;
	struct error err;

	if (!text)
		return 0;
	uint32_t seconds = retry_after_parse(text, NOW);
	expect(seconds >= RETRY_AFTER_MIN && seconds <= RETRY_AFTER_MAX);
	follow(text);
	if (est_url_parse(text, &url, &err))
		expect(*url.host && url.port > 0 && url.port <= 65535);
	return 0;
}
