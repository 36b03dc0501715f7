#include "manage/restoration.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "store/store_audit.h"
#include "store/store_event.h"

/* A CRL's number is the time in seconds or a little above: nothing that went out since is numbered
 * higher, unless the clocks of the two machines are this far apart. */
#define CLOCKS_APART_MAX 3600

/* thisUpdate, validity and windows would go back, not only numbers. */
static bool check_clock(const struct store_reach *reach, int64_t now, struct error *err)
{
	int64_t known = reach->made > reach->audit_at ? reach->made : reach->audit_at;
	char now_text[TIME_TEXT_MAX], text[TIME_TEXT_MAX];

	return now >= known || error_set(err, REASON_CLOCK,
					 "it is %s, and the store tells of %s: set the clock first",
					 time_to_text(now, now_text), time_to_text(known, text));
}

static int64_t crl_floor(const struct store_reach *reach, int64_t now)
{
	return (now > reach->crl_number ? now : reach->crl_number) + CLOCKS_APART_MAX;
}

/* A store that came as a copy of its disk has no mark: it is as old as the last thing it tells. */
static int64_t age_of(const struct store_reach *reach)
{
	return reach->made ? reach->made : reach->audit_at;
}

/* -- telling -- */

static void describe_reach(const struct restoration_report *report, struct buffer *to)
{
	const struct store_reach *reach = &report->reach;
	char head[2 * HASH_LEN + 1], serial[2 * CERT_SERIAL_MAX + 1], text[TIME_TEXT_MAX];

	buffer_printf(to, "backup of %s; audit entry %" PRId64 " with hash %s",
		      time_to_text(report->restoration.made, text), reach->audit_entries,
		      hex_encode((struct bytes){ reach->audit_head, HASH_LEN }, head));
	if (!reach->serial_len) {
		buffer_append_text(to, "; no certificate");
		return;
	}
	buffer_printf(to, "; last certificate %s of %s",
		      hex_encode((struct bytes){ reach->serial, reach->serial_len }, serial),
		      time_to_text(reach->issued_at, text));
}

static void describe_ended(const struct restoration_report *report, struct buffer *to)
{
	const struct store_credentials *ended = &report->ended;

	buffer_printf(to,
		      "ended: %" PRId64 " sessions, %" PRId64 " sign-in links, %" PRId64
		      " API tokens, %" PRId64 " device codes; to be approved anew: %" PRId64
		      " requests; CRL numbers above %" PRId64,
		      ended->sessions, ended->sign_in_links, ended->api_tokens, ended->device_codes,
		      ended->approvals, report->restoration.crl_floor);
}

void restoration_describe(const struct restoration_report *report, struct buffer *to)
{
	describe_reach(report, to);
	buffer_append_text(to, "\n");
	describe_ended(report, to);
	buffer_append_text(to, "\n");
}

static bool audit(struct store_tx *tx, const struct restoration_report *report, const char *actor,
		  struct error *err)
{
	CLEANUP(buffer_done) struct buffer before = { 0 };
	CLEANUP(buffer_done) struct buffer after = { 0 };

	describe_reach(report, &before);
	describe_ended(report, &after);
	if (!buffer_cstring(&before) || !buffer_cstring(&after))
		return error_set(err, REASON_NO_MEMORY, "audit entry");
	return store_audit_append(tx,
				  &(struct audit_entry){ .actor = actor,
							 .action = "node.after-restore",
							 .object = "node store",
							 .before = buffer_cstring(&before),
							 .after = buffer_cstring(&after) },
				  err);
}

static bool tell(struct store_tx *tx, const struct restoration_report *report, const char *actor,
		 struct error *err)
{
	CLEANUP(buffer_done) struct buffer words = { 0 };
	struct event event = { .operation = EST_OPERATION_COUNT, .reason = REASON_STORE_RESTORED };

	buffer_append_text(&words, "taken over: ");
	describe_reach(report, &words);
	if (!buffer_cstring(&words))
		return error_set(err, REASON_NO_MEMORY, "event");
	snprintf(event.detail, sizeof event.detail, "%s", buffer_cstring(&words));
	snprintf(event.client, sizeof event.client, "%s", actor);
	return store_event_insert(tx, &event, err);
}

/* -- taking over -- */

bool restoration_take_over(struct store *store, const char *actor, int64_t now,
			   struct restoration_report *ret, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct restoration_report report = { 0 };

	if (!store_begin(store, &tx, err) || !store_reach_find(tx, &report.reach, err) ||
	    !check_clock(&report.reach, now, err))
		return false;
	report.restoration = (struct restoration){ .at = now,
						   .made = age_of(&report.reach),
						   .crl_floor = crl_floor(&report.reach, now) };
	if (!store_restore_end_credentials(tx, now, &report.ended, err) ||
	    !store_restore_enter(tx, &report.restoration, err) || !audit(tx, &report, actor, err) ||
	    !tell(tx, &report, actor, err) || !store_commit(TAKE(tx), err))
		return false;
	*ret = report;
	return true;
}
