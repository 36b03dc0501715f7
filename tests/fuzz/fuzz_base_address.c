/* What parses as a range stays in one family, runs upwards, and is read back as it is written. */
#include <stdlib.h>
#include <string.h>

#include "base/address.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct address_range *range)
{
	char text[ADDRESS_RANGE_TEXT_MAX];
	struct address_range again;
	struct address_set set = { 0 };
	struct error err;

	if (address_compare(&range->first, &range->last) > 0 ||
	    address_is_v4(&range->first) != address_is_v4(&range->last))
		abort();
	if (!address_range_parse(address_range_to_text(range, text), &again, &err) ||
	    memcmp(range, &again, sizeof again) != 0)
		abort();
	if (address_set_make(range, 1, &set, &err) &&
	    (!address_set_holds(&set, &range->first) || !address_set_holds(&set, &range->last)))
		abort();
	address_set_done(&set);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(freep) char *text = bytes_to_string((struct bytes){ data, size });
	struct address_range range;
	struct error err;

	if (text && address_range_parse(text, &range, &err))
		check(&range);
	return 0;
}
