#include "pki/cmc.h"

#include "pki/cmc_id.h"
#include "pki/cmc_oid.h"
#include "pki/der.h"

static void write_attribute(struct cmc_response *response, struct bytes oid, struct bytes value)
{
	struct buffer *to = &response->controls;
	size_t begun = der_begin(to, DER_SEQUENCE);

	cmc_id_write(to, ++response->last_id);
	der_write_oid(to, oid);
	der_write(to, DER_SET, value);
	der_end(to, begun);
}

void cmc_response_control(struct cmc_response *response, enum cmc_control_type type,
			  struct bytes value)
{
	write_attribute(response, cmc_control_oid(type), value);
}

/* PendInfo ::= SEQUENCE { pendToken OCTET STRING, pendTime GeneralizedTime } */
static void write_pend_info(struct buffer *to, const struct cmc_status *status)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write(to, DER_OCTET_STRING, status->token);
	der_write_generalized_time(to, status->ask_at);
	der_end(to, begun);
}

/* CMCStatusInfoV2 ::= SEQUENCE { cMCStatus, bodyList, statusString OPTIONAL, otherInfo OPTIONAL }
 */
void cmc_response_status(struct cmc_response *response, const struct cmc_status *status)
{
	const struct bytes oid = BYTES_LITERAL(OID_CMC_STATUS_INFO_V2);
	CLEANUP(buffer_done) struct buffer value = { 0 };
	size_t begun = der_begin(&value, DER_SEQUENCE);

	der_write_small(&value, status->code);
	size_t list = der_begin(&value, DER_SEQUENCE);
	cmc_id_write(&value, status->part);
	der_end(&value, list);
	if (status->text)
		der_write(&value, DER_UTF8_STRING, bytes_of_string(status->text));
	if (status->code == CMC_FAILED)
		der_write_small(&value, status->fail_info);
	if (status->code == CMC_PENDING && status->token.len)
		write_pend_info(&value, status);
	der_end(&value, begun);
	write_attribute(response, oid, buffer_view(&value));
	if (!buffer_ok(&value))
		response->controls.failed = true;
}

/* TaggedContentInfo ::= SEQUENCE { bodyPartID, contentInfo } */
uint32_t cmc_response_message(struct cmc_response *response, struct bytes content_info)
{
	struct buffer *to = &response->messages;
	size_t begun = der_begin(to, DER_SEQUENCE);

	cmc_id_write(to, ++response->last_id);
	buffer_append(to, content_info);
	der_end(to, begun);
	return response->last_id;
}

void cmc_response_batch(struct cmc_response *response, const struct cmc_part_list *list)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	size_t begun = der_begin(&value, DER_SEQUENCE);

	for (size_t i = 0; i < list->count; i++)
		cmc_id_write(&value, list->ids[i]);
	der_end(&value, begun);
	cmc_response_control(response, CMC_BATCH_RESPONSES, buffer_view(&value));
	if (!buffer_ok(&value))
		response->controls.failed = true;
}

void cmc_response_done(struct cmc_response *response)
{
	buffer_done(&response->controls);
	buffer_done(&response->messages);
}

/* PKIResponse ::= SEQUENCE { controlSequence, cmsSequence, otherMsgSequence } */
bool cmc_response_encode(const struct cmc_response *response, struct buffer *ret, struct error *err)
{
	const struct bytes empty = { 0 };
	size_t begun = der_begin(ret, DER_SEQUENCE);

	der_write(ret, DER_SEQUENCE, buffer_view(&response->controls));
	der_write(ret, DER_SEQUENCE, buffer_view(&response->messages));
	der_write(ret, DER_SEQUENCE, empty);
	der_end(ret, begun);
	return (buffer_ok(ret) && buffer_ok(&response->controls) &&
		buffer_ok(&response->messages)) ||
	       error_set(err, REASON_NO_MEMORY, "response");
}
