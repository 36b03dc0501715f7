/* CAs, devices and the question whether one is trusted: what the tests of chains share. */
#pragma once

#include "cert_maker.h"

#include <time.h>

#include "pki/chain.h"

static struct error err;

/* -- keys, made once -- */

enum { ROOT, ISSUING, LOWER, DEVICE, OTHER, KEYS };
static struct private_key *keys[KEYS];

static inline int make_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		EXPECT_OK(private_key_generate(KEY_P256, 0, &keys[i], &err), err);
	return 0;
}

static inline int free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		private_key_free(keys[i]);
	return 0;
}

/* -- certificates -- */

static inline struct maker ca_maker(const char *subject, size_t key, const char *issuer,
				    size_t signer, int path_len)
{
	struct maker maker = {
		.subject = subject, .issuer = issuer, .key = keys[key], .signer = keys[signer]
	};

	maker_ca(&maker, path_len);
	maker_key_usage(&maker, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	return maker;
}

static inline struct cert *make_ca(const char *subject, size_t key, const char *issuer,
				   size_t signer)
{
	struct maker maker = ca_maker(subject, key, issuer, signer, -1);

	return maker_parse(&maker);
}

static inline struct cert *make_root(void)
{
	return make_ca("CN=Root", ROOT, "CN=Root", ROOT);
}

static inline struct cert *make_issuing(void)
{
	return make_ca("CN=Issuing", ISSUING, "CN=Root", ROOT);
}

static inline struct maker device_maker(const char *issuer, size_t signer)
{
	return (struct maker){ .subject = "CN=device-1",
			       .issuer = issuer,
			       .key = keys[DEVICE],
			       .signer = keys[signer] };
}

static inline struct cert *make_device(void)
{
	struct maker maker = device_maker("CN=Issuing", ISSUING);

	return maker_parse(&maker);
}

/* -- one question -- */

#define CERTS_MAX 100

struct question {
	struct cert *leaf;
	struct cert *sent[CERTS_MAX];
	size_t sent_count;
	struct cert *anchors[CERTS_MAX];
	size_t anchor_count;
};

static inline void question_done(struct question *question)
{
	cert_free(question->leaf);
	for (size_t i = 0; i < question->sent_count; i++)
		cert_free(question->sent[i]);
	for (size_t i = 0; i < question->anchor_count; i++)
		cert_free(question->anchors[i]);
}

static inline void send(struct question *question, struct cert *cert)
{
	question->sent[question->sent_count++] = cert;
}

static inline void trust(struct question *question, struct cert *cert)
{
	question->anchors[question->anchor_count++] = cert;
}

static inline bool ask(const struct question *question, size_t *ret_anchor, struct error *why)
{
	const struct chain_request request = {
		.leaf = question->leaf,
		.sent = (const struct cert *const *)question->sent,
		.sent_count = question->sent_count,
		.anchors = (const struct cert *const *)question->anchors,
		.anchor_count = question->anchor_count,
		.now = MAKER_NOW,
	};

	*why = (struct error){ 0 };
	return chain_check(&request, ret_anchor, why);
}

static inline void expect_trusted(const struct question *question, size_t anchor)
{
	size_t found = SIZE_MAX;

	EXPECT_OK(ask(question, &found, &err), err);
	assert_int_equal(found, anchor);
}

static inline void expect_refused(const struct question *question, enum reason reason)
{
	size_t found = SIZE_MAX;

	EXPECT_REFUSED(ask(question, &found, &err), err, reason);
	assert_int_equal(found, SIZE_MAX);
	assert_true(err.detail[0]);
}

static inline int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}
