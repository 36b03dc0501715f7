#include "pki/name.h"

#include <string.h>

#include "pki/name_attribute.h"
#include "pki/name_entries.h"

void name_done(struct name *name)
{
	for (size_t i = 0; i < name->count; i++)
		free(name->entries[i].value);
	free(name->entries);
	free(name->der);
	*name = (struct name){ 0 };
}

bool name_push(struct name *name, struct name_entry entry, struct error *err)
{
	CLEANUP(freep) char *value = entry.value;

	if (name->count == NAME_ATTRIBUTES_MAX)
		return error_set(err, REASON_NAME_INVALID, "more than %d attributes in a name",
				 NAME_ATTRIBUTES_MAX);

	struct name_entry *grown = realloc(name->entries, (name->count + 1) * sizeof *grown);
	if (!grown)
		return error_set(err, REASON_NO_MEMORY, "name");
	name->entries = grown;
	name->entries[name->count++] = entry;
	(void)TAKE(value);
	return true;
}

bool name_own_types(struct name *name, struct error *err)
{
	size_t len = 0;

	for (size_t i = 0; i < name->count; i++)
		if (name->entries[i].attribute == NAME_UNKNOWN)
			len += name->entries[i].type.len;
	if (len == 0)
		return true;

	unsigned char *types = malloc(len), *at = types;
	if (!types)
		return error_set(err, REASON_NO_MEMORY, "name");
	for (size_t i = 0; i < name->count; i++) {
		struct name_entry *entry = &name->entries[i];

		if (entry->attribute != NAME_UNKNOWN)
			continue;
		memcpy(at, entry->type.data, entry->type.len);
		entry->type.data = at;
		at += entry->type.len;
	}
	name->der = types;
	return true;
}

size_t name_rdn_end(const struct name *name, size_t first)
{
	size_t end = first + 1;

	while (end < name->count && name->entries[end].joined)
		end++;
	return end;
}

bool name_append(struct name *name, enum name_attribute attribute, const char *value,
		 struct error *err)
{
	if (attribute >= NAME_UNKNOWN)
		return error_set(err, REASON_NAME_INVALID, "unknown attribute");
	if (!name_value_check(attribute, value, err))
		return false;

	struct name_entry entry = {
		.attribute = attribute,
		.value = strdup(value),
		.type = name_attribute_row(attribute)->oid,
	};
	if (!entry.value)
		return error_set(err, REASON_NO_MEMORY, "name");
	return name_push(name, entry, err);
}

static bool copy_entries(const struct name *name, struct name *ret, struct error *err)
{
	for (size_t i = 0; i < name->count; i++) {
		struct name_entry entry = name->entries[i];

		entry.value = strdup(entry.value);
		if (!entry.value)
			return error_set(err, REASON_NO_MEMORY, "name");
		if (!name_push(ret, entry, err))
			return false;
	}
	return true;
}

bool name_copy(const struct name *name, struct name *ret, struct error *err)
{
	CLEANUP(name_done) struct name copy = { 0 };

	if (!copy_entries(name, &copy, err) || !name_own_types(&copy, err))
		return false;
	*ret = copy;
	copy = (struct name){ 0 };
	return true;
}

const char *name_find(const struct name *name, enum name_attribute attribute)
{
	for (size_t i = 0; i < name->count; i++)
		if (name->entries[i].attribute == attribute)
			return name->entries[i].value;
	return NULL;
}
