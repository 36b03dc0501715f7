#include "bestowd/census.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "ca/crl_issuer.h"
#include "store/store_audit.h"
#include "store/store_certificate.h"
#include "store/store_config.h"
#include "store/store_crl.h"
#include "store/store_graph.h"
#include "store/store_held_request.h"

#define KEPT_FACTOR 10
#define DAY ((int64_t)86400)
#define AUDIT_PART 2000 /* entries that are verified at a time: some 10 ms */

struct kept_text {
	struct buffer text;
	uint64_t until_us; /* monotonic */
};

struct census {
	pthread_mutex_t lock; /* held while it is made: who comes then gets the same */
	struct kept_text metrics[EXPOSITION_FORMAT_COUNT], health;
	struct audit_walk walk;
};

/* One family being written. */
struct count {
	const struct health_view *view;
	struct census *census;
	const struct metric *metric;
	struct buffer *to;
};

static void put(const struct count *count, const struct labels *labels, int64_t value)
{
	exposition_integer(count->metric, labels, value, count->to);
}

static const char *account_name(const struct count *count, int64_t id)
{
	const struct account *account = catalog_account(count->view->catalog, id);

	return account ? account->name : "";
}

/* -- certificates, by account -- */

static void count_certificates(const struct count *count)
{
	const struct catalog *catalog = count->view->catalog;

	for (size_t i = 0; i < catalog->account_count; i++) {
		const struct account *account = &catalog->accounts[i];
		int64_t valid, expired, revoked;

		if (!store_certificate_count(count->view->store, account->id, count->view->now,
					     &valid, &expired, &revoked, NULL))
			continue;
		const struct {
			const char *state;
			int64_t value;
		} states[] = { { "valid", valid }, { "expired", expired }, { "revoked", revoked } };
		for (size_t j = 0; j < ARRAY_LEN(states); j++)
			put(count,
			    &(struct labels){ { { "account", account->name },
						{ "state", states[j].state } } },
			    states[j].value);
	}
}

static void count_expiring(const struct count *count)
{
	static const struct {
		const char *window;
		int64_t days;
	} windows[] = { { "1d", 1 }, { "7d", 7 }, { "30d", 30 }, { "90d", 90 } };
	const struct catalog *catalog = count->view->catalog;
	int64_t now = count->view->now, value;

	for (size_t i = 0; i < catalog->account_count; i++)
		for (size_t j = 0; j < ARRAY_LEN(windows); j++) {
			const struct account *account = &catalog->accounts[i];

			if (store_graph_ends(count->view->store, account->id, now,
					     now + windows[j].days * DAY, &value, NULL))
				put(count,
				    &(struct labels){ { { "account", account->name },
							{ "window", windows[j].window } } },
				    value);
		}
}

static void count_lapsed(const struct count *count)
{
	const struct catalog *catalog = count->view->catalog;
	int64_t now = count->view->now, value;

	for (size_t i = 0; i < catalog->account_count; i++)
		if (store_graph_lapses(count->view->store, catalog->accounts[i].id, now - DAY, now,
				       &value, NULL))
			put(count, &(struct labels){ { { "account", catalog->accounts[i].name } } },
			    value);
}

static void count_waiting(const struct count *count)
{
	const struct catalog *catalog = count->view->catalog;
	int64_t value;

	for (size_t i = 0; i < catalog->account_count; i++)
		if (store_held_request_count(count->view->store, catalog->accounts[i].id,
					     count->view->now, &value, NULL))
			put(count, &(struct labels){ { { "account", catalog->accounts[i].name } } },
			    value);
}

static void count_profiles(const struct count *count)
{
	static const enum profile_state states[] = { PROFILE_ACTIVE, PROFILE_SUSPENDED };
	const struct catalog *catalog = count->view->catalog;

	for (size_t i = 0; i < catalog->account_count; i++)
		for (size_t j = 0; j < ARRAY_LEN(states); j++) {
			int64_t value = 0;

			for (size_t k = 0; k < catalog->profile_count; k++)
				value += catalog->profiles[k]->account_id ==
						 catalog->accounts[i].id &&
					 catalog->profiles[k]->state == states[j];
			put(count,
			    &(struct labels){ { { "account", catalog->accounts[i].name },
						{ "state", profile_state_text(states[j]) } } },
			    value);
		}
}

/* -- CAs -- */

static void each_ca(const struct count *count,
		    void (*each)(const struct count *count, const struct ca *ca,
				 const struct labels *labels))
{
	const struct catalog *catalog = count->view->catalog;

	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];

		each(count, ca,
		     &(struct labels){ { { "account", account_name(count, ca->account_id) },
					 { "ca", ca->name } } });
	}
}

static void put_not_after(const struct count *count, const struct ca *ca,
			  const struct labels *labels)
{
	put(count, labels, cert_not_after(ca->cert));
}

static void count_not_after(const struct count *count)
{
	each_ca(count, put_not_after);
}

static void put_usable(const struct count *count, const struct ca *ca, const struct labels *labels)
{
	/* one that shall not sign is no trouble */
	if (ca->state == CA_ACTIVE)
		put(count, labels, health_ca(count->view, ca, NULL));
}

static void count_usable(const struct count *count)
{
	each_ca(count, put_usable);
}

