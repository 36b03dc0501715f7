/* Policies and private extensions among a profile's members: lists of objects, each replaced as a
 * whole. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/hex.h"
#include "model/profile_json_member.h"

#define ENCODED_MAX (2 * PRIVATE_EXTENSION_DER_MAX)

/* -- an object by its parts -- */

struct part {
	const char *name;
	bool (*read)(const json_t *json, void *into, const char *path, struct error *err);
	bool required;
};

static bool read_parts(const struct part *parts, const json_t *object, void *into, const char *path,
		       struct error *err)
{
	char inner[MEMBER_PATH_MAX + 16];
	size_t known = 0;

	if (!json_is_object(object))
		return error_set(err, REASON_INVALID, "%s: not an object", path);
	for (const struct part *part = parts; part->name; part++) {
		const json_t *value = json_object_get(object, part->name);

		snprintf(inner, sizeof inner, "%s.%s", path, part->name);
		if (!value && part->required)
			return error_set(err, REASON_INVALID, "%s: missing", inner);
		if (value && !part->read(value, into, inner, err))
			return false;
		known += value ? 1 : 0;
	}
	if (known != json_object_size(object))
		return error_set(err, REASON_INVALID, "%s: a member that is not known", path);
	return true;
}

static bool read_copy(const json_t *json, char **ret, const char *path, struct error *err)
{
	const char *text;

	if (!member_text(json, path, &text, err))
		return false;
	free(*ret);
	*ret = strdup(text);
	return *ret || error_set(err, REASON_NO_MEMORY, "%s", path);
}

/* -- lists of objects -- */

struct list_form {
	size_t max, item_size;
	const struct part *parts;
};

/* `items` has room for all, zeroed. */
static bool read_items(const struct list_form *form, const json_t *json, void *items,
		       const char *path, struct error *err)
{
	char inner[MEMBER_PATH_MAX];

	for (size_t i = 0; i < json_array_size(json); i++) {
		snprintf(inner, sizeof inner, "%s[%zu]", path, i);
		if (!read_parts(form->parts, json_array_get(json, i),
				(char *)items + i * form->item_size, inner, err))
			return false;
	}
	return true;
}

/* The list's room, zeroed; NULL when `json` is no list that fits, or memory is out. */
static void *make_items(const struct list_form *form, const json_t *json, const char *path,
			struct error *err)
{
	size_t count = json_array_size(json);

	if (!json_is_array(json) || count > form->max) {
		(void)!error_set(err, REASON_INVALID, "%s: a list of at most %zu objects", path,
				 form->max);
		return NULL;
	}
	void *items = calloc(count + 1, form->item_size);
	if (!items)
		(void)!error_set(err, REASON_NO_MEMORY, "%s", path);
	return items;
}

