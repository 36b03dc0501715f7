#include "model/publication.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/pack.h"

static const struct {
	const char *prefix, *suffix, *media_type;
} kinds[PUBLICATION_KINDS] = {
	[PUBLICATION_CRL] = { "/crl/", ".crl", "application/pkix-crl" },
	[PUBLICATION_DELTA] = { "/crl/", "-delta.crl", "application/pkix-crl" },
	[PUBLICATION_CA] = { "/ca/", ".cer", "application/pkix-cert" },
};

void publication_name(const struct cert *ca, enum publication_kind kind,
		      char into[PUBLICATION_NAME_MAX + 1])
{
	const unsigned char *hash =
		kind == PUBLICATION_CA ? cert_fingerprint(ca) : cert_key_hash(ca);

	hex_encode((struct bytes){ hash, PUBLICATION_NAME_MAX / 2 }, into);
}

bool publication_url(const char *base, const struct cert *ca, enum publication_kind kind,
		     char into[PUBLICATION_URL_MAX])
{
	char name[PUBLICATION_NAME_MAX + 1];

	publication_name(ca, kind, name);
	int len = snprintf(into, PUBLICATION_URL_MAX, "%s%s%s%s", base, kinds[kind].prefix, name,
			   kinds[kind].suffix);
	return len > 0 && len < PUBLICATION_URL_MAX;
}

bool publication_ocsp_url(const char *base, char into[PUBLICATION_URL_MAX])
{
	int len = snprintf(into, PUBLICATION_URL_MAX, "%s%s", base, PUBLICATION_OCSP_PATH);

	return len > 0 && len < PUBLICATION_URL_MAX;
}

static bool matches(const char *path, enum publication_kind kind)
{
	size_t prefix = strlen(kinds[kind].prefix);

	return strncmp(path, kinds[kind].prefix, prefix) == 0 &&
	       strspn(path + prefix, "0123456789abcdef") == PUBLICATION_NAME_MAX &&
	       strcmp(path + prefix + PUBLICATION_NAME_MAX, kinds[kind].suffix) == 0;
}

bool publication_path_parse(const char *path, enum publication_kind *ret_kind,
			    char ret_name[PUBLICATION_NAME_MAX + 1])
{
	for (int kind = 0; kind < PUBLICATION_KINDS; kind++) {
		if (!matches(path, (enum publication_kind)kind))
			continue;
		*ret_kind = (enum publication_kind)kind;
		memcpy(ret_name, path + strlen(kinds[kind].prefix), PUBLICATION_NAME_MAX);
		ret_name[PUBLICATION_NAME_MAX] = '\0';
		return true;
	}
	return false;
}

const char *publication_media_type(enum publication_kind kind)
{
	return kinds[kind].media_type;
}

void publication_pack(const struct publication *publication, struct buffer *to)
{
	pack_u8(to, (uint8_t)publication->kind);
	pack_string(to, publication->name);
	pack_u64(to, (uint64_t)publication->number);
	pack_u64(to, (uint64_t)publication->this_update);
	pack_u64(to, (uint64_t)publication->next_update);
	pack_bytes(to, publication->body);
}

bool publication_unpack(struct bytes message, struct publication *ret, struct error *err)
{
	struct unpacker from = { .rest = message };
	CLEANUP(freep) char *name = NULL;
	uint8_t kind = unpack_u8(&from);

	unpack_string(&from, &name);
	ret->number = (int64_t)unpack_u64(&from);
	ret->this_update = (int64_t)unpack_u64(&from);
	ret->next_update = (int64_t)unpack_u64(&from);
	ret->body = unpack_bytes(&from);
	if (!unpack_finished(&from) || kind >= PUBLICATION_KINDS || !name ||
	    strlen(name) != PUBLICATION_NAME_MAX)
		return error_set(err, REASON_PROTOCOL, "a publication of %zu bytes", message.len);
	ret->kind = (enum publication_kind)kind;
	memcpy(ret->name, name, PUBLICATION_NAME_MAX + 1);
	return true;
}