static void put_next_update(const struct count *count, const struct ca *ca,
			    const struct labels *labels)
{
	static const enum crl_kind kinds[] = { CRL_FULL, CRL_DELTA };

	for (size_t i = 0; ca_publishes(ca) && i < ARRAY_LEN(kinds); i++) {
		CLEANUP(crl_done) struct crl crl = { 0 };
		struct labels with_kind = *labels;

		if (!store_crl_find(count->view->store, ca->id, kinds[i], false, &crl, NULL))
			continue;
		with_kind.items[2] = (struct label){ "kind", crl_kind_text(kinds[i]) };
		put(count, &with_kind, crl.next_update);
	}
}

static void count_next_update(const struct count *count)
{
	each_ca(count, put_next_update);
}

/* The one that counts is not in use while it is looked at. */
static void count_connections(const struct count *count)
{
	size_t idle = 0, in_use = 0;

	store_readers(count->view->store, &idle, &in_use);
	put(count, &(struct labels){ { { "state", "idle" } } }, (int64_t)idle);
	put(count, &(struct labels){ { { "state", "in_use" } } }, (int64_t)in_use);
}

static void count_audit(const struct count *count)
{
	struct audit_walk *walk = &count->census->walk;

	if (store_audit_walk(count->view->store, walk, AUDIT_PART, NULL))
		put(count, NULL, !walk->is_broken);
}

static void count_token(const struct count *count)
{
	struct token_standing standing;

	if (signer_token_standing(count->view->signer, &standing))
		put(count, NULL, standing.is_ready);
}

/* -- all of it -- */

static const struct row {
	struct metric metric;
	void (*count)(const struct count *count);
} rows[] = {
	{ { "bestow_certificates", METRIC_GAUGE, NULL, "Certificates issued, by their state." },
	  count_certificates },
	{ { "bestow_certificates_expiring", METRIC_GAUGE, NULL,
	    "Valid certificates that end within so many days." },
	  count_expiring },
	{ { "bestow_certificates_lapsed", METRIC_GAUGE, NULL,
	    "Certificates that ended in the last day, and were neither renewed nor revoked." },
	  count_lapsed },
	{ { "bestow_approvals_waiting", METRIC_GAUGE, NULL,
	    "Requests that wait for an operator's decision." },
	  count_waiting },
	{ { "bestow_profiles", METRIC_GAUGE, NULL, "Profiles, by their state." }, count_profiles },
	{ { "bestow_ca_not_after_timestamp_seconds", METRIC_GAUGE, "seconds",
	    "When the CA's certificate ends, in Unix time." },
	  count_not_after },
	{ { "bestow_ca_usable", METRIC_GAUGE, NULL, "1 if the CA can sign certificates now." },
	  count_usable },
	{ { "bestow_crl_next_update_timestamp_seconds", METRIC_GAUGE, "seconds",
	    "The nextUpdate of the CRL in force, in Unix time." },
	  count_next_update },
	{ { "bestow_db_pool_connections", METRIC_GAUGE, NULL,
	    "Connections for reads from the store." },
	  count_connections },
	{ { "bestow_audit_chain_ok", METRIC_GAUGE, NULL,
	    "0 once the audit log was found altered; some of it is verified at each reading." },
	  count_audit },
	{ { "bestow_token_ready", METRIC_GAUGE, NULL,
	    "1 if the PKCS#11 token is there and logged in to." },
	  count_token },
};

static void make_metrics(struct census *census, const struct health_view *view,
			 enum exposition_format format, struct buffer *to)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct count count = { view, census, &rows[i].metric, to };

		exposition_begin(format, count.metric, to);
		rows[i].count(&count);
	}
}

static void make_health(struct census *census, const struct health_view *view,
			enum exposition_format format, struct buffer *to)
{
	(void)census, (void)format;
	health_check(view, to);
}

static void take(struct census *census, struct kept_text *kept, const struct health_view *view,
		 enum exposition_format format,
		 void (*make)(struct census *census, const struct health_view *view,
			      enum exposition_format format, struct buffer *to),
		 struct buffer *to)
{
	pthread_mutex_lock(&census->lock);
	uint64_t began = monotonic_us();
	if (began >= kept->until_us) {
		buffer_clear(&kept->text);
		make(census, view, format, &kept->text);
		uint64_t ended = monotonic_us();
		kept->until_us = ended + KEPT_FACTOR * (ended - began);
	}
	buffer_append(to, buffer_view(&kept->text));
	pthread_mutex_unlock(&census->lock);
}

void census_take(struct census *census, const struct health_view *view,
		 enum exposition_format format, struct buffer *to)
{
	take(census, &census->metrics[format], view, format, make_metrics, to);
}

void census_health(struct census *census, const struct health_view *view, struct buffer *to)
{
	take(census, &census->health, view, EXPOSITION_PROMETHEUS, make_health, to);
}

bool census_new(struct census **ret, struct error *err)
{
	struct census *census = calloc(1, sizeof *census);

	if (!census)
		return error_set(err, REASON_NO_MEMORY, "census");
	pthread_mutex_init(&census->lock, NULL);
	*ret = census;
	return true;
}

void census_free(struct census *census)
{
	if (!census)
		return;
	for (size_t i = 0; i < EXPOSITION_FORMAT_COUNT; i++)
		buffer_done(&census->metrics[i].text);
	buffer_done(&census->health.text);
	pthread_mutex_destroy(&census->lock);
	free(census);
}
