/* How libcurl is asked here, whoever asks: HTTPS and nothing else, TLS 1.2 at least, the server's
 * chain verified, HTTP/1.1, and nothing of the environment, of files or of other protocols steers
 * it: no proxy, no netrc, no cookies, no redirects, no compression. */
#pragma once

#include <stddef.h>

#include <curl/curl.h>

struct curl_number {
	CURLoption option;
	long value;
};

/* On a handle that was just made or reset. Who else has to judge the server's name says so after.
 */
CURLcode curl_set_strict(CURL *curl, const char *user_agent);
CURLcode curl_set_numbers(CURL *curl, const struct curl_number *numbers, size_t count);
/* No anchors but those that are given from now on. */
CURLcode curl_forget_anchors(CURL *curl);
/* Of what was set one after the other. */
CURLcode curl_first_failure(const CURLcode *codes, size_t count);
