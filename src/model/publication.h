/* What relying parties fetch by plain HTTP: names in the URLs that stand in certificates, which
 * therefore never change. */
#pragma once

#include "pki/cert.h"

#define PUBLICATION_NAME_MAX 40 /* hexadecimal digits */
#define PUBLICATION_URL_MAX 512

enum publication_kind { PUBLICATION_CRL, PUBLICATION_DELTA, PUBLICATION_CA, PUBLICATION_KINDS };

/* A CRL's name is its issuer's key, so that it outlives the renewal of a CA's certificate; a CA
 * certificate's is its own fingerprint. */
void publication_name(const struct cert *ca, enum publication_kind kind,
		      char into[PUBLICATION_NAME_MAX + 1]);
/* "/crl/NAME.crl" after `base` ("http://pki.example"). False when it gets too long. */
MUST_CHECK bool publication_url(const char *base, const struct cert *ca, enum publication_kind kind,
				char into[PUBLICATION_URL_MAX]);
/* Where all OCSP requests go, whatever the issuer. */
#define PUBLICATION_OCSP_PATH "/ocsp"
MUST_CHECK bool publication_ocsp_url(const char *base, char into[PUBLICATION_URL_MAX]);
/* The kind and name of a request's path; false when it names nothing that could be there. */
MUST_CHECK bool publication_path_parse(const char *path, enum publication_kind *ret_kind,
				       char ret_name[PUBLICATION_NAME_MAX + 1]);
const char *publication_media_type(enum publication_kind kind);

/* One thing to fetch, on its way from the authority to the edges. Views are borrowed. */
struct publication {
	enum publication_kind kind;
	char name[PUBLICATION_NAME_MAX + 1];
	int64_t number;                   /* of a CRL; else 0 */
	int64_t this_update, next_update; /* next_update 0: it never ends */
	struct bytes body;
};
void publication_pack(const struct publication *publication, struct buffer *to);
/* `body` lies in the message. REASON_PROTOCOL. */
MUST_CHECK bool publication_unpack(struct bytes message, struct publication *ret,
				   struct error *err);
