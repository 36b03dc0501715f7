/* A manage over a real store and signer in a temporary folder, asked as the socket asks it. */
#pragma once

#include "test.h"

#include <ftw.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "manage/manage.h"
#include "store/store.h"

#define NOW INT64_C(1790000000) /* 2026-09-21 */

struct fixture {
	char folder[64];
	struct store *store;
	struct signer *signer;
	struct clock clock;
	struct manage manage;
	int changes; /* how often the node was told */
};

static inline void count_change(void *context)
{
	((struct fixture *)context)->changes++;
}

static inline void fixture_open(struct fixture *fixture)
{
	char path[128];
	struct error err = { 0 };

	*fixture = (struct fixture){ .folder = "/tmp/bestow-manage-XXXXXX" };
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(path, sizeof path, "%s/store.db", fixture->folder);
	EXPECT_OK(store_open(path, &fixture->store, &err), err);
	EXPECT_OK(signer_open(fixture->folder, BYTES_LITERAL("for tests only"), &fixture->signer,
			      &err),
		  err);
	fixture->clock = clock_fixed(NOW);
	fixture->manage = (struct manage){
		.store = fixture->store,
		.signer = fixture->signer,
		.clock = &fixture->clock,
		.pepper = BYTES_LITERAL("0123456789abcdef0123456789abcdef"),
		.key_secret = BYTES_LITERAL("fedcba9876543210fedcba9876543210"),
		.est_url = "https://est.test:8443",
		.changed = count_change,
		.context = fixture,
	};
}

static inline int remove_entry(const char *path, const struct stat *status, int type,
			       struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

static inline void fixture_close(struct fixture *fixture)
{
	store_close(fixture->store);
	signer_free(fixture->signer);
	nftw(fixture->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* The reply to this very text. */
static inline json_t *ask_text(struct fixture *fixture, const char *text)
{
	struct buffer reply = { 0 };

	manage_answer(&fixture->manage, "operator:test", bytes_of_string(text), &reply);
	json_t *json =
		json_loadb((const char *)reply.data, reply.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	buffer_done(&reply);
	return json;
}

/* `params` is stolen; NULL sends none. */
static inline json_t *ask(struct fixture *fixture, const char *account, const char *verb,
			  json_t *params)
{
	json_t *request = json_pack("{s:s, s:s?, s:o}", "verb", verb, "account", account, "params",
				    params ? params : json_object());
	assert_non_null(request);
	char *text = json_dumps(request, 0);
	json_t *reply = ask_text(fixture, text);

	free(text);
	json_decref(request);
	return reply;
}

/* The result, the caller's; the test fails on a refusal. */
static inline json_t *expect_result(json_t *reply)
{
	json_t *result = json_incref(json_object_get(reply, "result"));

	if (!result) {
		char *text = json_dumps(reply, 0);

		fail_msg("refused: %s", text);
		free(text);
	}
	json_decref(reply);
	return result;
}

/* The refusal's code; its detail holds `part`. */
static inline void expect_refusal(json_t *reply, const char *code, const char *part)
{
	const json_t *error = json_object_get(reply, "error");
	char *text = json_dumps(reply, 0);

	if (!error)
		fail_msg("not refused: %s", text);
	assert_string_equal(json_string_value(json_object_get(error, "code")), code);
	if (!strstr(json_string_value(json_object_get(error, "detail")), part))
		fail_msg("no \"%s\" in %s", part, text);
	free(text);
	json_decref(reply);
}

static inline void do_verb(struct fixture *fixture, const char *account, const char *verb,
			   json_t *params)
{
	json_decref(expect_result(ask(fixture, account, verb, params)));
}

static inline json_t *at(const json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	assert_non_null(member);
	return member;
}

static inline const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(at(object, name));
}

/* Bytes as a FILE parameter. */
static inline json_t *file_param(const char *text)
{
	struct buffer encoded = { 0 };

	base64_encode(bytes_of_string(text), 0, &encoded);
	json_t *json = json_stringn((const char *)encoded.data, encoded.len - 1);
	buffer_done(&encoded);
	return json;
}

/* -- the usual beginnings -- */

static inline void make_account(struct fixture *fixture, const char *name)
{
	do_verb(fixture, NULL, "account.create", json_pack("{s:s}", "name", name));
}

static inline void make_root(struct fixture *fixture, const char *account, const char *name)
{
	do_verb(fixture, account, "ca.create",
		json_pack("{s:s, s:s+}", "name", name, "subject", "CN=", name));
}

static inline void make_issuing(struct fixture *fixture, const char *account, const char *name,
				const char *parent)
{
	do_verb(fixture, account, "ca.create",
		json_pack("{s:s, s:s+, s:s}", "name", name, "subject", "CN=", name, "parent",
			  parent));
}

static inline void make_profile(struct fixture *fixture, const char *account, const char *name,
				const char *ca)
{
	do_verb(fixture, account, "profile.create",
		json_pack("{s:s, s:s, s:s}", "name", name, "template", "client-authentication",
			  "ca", ca));
}

/* The PEM of a CA; the caller's to free. */
static inline char *export_ca(struct fixture *fixture, const char *account, const char *name)
{
	json_t *result =
		expect_result(ask(fixture, account, "ca.export", json_pack("{s:s}", "name", name)));
	char *pem = strdup(text_at(result, "pem"));

	json_decref(result);
	return pem;
}

/* Entries of the audit log with this action. */
static inline size_t count_audited(struct fixture *fixture, const char *action)
{
	json_t *result =
		expect_result(ask(fixture, NULL, "audit.list", json_pack("{s:i}", "limit", 1000)));
	size_t count = 0, i;
	json_t *entry;

	json_array_foreach(at(result, "entries"), i, entry) count +=
		strcmp(text_at(entry, "action"), action) == 0;
	json_decref(result);
	return count;
}
