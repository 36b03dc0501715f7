/* A request as the files of this folder see it. */
#pragma once

#include "bestow/client.h"
#include "base/bytes.h"
#include "est_client/client_key.h"
#include "pki/cert.h"
#include "pki/csr.h"
#include "pki/name.h"
#include "pki/san.h"

struct bestow_request {
	struct name subject;
	struct buffer subject_der; /* as it goes into the CSR */
	struct san san;
	struct buffer san_value; /* of a certificate, as it stands there; wins over `san` */
	bool san_is_critical;
	bool names_are_fixed;     /* they are a certificate's: nothing is added to them */
	struct buffer extensions; /* whole Extension elements that the server wants */
	char *challenge;
	enum bestow_binding binding;
	bool server_wants_binding; /* its csrattrs said so */

	struct csr *csr; /* finished by somebody else: it is sent as it is; NULL: it is made here */

	/* the key to which a key that the server makes is encrypted; NULL: as it is */
	const struct bestow_key *decrypt_key;
	struct cert *decrypt_cert;
	struct buffer decrypt_key_id;
};

/* REASON_INVALID for a request that is a finished CSR. */
MUST_CHECK bool request_check_open(const struct bestow_request *request, struct error *err);
/* SHA-256 of the SPKI that the certificate must be for: a finished CSR's, else the key's. NULL when
 * there is neither. */
const unsigned char *request_key_hash(const struct bestow_request *request,
				      const struct bestow_key *key);

/* What goes into a CSR besides: texts of RFC 7894 and challengePassword. NULL for none. */
struct request_link {
	const char *challenge_password, *est_identity_linking;
};

/* Which attributes a binding of this text goes into. */
struct request_link request_link_of(const struct bestow_request *request, const char *binding);
/* Takes `name` over, also when it fails, with its DER if that is given. */
MUST_CHECK bool request_take_subject(struct bestow_request *request, struct name *name,
				     struct bytes der, struct error *err);
/* One attribute more for the subject. */
MUST_CHECK bool request_add_name(struct bestow_request *request, enum name_attribute attribute,
				 const char *value, struct error *err);
bool request_wants_binding(const struct bestow_request *request);
MUST_CHECK bool request_encode(const struct bestow_request *request, const struct bestow_key *key,
			       const struct request_link *link, struct buffer *ret,
			       struct error *err);
