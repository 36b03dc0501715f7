/* What a profile writes into each certificate beside its names, its key and their usages. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define POLICIES_MAX 8
#define PUBLICATION_URLS_MAX 4
#define PRIVATE_EXTENSIONS_MAX 8
#define PRIVATE_EXTENSION_DER_MAX 1024 /* octets; in every certificate of the profile */

struct texts {
	char **items;
	size_t count;
};
void texts_done(struct texts *texts);

/* RFC 5280 4.2.1.4. */
struct certificate_policy {
	char *oid; /* dotted */
	char *cps; /* the URL of the practice statement, or NULL */
};

/* Where relying parties are sent for CRLs and issuers' certificates. */
enum published {
	PUBLISHED_BY_NODE, /* where the node itself serves them */
	PUBLISHED_NOWHERE, /* the certificate says nothing */
	PUBLISHED_AT_URLS  /* where the profile says */
};

/* An extension that Bestow knows nothing of. */
struct private_extension {
	char *oid; /* dotted */
	bool critical;
	unsigned char *der; /* one DER element */
	size_t der_len;
};

struct profile_content {
	bool key_usage_critical, ext_key_usage_critical;
	struct certificate_policy *policies;
	size_t policy_count;
	enum published crl_published;
	struct texts crl_urls;
	enum published access_published;
	struct texts ca_issuer_urls, ocsp_urls;
	struct private_extension *private_extensions;
	size_t private_extension_count;
};

void profile_content_done(struct profile_content *content);
void certificate_policies_free(struct certificate_policy *policies, size_t count);
void private_extensions_free(struct private_extension *extensions, size_t count);
/* REASON_INVALID naming the field. */
MUST_CHECK bool profile_content_check(const struct profile_content *content, struct error *err);
