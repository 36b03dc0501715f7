#include "est_client/curl_options.h"

#include "base/cleanup.h"

CURLcode curl_first_failure(const CURLcode *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (codes[i] != CURLE_OK)
			return codes[i];
	return CURLE_OK;
}

CURLcode curl_set_numbers(CURL *curl, const struct curl_number *numbers, size_t count)
{
	CURLcode code = CURLE_OK;

	for (size_t i = 0; i < count && code == CURLE_OK; i++)
		code = curl_easy_setopt(curl, numbers[i].option, numbers[i].value);
	return code;
}

CURLcode curl_set_strict(CURL *curl, const char *user_agent)
{
	static const struct curl_number numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 },
		{ CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_HTTP09_ALLOWED, 0 },
		{ CURLOPT_NETRC, CURL_NETRC_IGNORED },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_SSL_VERIFYPEER, 1 },
		{ CURLOPT_SSL_VERIFYHOST, 2 },
	};
	const CURLcode codes[] = {
		curl_set_numbers(curl, numbers, ARRAY_LEN(numbers)),
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https"),
		curl_easy_setopt(curl, CURLOPT_PROXY, ""),
		curl_easy_setopt(curl, CURLOPT_USERAGENT, user_agent),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}

CURLcode curl_forget_anchors(CURL *curl)
{
	const CURLcode codes[] = {
		curl_easy_setopt(curl, CURLOPT_CAINFO, NULL),
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL),
	};

	return curl_first_failure(codes, ARRAY_LEN(codes));
}
