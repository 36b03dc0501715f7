/* The lists and sets among a profile's members. A patch replaces each as a whole (RFC 7396). */
#include <stdlib.h>
#include <string.h>

#include "model/profile_json_member.h"
#include "model/profile_words.h"
#include "pki/der.h"

/* -- lists of texts -- */

bool texts_read(const json_t *json, size_t max, char *(*to_stored)(const char *), const char *path,
		struct texts *ret, struct error *err)
{
	CLEANUP(texts_done) struct texts list = { 0 };
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > max)
		return error_set(err, REASON_INVALID, "%s: a list of at most %zu texts", path, max);
	list.items = calloc(count + 1, sizeof *list.items);
	for (size_t i = 0; list.items && i < count; i++) {
		const char *text;
		if (!member_text(json_array_get(json, i), path, &text, err))
			return false;
		list.items[i] = to_stored(text);
		if (!list.items[i])
			break;
		list.count++;
	}
	if (list.count < count || !list.items)
		return error_set(err, REASON_NO_MEMORY, "%s", path);
	*ret = list;
	list = (struct texts){ 0 };
	return true;
}

json_t *texts_write(char *const *texts, size_t count, const char *(*to_shown)(const char *))
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_array_append_new(array, json_string(to_shown(texts[i]))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* -- aliases and URLs -- */

static char *as_it_is(const char *text)
{
	return strdup(text);
}

static const char *shown_as_it_is(const char *text)
{
	return text;
}

static json_t *write_aliases(const struct member *member, const struct profile *profile)
{
	(void)member;
	return texts_write(profile->aliases, profile->alias_count, shown_as_it_is);
}

static bool read_aliases(const struct member *member, const json_t *json,
			 const struct reading *reading, const char *path, struct error *err)
{
	struct profile *profile = reading->profile;
	struct texts old = { profile->aliases, profile->alias_count }, list;

	(void)member;
	if (!texts_read(json, PROFILE_ALIASES_MAX, as_it_is, path, &list, err))
		return false;
	profile->aliases = list.items;
	profile->alias_count = list.count;
	texts_done(&old);
	return true;
}

const struct form form_aliases = { write_aliases, read_aliases };

static json_t *write_urls(const struct member *member, const struct profile *profile)
{
	const struct texts *urls = member_const_field(member, profile);

	return texts_write(urls->items, urls->count, shown_as_it_is);
}

static bool read_urls(const struct member *member, const json_t *json,
		      const struct reading *reading, const char *path, struct error *err)
{
	struct texts *urls = member_field(member, reading->profile);
	struct texts list;

	if (!texts_read(json, PUBLICATION_URLS_MAX, as_it_is, path, &list, err))
		return false;
	texts_done(urls);
	*urls = list;
	return true;
}

const struct form form_urls = { write_urls, read_urls };

/* -- extended key usages: dotted inside, by name outside where there is one -- */

static const struct {
	const char *name, *oid;
} ext_key_usages[] = {
	{ "clientAuth", "1.3.6.1.5.5.7.3.2" },   { "serverAuth", "1.3.6.1.5.5.7.3.1" },
	{ "codeSigning", "1.3.6.1.5.5.7.3.3" },  { "emailProtection", "1.3.6.1.5.5.7.3.4" },
	{ "timeStamping", "1.3.6.1.5.5.7.3.8" }, { "ipsecIKE", "1.3.6.1.5.5.7.3.17" },
	{ "cmcRA", "1.3.6.1.5.5.7.3.28" },
};

static char *usage_to_stored(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(ext_key_usages); i++)
		if (strcmp(ext_key_usages[i].name, text) == 0)
			return strdup(ext_key_usages[i].oid);
	return strdup(text);
}

static const char *usage_to_shown(const char *oid)
{
	for (size_t i = 0; i < ARRAY_LEN(ext_key_usages); i++)
		if (strcmp(ext_key_usages[i].oid, oid) == 0)
			return ext_key_usages[i].name;
	return oid;
}

static json_t *write_ext_key_usage(const struct member *member, const struct profile *profile)
{
	(void)member;
	return texts_write(profile->ext_key_usages, profile->ext_key_usage_count, usage_to_shown);
}

