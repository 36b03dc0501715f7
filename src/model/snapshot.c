#include "model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"

const struct snapshot_profile *snapshot_find(const struct snapshot *snapshot, const char *label)
{
	size_t low = 0, high = snapshot->label_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(snapshot->labels[middle].text, label);
		if (order == 0)
			return &snapshot->profiles[snapshot->labels[middle].profile];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void profile_done(struct snapshot_profile *profile)
{
	free(profile->name);
	buffer_done(&profile->cacerts);
	buffer_done(&profile->csrattrs);
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->account_count; i++) {
		address_set_done(&snapshot->accounts[i].allowed);
		free(snapshot->accounts[i].name);
	}
	for (size_t i = 0; i < snapshot->profile_count; i++)
		profile_done(&snapshot->profiles[i]);
	for (size_t i = 0; i < snapshot->label_count; i++)
		free(snapshot->labels[i].text);
	free(snapshot->accounts);
	free(snapshot->profiles);
	free(snapshot->labels);
	address_set_done(&snapshot->everyone);
	buffer_done(&snapshot->tls_chain);
	secret_done(&snapshot->tls_key);
	buffer_done(&snapshot->client_ca_names);
	free(snapshot);
}

/* -- packing -- */

static void pack_address_set(struct buffer *to, const struct address_set *set)
{
	pack_u32(to, (uint32_t)set->count);
	for (size_t i = 0; i < set->count; i++) {
		const struct address_range *range = &set->ranges[i];
		buffer_append(to, (struct bytes){ range->first.bytes, sizeof range->first.bytes });
		buffer_append(to, (struct bytes){ range->last.bytes, sizeof range->last.bytes });
	}
}

static void pack_profile(struct buffer *to, const struct snapshot_profile *profile)
{
	pack_u64(to, (uint64_t)profile->id);
	pack_u32(to, (uint32_t)profile->account);
	pack_string(to, profile->name ? profile->name : "");
	pack_bool(to, profile->active);
	pack_bool(to, profile->strict_encoding);
	pack_bool(to, profile->offers_basic);
	pack_bool(to, profile->in_rollover);
	pack_bool(to, profile->serverkeygen);
	pack_bool(to, profile->fullcmc);
	pack_bool(to, profile->is_unknown);
	pack_bytes(to, buffer_view(&profile->cacerts));
	pack_bytes(to, buffer_view(&profile->csrattrs));
}

void snapshot_pack(const struct snapshot *snapshot, struct buffer *to)
{
	pack_u64(to, (uint64_t)snapshot->version);
	pack_u32(to, (uint32_t)snapshot->account_count);
	for (size_t i = 0; i < snapshot->account_count; i++) {
		const char *name = snapshot->accounts[i].name;

		pack_u64(to, (uint64_t)snapshot->accounts[i].id);
		pack_string(to, name ? name : "");
		pack_address_set(to, &snapshot->accounts[i].allowed);
	}
	pack_u32(to, (uint32_t)snapshot->profile_count);
	for (size_t i = 0; i < snapshot->profile_count; i++)
		pack_profile(to, &snapshot->profiles[i]);
	pack_u32(to, (uint32_t)snapshot->label_count);
	for (size_t i = 0; i < snapshot->label_count; i++) {
		pack_string(to, snapshot->labels[i].text);
		pack_u32(to, (uint32_t)snapshot->labels[i].profile);
	}
	pack_bool(to, snapshot->has_default);
	pack_u32(to, (uint32_t)snapshot->default_profile);
	pack_address_set(to, &snapshot->everyone);
	pack_bytes(to, buffer_view(&snapshot->tls_chain));
	pack_bytes(to, secret_view(&snapshot->tls_key));
	pack_bool(to, snapshot->asks_client_certificate);
	pack_bytes(to, buffer_view(&snapshot->client_ca_names));
}

/* -- unpacking: `failed` of the unpacker also stands for what does not fit together -- */

/* The least that one item of a list takes in the message. */
#define ADDRESS_RANGE_PACKED 32
#define ACCOUNT_PACKED 17
#define PROFILE_PACKED 31
#define LABEL_PACKED 9

static void unpack_address(struct unpacker *from, struct address *ret)
{
	for (size_t i = 0; i < sizeof ret->bytes; i++)
		ret->bytes[i] = unpack_u8(from);
}

/* The set is made anew, so that it is sorted whoever wrote it. */
static void unpack_address_set(struct unpacker *from, struct address_set *ret)
{
	size_t count = unpack_count(from, ADDRESS_RANGE_PACKED);
	CLEANUP(freep) struct address_range *ranges = calloc(count + 1, sizeof *ranges);

	if (!ranges)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		unpack_address(from, &ranges[i].first);
		unpack_address(from, &ranges[i].last);
	}
	if (!ranges || !address_set_make(ranges, count, ret, NULL))
		from->failed = true;
}

