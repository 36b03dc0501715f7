#include "pki/cmc_oid.h"

#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}
#define ID_CMC "\x2b\x06\x01\x05\x05\x07\x07" /* 1.3.6.1.5.5.7.7 */
#define ID_CCT "\x2b\x06\x01\x05\x05\x07\x0c" /* 1.3.6.1.5.5.7.12 */

const struct bytes oid_cmc_pki_data = OID(ID_CCT "\x02");
const struct bytes oid_cmc_pki_response = OID(ID_CCT "\x03");

static const struct bytes oids[] = {
	[CMC_IDENTIFICATION] = OID(ID_CMC "\x02"),
	[CMC_IDENTITY_PROOF] = OID(ID_CMC "\x03"),
	[CMC_DATA_RETURN] = OID(ID_CMC "\x04"),
	[CMC_TRANSACTION_ID] = OID(ID_CMC "\x05"),
	[CMC_SENDER_NONCE] = OID(ID_CMC "\x06"),
	[CMC_RECIPIENT_NONCE] = OID(ID_CMC "\x07"),
	[CMC_LRA_POP_WITNESS] = OID(ID_CMC "\x0b"),
	[CMC_GET_CERT] = OID(ID_CMC "\x0f"),
	[CMC_GET_CRL] = OID(ID_CMC "\x10"),
	[CMC_REVOKE_REQUEST] = OID(ID_CMC "\x11"),
	[CMC_REG_INFO] = OID(ID_CMC "\x12"),
	[CMC_QUERY_PENDING] = OID(ID_CMC "\x15"),
	[CMC_POP_LINK_RANDOM] = OID(ID_CMC "\x16"),
	[CMC_CONFIRM_CERT_ACCEPTANCE] = OID(ID_CMC "\x18"),
	[CMC_BATCH_REQUESTS] = OID(ID_CMC "\x1c"),
	[CMC_BATCH_RESPONSES] = OID(ID_CMC "\x1d"),
	[CMC_CONTROLS_PROCESSED] = OID(ID_CMC "\x20"),
	[CMC_IDENTITY_PROOF_V2] = OID(ID_CMC "\x22"),
	[CMC_RA_IDENTITY_WITNESS] = OID(ID_CMC "\x23"),
};

struct bytes cmc_control_oid(enum cmc_control_type type)
{
	return type < CMC_CONTROL_UNKNOWN ? oids[type] : (struct bytes){ 0 };
}

enum cmc_control_type cmc_control_by_oid(struct bytes oid)
{
	enum cmc_control_type type = 0;

	while (type < CMC_CONTROL_UNKNOWN && !bytes_equal(oids[type], oid))
		type++;
	return type;
}
