/* What writing and reading signed messages share. */
#pragma once

#include "pki/cms.h"

extern const struct bytes oid_cms_content_type;
extern const struct bytes oid_cms_message_digest;

/* The AlgorithmIdentifier without parameters (RFC 5754 2). */
struct bytes cms_digest_der(enum cms_digest digest);
/* From a whole AlgorithmIdentifier, parameters absent or NULL; CMS_DIGEST_COUNT for none of ours.
 */
enum cms_digest cms_digest_parse(struct bytes der);
