/* Whatever parses lies in the input, and an entry that is read is written as it was, but for what
 * nobody here understands and for dates that UTCTime cannot say. */
#include <stdlib.h>

#include "pki/crl_parse.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool lies_in(struct bytes view, struct bytes whole)
{
	return view.len == 0 || (view.data >= whole.data && view.len <= whole.len &&
				 (size_t)(view.data - whole.data) <= whole.len - view.len);
}

static void check_entry(const struct crl_entry *entry)
{
	CLEANUP(buffer_done) struct buffer written = { 0 };
	struct crl_entry again = { 0 };
	struct error err = { 0 };

	crl_entry_encode(entry, &written);
	expect(buffer_ok(&written));
	struct bytes rest = buffer_view(&written);
	expect(crl_list_next(&rest, &again, &err) && rest.len == 0);
	expect(bytes_equal(again.serial, entry->serial) && again.date == entry->date &&
	       again.reason == entry->reason);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct bytes input = { data, size };
	struct crl_list list = { 0 };
	struct error err = { 0 };

	if (!crl_list_parse(input, &list, &err)) {
		expect(err.reason == REASON_IMPORT_MALFORMED);
		return 0;
	}
	expect(lies_in(list.tbs, input) && lies_in(list.issuer, list.tbs) &&
	       lies_in(list.signature, input) && lies_in(list.entries, list.tbs));
	while (list.entries.len > 0) {
		struct crl_entry entry = { 0 };
		size_t before = list.entries.len;

		if (!crl_list_next(&list.entries, &entry, &err)) {
			expect(err.reason == REASON_IMPORT_MALFORMED);
			return 0;
		}
		expect(list.entries.len < before && lies_in(entry.serial, input));
		check_entry(&entry);
	}
	return 0;
}
