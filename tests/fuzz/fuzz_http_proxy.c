/* A PROXY header is judged in the same way however it is cut, and needs no octet after its end. */
#include <stdlib.h>
#include <string.h>

#include "http/proxy.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct proxy_header whole, cut;
	struct refusal refusal;
	size_t len = 0, cut_len = 0;
	enum parse result = proxy_parse((struct bytes){ data, size }, &whole, &len, &refusal);
	enum parse in_pieces = PARSE_MORE;

	if (size >= PROXY_MAX && result == PARSE_MORE)
		abort();
	for (size_t have = 0; have <= size && in_pieces == PARSE_MORE; have++)
		in_pieces = proxy_parse((struct bytes){ data, have }, &cut, &cut_len, &refusal);
	if (result != in_pieces)
		abort();
	if (result == PARSE_DONE &&
	    (len != cut_len || len > size || memcmp(&whole, &cut, sizeof whole) != 0))
		abort();
	return 0;
}
