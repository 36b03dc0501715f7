#include "http/notice.h"

#include "base/clock.h"
#include "http/server.h"

#define DETAIL_TEXT_MAX 160

void notice_client(struct connection *connection, const struct notice *notice)
{
	CLEANUP(buffer_done) struct buffer more = { 0 };
	char peer[ADDRESS_TEXT_MAX], detail[DETAIL_TEXT_MAX];
	uint32_t withheld;

	if (!log_budget_take(&connection->server->log_budget, notice->detail, monotonic_ms(),
			     &withheld))
		return;
	if (notice->status)
		buffer_printf(&more, " status=%u", notice->status);
	if (notice->request)
		buffer_printf(&more, " request=%s", notice->request);
	if (withheld)
		buffer_printf(&more, " withheld=%u", withheld);
	const char *rest = buffer_cstring(&more);
	log_event(notice->level, notice->event, "peer=%s reason=%s detail=%s%s",
		  address_to_text(&connection->peer, peer), notice->reason,
		  log_quote(notice->detail, detail, sizeof detail), rest ? rest : "");
}
