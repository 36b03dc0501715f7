/* The rules a certificate of ours keeps, and what they look at. */
#pragma once

#include "pki/lint.h"

/* A TBSCertificate taken apart. Views point into it. */
struct linted {
	uint32_t version;
	struct bytes serial, algorithm, issuer_der, validity, subject_der, spki;
	int64_t not_before, not_after;
	struct bytes extensions_der; /* the elements, without their list's tag */
	struct extensions extensions;
	struct name subject;    /* owned */
	struct public_key *key; /* owned; NULL when unsound */
	bool subject_is_legal;
	bool extensions_are_legal;
	bool is_ca;
	int path_len;              /* -1: none */
	unsigned int key_usage;    /* 0: none */
	const struct cert *issuer; /* NULL when self-signed */
	struct buffer *canonical;  /* where rules write what should stand there */
	struct error *why;         /* where rules let others say why they fail */
};

/* What a rule wrote is what stands there; memory that ran out fails too. */
static inline bool canonical_is(const struct linted *tbs, struct bytes found)
{
	return buffer_ok(tbs->canonical) && bytes_equal(buffer_view(tbs->canonical), found);
}

/* `words` complete "rule: words (RFC 5280 section)". */
struct lint_rule {
	const char *name, *words, *section;
	bool (*is_kept)(const struct linted *tbs);
};

/* Cheapest and most general first: later rules rely on earlier ones, such as a list of extensions
 * that could be read. Each ends with a row without a name. */
extern const struct lint_rule lint_field_rules[], lint_extension_rules[], lint_content_rules[];