static bool read_ext_key_usage(const struct member *member, const json_t *json,
			       const struct reading *reading, const char *path, struct error *err)
{
	struct profile *profile = reading->profile;
	struct texts old = { profile->ext_key_usages, profile->ext_key_usage_count }, list;

	(void)member;
	if (!texts_read(json, PROFILE_EKU_MAX, usage_to_stored, path, &list, err))
		return false;
	profile->ext_key_usages = list.items;
	profile->ext_key_usage_count = list.count;
	texts_done(&old);
	return true;
}

const struct form form_ext_key_usage = { write_ext_key_usage, read_ext_key_usage };

/* -- sets of words: key types and key usages, as bits by number -- */

static json_t *write_set(unsigned int bits, unsigned int count,
			 const char *(*text)(unsigned int number))
{
	json_t *array = json_array();

	for (unsigned int i = 0; array && i < count; i++) {
		if (!(bits & 1U << i))
			continue;
		if (json_array_append_new(array, json_string(text(i))) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* `number` gives the bit of a word, or `count` when there is none. */
static bool read_set(const json_t *json, unsigned int count, unsigned int (*number)(const char *),
		     const char *path, unsigned int *ret, struct error *err)
{
	unsigned int bits = 0;

	if (!json_is_array(json) || json_array_size(json) > count)
		return error_set(err, REASON_INVALID, "%s: a list of at most %u words", path,
				 count);
	for (size_t i = 0; i < json_array_size(json); i++) {
		const char *text;
		if (!member_text(json_array_get(json, i), path, &text, err))
			return false;
		unsigned int bit = number(text);
		if (bit >= count)
			return error_set(err, REASON_INVALID, "%s: \"%s\" is not known", path,
					 text);
		bits |= 1U << bit;
	}
	*ret = bits;
	return true;
}

static const char *key_type_word(unsigned int number)
{
	return key_type_text((enum key_type)number);
}

static unsigned int key_type_number(const char *text)
{
	return key_type_by_text(text);
}

static json_t *write_key_types(const struct member *member, const struct profile *profile)
{
	unsigned int bits = 0;

	(void)member;
	for (unsigned int i = 0; i < KEY_TYPE_COUNT; i++)
		bits |= profile->key_allowed[i] ? 1U << i : 0;
	return write_set(bits, KEY_TYPE_COUNT, key_type_word);
}

static bool read_key_types(const struct member *member, const json_t *json,
			   const struct reading *reading, const char *path, struct error *err)
{
	unsigned int bits;

	(void)member;
	if (!read_set(json, KEY_TYPE_COUNT, key_type_number, path, &bits, err))
		return false;
	for (unsigned int i = 0; i < KEY_TYPE_COUNT; i++)
		reading->profile->key_allowed[i] = bits & 1U << i;
	return true;
}

const struct form form_key_types = { write_key_types, read_key_types };

#define KEY_USAGES 9

static const char *key_usage_word(unsigned int number)
{
	return key_usage_text((enum key_usage)(1U << number));
}

static unsigned int key_usage_number(const char *text)
{
	unsigned int bit = key_usage_by_text(text), number = 0;

	while (number < KEY_USAGES && bit != 1U << number)
		number++;
	return number;
}

static json_t *write_key_usage(const struct member *member, const struct profile *profile)
{
	(void)member;
	return write_set(profile->key_usage, KEY_USAGES, key_usage_word);
}

static bool read_key_usage(const struct member *member, const json_t *json,
			   const struct reading *reading, const char *path, struct error *err)
{
	(void)member;
	return read_set(json, KEY_USAGES, key_usage_number, path, &reading->profile->key_usage,
			err);
}

const struct form form_key_usage = { write_key_usage, read_key_usage };

/* -- the signature algorithm -- */

#define SIGNATURE_AUTO "auto"

static json_t *write_signature(const struct member *member, const struct profile *profile)
{
	(void)member;
	return json_string(profile->signature == SIGN_COUNT
				   ? SIGNATURE_AUTO
				   : signature_algorithm_text(profile->signature));
}

static bool read_signature(const struct member *member, const json_t *json,
			   const struct reading *reading, const char *path, struct error *err)
{
	const char *text;

	(void)member;
	if (!member_text(json, path, &text, err))
		return false;
	enum signature_algorithm algorithm = signature_algorithm_by_text(text);
	if (algorithm == SIGN_COUNT && strcmp(text, SIGNATURE_AUTO) != 0)
		return error_set(err, REASON_INVALID, "%s: \"%s\" is not known", path, text);
	reading->profile->signature = algorithm;
	return true;
}

const struct form form_signature = { write_signature, read_signature };