/* An array for as many items as the message announces; *count is set once it is there. */
static void *unpack_array(struct unpacker *from, size_t smallest, size_t size, size_t *count)
{
	size_t announced = unpack_count(from, smallest);
	void *items = calloc(announced + 1, size);

	if (!items)
		from->failed = true;
	else
		*count = announced;
	return items;
}

static void unpack_buffer(struct unpacker *from, struct buffer *ret)
{
	buffer_append(ret, unpack_bytes(from));
	if (!buffer_ok(ret))
		from->failed = true;
}

static void unpack_required_string(struct unpacker *from, char **ret)
{
	unpack_string(from, ret);
	if (!*ret)
		from->failed = true;
}

static size_t unpack_index(struct unpacker *from, size_t count)
{
	size_t index = unpack_u32(from);

	if (index >= count)
		from->failed = true;
	return index;
}

static void unpack_profile(struct unpacker *from, size_t account_count,
			   struct snapshot_profile *ret)
{
	ret->id = (int64_t)unpack_u64(from);
	ret->account = unpack_index(from, account_count);
	unpack_required_string(from, &ret->name);
	ret->active = unpack_bool(from);
	ret->strict_encoding = unpack_bool(from);
	ret->offers_basic = unpack_bool(from);
	ret->in_rollover = unpack_bool(from);
	ret->serverkeygen = unpack_bool(from);
	ret->fullcmc = unpack_bool(from);
	ret->is_unknown = unpack_bool(from);
	unpack_buffer(from, &ret->cacerts);
	unpack_buffer(from, &ret->csrattrs);
}

static void unpack_accounts(struct unpacker *from, struct snapshot *ret)
{
	ret->accounts =
		unpack_array(from, ACCOUNT_PACKED, sizeof *ret->accounts, &ret->account_count);
	for (size_t i = 0; i < ret->account_count && !from->failed; i++) {
		ret->accounts[i].id = (int64_t)unpack_u64(from);
		unpack_required_string(from, &ret->accounts[i].name);
		unpack_address_set(from, &ret->accounts[i].allowed);
	}
}

static void unpack_profiles(struct unpacker *from, struct snapshot *ret)
{
	ret->profiles =
		unpack_array(from, PROFILE_PACKED, sizeof *ret->profiles, &ret->profile_count);
	for (size_t i = 0; i < ret->profile_count && !from->failed; i++)
		unpack_profile(from, ret->account_count, &ret->profiles[i]);
}

/* snapshot_find() searches by halves, so the order is not taken on trust. */
static void unpack_labels(struct unpacker *from, struct snapshot *ret)
{
	ret->labels = unpack_array(from, LABEL_PACKED, sizeof *ret->labels, &ret->label_count);
	for (size_t i = 0; i < ret->label_count && !from->failed; i++) {
		unpack_required_string(from, &ret->labels[i].text);
		ret->labels[i].profile = unpack_index(from, ret->profile_count);
		if (!from->failed && i && strcmp(ret->labels[i - 1].text, ret->labels[i].text) >= 0)
			from->failed = true;
	}
}

static void unpack_default(struct unpacker *from, struct snapshot *ret)
{
	ret->has_default = unpack_bool(from);
	ret->default_profile = unpack_u32(from);
	if (ret->has_default && ret->default_profile >= ret->profile_count)
		from->failed = true;
}

static void unpack_tls(struct unpacker *from, struct snapshot *ret)
{
	unpack_buffer(from, &ret->tls_chain);
	if (!secret_copy(unpack_bytes(from), &ret->tls_key, NULL))
		from->failed = true;
	ret->asks_client_certificate = unpack_bool(from);
	unpack_buffer(from, &ret->client_ca_names);
}

bool snapshot_unpack(struct bytes message, struct snapshot **ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	CLEANUP(snapshot_freep) struct snapshot *snapshot = calloc(1, sizeof *snapshot);

	if (!snapshot)
		return error_set(err, REASON_NO_MEMORY, "snapshot");
	snapshot->version = (int64_t)unpack_u64(&from);
	unpack_accounts(&from, snapshot);
	unpack_profiles(&from, snapshot);
	unpack_labels(&from, snapshot);
	unpack_default(&from, snapshot);
	unpack_address_set(&from, &snapshot->everyone);
	unpack_tls(&from, snapshot);
	if (!unpack_finished(&from))
		return error_set(err, REASON_PROTOCOL, "snapshot of %zu bytes", message.len);
	*ret = TAKE(snapshot);
	return true;
}
