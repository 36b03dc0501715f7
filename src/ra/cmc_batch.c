/* batchRequests (RFC 5272 6.17): each message of a batch is judged as if it had come by itself on
 * this connection, by its own signer or else by who TLS and HTTP say, and has its own response in
 * this one. The signature around a batch vouches for nothing. */
#include "ra/cmc.h"

static const struct cmc_part *find_message(const struct cmc_dialog *d, uint32_t id)
{
	for (size_t i = 0; i < d->data.part_count; i++)
		if (d->data.parts[i].kind == CMC_CONTENT && d->data.parts[i].id == id)
			return &d->data.parts[i];
	return NULL;
}

bool cmc_is_in_batch(const struct cmc_dialog *d, const struct cmc_part *part)
{
	const struct cmc_control *batch = cmc_control_find(&d->data, CMC_BATCH_REQUESTS);
	struct cmc_part_list list;

	if (!batch || !cmc_part_list_parse(batch->value, &list, NULL))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.ids[i] == part->id)
			return true;
	return false;
}

bool cmc_check_batch(const struct cmc_dialog *d, const struct cmc_control *control,
		     struct error *err)
{
	struct cmc_part_list list;

	if (d->outer)
		return error_set(err, REASON_CMC_CONTROL, "a batch within a batch");
	if (!cmc_part_list_parse(control->value, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (!find_message(d, list.ids[i]))
			return error_set(err, REASON_CMC_CONTROL,
					 "the batch names body part %lu, which is no message",
					 (unsigned long)list.ids[i]);
	return true;
}

static bool answer_one(struct cmc_dialog *d, const struct cmc_part *part, uint32_t *ret_id,
		       struct error *err)
{
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct est_request request = *d->request;

	request.csr = part->der;
	if (!cmc_answer_message(d->ra, &request, d, &reply, err))
		return false;
	*ret_id = cmc_response_message(&d->response, buffer_view(&reply.cmc));
	return true;
}

bool cmc_answer_batch(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	const struct error none = { 0 };
	struct cmc_part_list list, answers = { 0 };

	if (!cmc_part_list_parse(control->value, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (!answer_one(d, find_message(d, list.ids[i]), &answers.ids[answers.count++],
				err))
			return false;
	cmc_response_batch(&d->response, &answers);
	cmc_tell(d, control->id, &none, true);
	return true;
}
