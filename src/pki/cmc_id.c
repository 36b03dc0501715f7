#include "pki/cmc_id.h"

bool cmc_id_read(struct der *der, uint32_t *ret)
{
	struct bytes contents = der_read(der, DER_INTEGER);
	uint64_t value = 0;

	if (contents.len == 0 || contents.len > 5 || contents.data[0] & 0x80)
		return false;
	if (contents.len > 1 && contents.data[0] == 0 && !(contents.data[1] & 0x80))
		return false;
	for (size_t i = 0; i < contents.len; i++)
		value = value << 8 | contents.data[i];
	*ret = (uint32_t)value;
	return value > 0 && value <= UINT32_MAX;
}

/* der_write_small() has no room for all 32 bits. */
void cmc_id_write(struct buffer *to, uint32_t id)
{
	const unsigned char octets[] = { (unsigned char)(id >> 24), (unsigned char)(id >> 16),
					 (unsigned char)(id >> 8), (unsigned char)id };

	der_write_unsigned(to, (struct bytes){ octets, sizeof octets });
}
