/* Whatever an extension holds, there are words for it, and never too many. */
#include <stdlib.h>

#include "pki/extension_words.h"
#include "pki/tbs.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void say(struct bytes oid, struct bytes value)
{
	CLEANUP(buffer_done) struct buffer words = { 0 };
	const struct extension extension = { .oid = oid, .value = value };

	extension_name(oid, &words);
	extension_words(&extension, &words);
	expect(buffer_ok(&words));
	expect(words.len <= 128 + 64 * (value.len + 1));
}

/* The first octet chooses the extension. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct bytes oids[] = {
		oid_basic_constraints,       oid_key_usage,
		oid_ext_key_usage,           oid_subject_alt_name,
		oid_subject_key_id,          oid_authority_key_id,
		oid_crl_distribution_points, oid_authority_info_access,
		oid_certificate_policies,    oid_name_constraints,
	};
	struct tbs tbs;

	if (size == 0)
		return 0;
	say(oids[data[0] % ARRAY_LEN(oids)], (struct bytes){ data + 1, size - 1 });
	if (tbs_parse((struct bytes){ data, size }, &tbs, NULL))
		expect(tbs.extensions.len < size && tbs.spki.len < size);
	return 0;
}
