#include <string.h>

#include "pki/der.h"
#include "pki/name_attribute.h"
#include "pki/name_entries.h"

static bool write_entry(struct buffer *to, const struct name_entry *entry, struct error *err)
{
	enum name_alphabet alphabet = name_attribute_row(entry->attribute)->alphabet;

	if (!name_value_check(entry->attribute, entry->value, err))
		return false;

	size_t begun = der_begin(to, DER_SEQUENCE);
	der_write_oid(to, entry->type);
	der_write(to, name_alphabet_tag(alphabet), bytes_of_string(entry->value));
	der_end(to, begun);
	return true;
}

static bool write_single(struct buffer *to, const struct name_entry *entry, struct error *err)
{
	size_t begun = der_begin(to, DER_SET);

	if (!write_entry(to, entry, err))
		return false;
	der_end(to, begun);
	return true;
}

/* The entries of a SET OF stand in the order of their encodings, so they are encoded first. */
static bool write_joined(struct buffer *to, const struct name_entry *entries, size_t count,
			 struct error *err)
{
	CLEANUP(buffer_done) struct buffer encoded = { 0 };
	struct bytes elements[NAME_ATTRIBUTES_MAX];
	size_t ends[NAME_ATTRIBUTES_MAX];

	for (size_t i = 0; i < count; i++) {
		if (!write_entry(&encoded, &entries[i], err))
			return false;
		ends[i] = encoded.len;
	}
	if (!buffer_ok(&encoded))
		return error_set(err, REASON_NO_MEMORY, "name");
	for (size_t i = 0, begin = 0; i < count; begin = ends[i++])
		elements[i] = (struct bytes){ encoded.data + begin, ends[i] - begin };
	der_write_set_of(to, DER_SET, elements, count);
	return true;
}

bool name_encode(const struct name *name, struct buffer *ret, struct error *err)
{
	size_t begun = der_begin(ret, DER_SEQUENCE);

	for (size_t first = 0, end; first < name->count; first = end) {
		const struct name_entry *entry = &name->entries[first];
		size_t count;

		end = name_rdn_end(name, first);
		count = end - first;
		if (!(count == 1 ? write_single(ret, entry, err)
				 : write_joined(ret, entry, count, err)))
			return false;
	}
	der_end(ret, begun);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "name");
}
