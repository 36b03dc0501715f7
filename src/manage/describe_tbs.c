#include "manage/describe_tbs.h"

#include "base/hash.h"
#include "pki/der.h"
#include "pki/extension_words.h"
#include "pki/tbs.h"

static json_t *describe_buffer(struct buffer *text)
{
	const char *string = buffer_cstring(text);

	return string ? describe_text(string) : NULL;
}

static json_t *describe_der_name(struct bytes der)
{
	CLEANUP(name_done) struct name name = { 0 };

	return name_parse_tolerant(der, &name, NULL) ? describe_name(&name) : NULL;
}

static json_t *describe_spki(struct bytes spki)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;

	return public_key_parse(spki, &key, NULL) ? describe_key(key) : NULL;
}

static json_t *describe_extension(const struct extension *extension)
{
	CLEANUP(buffer_done) struct buffer oid = { 0 };
	CLEANUP(buffer_done) struct buffer name = { 0 };
	CLEANUP(buffer_done) struct buffer words = { 0 };

	(void)oid_to_text(extension->oid, &oid);
	extension_name(extension->oid, &name);
	extension_words(extension, &words);
	return json_pack("{s:o, s:o, s:b, s:o}", "oid", describe_buffer(&oid), "name",
			 describe_buffer(&name), "critical", extension->critical, "words",
			 describe_buffer(&words));
}

static json_t *describe_extensions(struct bytes contents)
{
	CLEANUP(buffer_done) struct buffer list = { 0 };
	json_auto_t *items = json_array();
	struct extensions extensions;

	der_write(&list, DER_SEQUENCE, contents);
	if (!buffer_ok(&list) || !extensions_parse(buffer_view(&list), &extensions, NULL))
		return NULL;
	for (size_t i = 0; i < extensions.count; i++)
		if (json_array_append_new(items, describe_extension(&extensions.items[i])) != 0)
			return NULL;
	return TAKE(items);
}

json_t *describe_tbs(struct bytes der)
{
	unsigned char hash[HASH_LEN];
	struct tbs tbs;

	if (!tbs_parse(der, &tbs, NULL) || !hash_sha256(tbs.spki, hash, NULL))
		return NULL;
	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "issuer",
			 describe_der_name(tbs.issuer), "subject", describe_der_name(tbs.subject),
			 "key", describe_spki(tbs.spki), "key_fingerprint",
			 describe_hex((struct bytes){ hash, sizeof hash }), "signature",
			 signature_algorithm_text(tbs.signature_algorithm), "not_before",
			 describe_time(tbs.not_before), "not_after", describe_time(tbs.not_after),
			 "extensions", describe_extensions(tbs.extensions));
}
