/* The query of a request to the API, and its path. */
#include <string.h>

#include "api/route.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct param rows[] = {
		{ "a", PARAM_TEXT, false },
		{ "n", PARAM_NUMBER, false },
		{ "f", PARAM_FLAG, false },
		{ "t", PARAM_TEXTS, false },
		{ 0 },
	};
	char *text = bytes_to_string((struct bytes){ data, size });
	struct route_match match = { 0 };
	json_t *params = json_object();

	if (text && query_read(text, rows, "format", params, NULL) && !json_is_object(params))
		abort();
	if (text && route_find("GET", text, &match, NULL) && !match.route)
		abort();
	route_match_done(&match);
	json_decref(params);
	free(text);
	return 0;
}