static json_t *write_items(size_t count, const void *items, json_t *(*write)(const void *, size_t))
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++) {
		if (json_array_append_new(array, write(items, i)) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* -- certificate policies -- */

static bool read_policy_oid(const json_t *json, void *into, const char *path, struct error *err)
{
	return read_copy(json, &((struct certificate_policy *)into)->oid, path, err);
}

static bool read_policy_cps(const json_t *json, void *into, const char *path, struct error *err)
{
	return json_is_null(json) ||
	       read_copy(json, &((struct certificate_policy *)into)->cps, path, err);
}

static const struct part policy_parts[] = {
	{ "oid", read_policy_oid, true },
	{ "cps", read_policy_cps, false },
	{ 0 },
};
static const struct list_form policy_list = { POLICIES_MAX, sizeof(struct certificate_policy),
					      policy_parts };

static json_t *write_policy(const void *items, size_t index)
{
	const struct certificate_policy *policy = (const struct certificate_policy *)items + index;

	return json_pack("{s:s, s:s?}", "oid", policy->oid, "cps", policy->cps);
}

static json_t *write_policies(const struct member *member, const struct profile *profile)
{
	(void)member;
	return write_items(profile->content.policy_count, profile->content.policies, write_policy);
}

static bool read_policies(const struct member *member, const json_t *json,
			  const struct reading *reading, const char *path, struct error *err)
{
	struct profile_content *content = &reading->profile->content;
	struct certificate_policy *items = make_items(&policy_list, json, path, err);

	(void)member;
	if (!items)
		return false;
	if (!read_items(&policy_list, json, items, path, err)) {
		certificate_policies_free(items, json_array_size(json));
		return false;
	}
	certificate_policies_free(content->policies, content->policy_count);
	content->policies = items;
	content->policy_count = json_array_size(json);
	return true;
}

const struct form form_policies = { write_policies, read_policies };

/* -- private extensions: read as hexadecimal or base64, whichever is said, and written as the first
 * -- */

static bool read_extension_oid(const json_t *json, void *into, const char *path, struct error *err)
{
	return read_copy(json, &((struct private_extension *)into)->oid, path, err);
}

static bool read_extension_critical(const json_t *json, void *into, const char *path,
				    struct error *err)
{
	if (!json_is_boolean(json))
		return error_set(err, REASON_INVALID, "%s: true or false", path);
	((struct private_extension *)into)->critical = json_is_true(json);
	return true;
}

static bool set_der(struct private_extension *extension, struct bytes der, const char *path,
		    struct error *err)
{
	if (extension->der)
		return error_set(err, REASON_INVALID, "%s: either hex or base64", path);
	extension->der = (unsigned char *)bytes_to_string(der);
	extension->der_len = der.len;
	return extension->der || error_set(err, REASON_NO_MEMORY, "%s", path);
}

static bool read_hex(const json_t *json, void *into, const char *path, struct error *err)
{
	unsigned char der[PRIVATE_EXTENSION_DER_MAX];
	const char *text;
	size_t len = 0;

	if (!member_text_up_to(json, ENCODED_MAX, path, &text, err))
		return false;
	if (!hex_decode(text, der, sizeof der, &len))
		return error_set(err, REASON_INVALID, "%s: not hexadecimal", path);
	return set_der(into, (struct bytes){ der, len }, path, err);
}

static bool read_base64(const json_t *json, void *into, const char *path, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error why = { 0 };
	const char *text;

	if (!member_text_up_to(json, ENCODED_MAX, path, &text, err))
		return false;
	if (!base64_decode(bytes_of_string(text), &der, &why))
		return error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_INVALID,
				 "%s: not base64", path);
	return set_der(into, buffer_view(&der), path, err);
}

static const struct part extension_parts[] = {
	{ "oid", read_extension_oid, true },
	{ "critical", read_extension_critical, false },
	{ "hex", read_hex, false },
	{ "base64", read_base64, false },
	{ 0 },
};
static const struct list_form extension_list = { PRIVATE_EXTENSIONS_MAX,
						 sizeof(struct private_extension),
						 extension_parts };

static json_t *write_extension(const void *items, size_t index)
{
	const struct private_extension *extension = (const struct private_extension *)items + index;
	char hex[ENCODED_MAX + 1];

	hex_encode((struct bytes){ extension->der, extension->der_len }, hex);
	return json_pack("{s:s, s:b, s:s}", "oid", extension->oid, "critical", extension->critical,
			 "hex", hex);
}

static json_t *write_extensions(const struct member *member, const struct profile *profile)
{
	(void)member;
	return write_items(profile->content.private_extension_count,
			   profile->content.private_extensions, write_extension);
}

static bool read_extensions(const struct member *member, const json_t *json,
			    const struct reading *reading, const char *path, struct error *err)
{
	struct profile_content *content = &reading->profile->content;
	struct private_extension *items = make_items(&extension_list, json, path, err);

	(void)member;
	if (!items)
		return false;
	if (!read_items(&extension_list, json, items, path, err)) {
		private_extensions_free(items, json_array_size(json));
		return false;
	}
	private_extensions_free(content->private_extensions, content->private_extension_count);
	content->private_extensions = items;
	content->private_extension_count = json_array_size(json);
	return true;
}

const struct form form_private_extensions = { write_extensions, read_extensions };
