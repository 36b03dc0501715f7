/* Certificate Management over CMS (RFC 5272, 6402): what a client wraps into a PKIData, and the
 * PKIResponse that it gets. Neither signs nor decides: pki/cms.h does the one, ra/cmc.c asks for
 * the other. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define CMC_MAX 131072 /* octets of a message */
#define CMC_CONTROLS_MAX 32
#define CMC_PARTS_MAX 8     /* of each kind */
#define CMC_VALUE_MAX 4096  /* octets of a control's value */
#define CMC_TOKEN_MAX 40960 /* the same of queryPending: a token holds a whole request */

extern const struct bytes oid_cmc_pki_data;
extern const struct bytes oid_cmc_pki_response;

/* -- the request -- */

enum cmc_control_type {
	CMC_IDENTIFICATION,
	CMC_IDENTITY_PROOF,
	CMC_DATA_RETURN,
	CMC_TRANSACTION_ID,
	CMC_SENDER_NONCE,
	CMC_RECIPIENT_NONCE,
	CMC_LRA_POP_WITNESS,
	CMC_GET_CERT,
	CMC_GET_CRL,
	CMC_REVOKE_REQUEST,
	CMC_REG_INFO,
	CMC_QUERY_PENDING,
	CMC_POP_LINK_RANDOM,
	CMC_CONFIRM_CERT_ACCEPTANCE,
	CMC_BATCH_REQUESTS,
	CMC_BATCH_RESPONSES,
	CMC_CONTROLS_PROCESSED,
	CMC_IDENTITY_PROOF_V2,
	CMC_RA_IDENTITY_WITNESS,
	CMC_CONTROL_UNKNOWN,
};
/* The control's OID; empty for CMC_CONTROL_UNKNOWN. */
struct bytes cmc_control_oid(enum cmc_control_type type);

struct cmc_control {
	uint32_t id;
	enum cmc_control_type type;
	struct bytes value; /* the only one, whole */
};

enum cmc_part_kind {
	CMC_PKCS10,
	CMC_CRMF,
	CMC_OTHER_REQUEST,
	CMC_CONTENT, /* a message within the message */
};
struct cmc_part {
	uint32_t id;
	enum cmc_part_kind kind;
	/* of CMC_PKCS10: the CertificationRequest; of CMC_CRMF: what the CertReqMsg holds; of
	 * CMC_CONTENT: the ContentInfo */
	struct bytes der;
	struct bytes whole; /* the TaggedRequest; empty for CMC_CONTENT */
};

/* A PKIData; views into the message. */
struct cmc_request {
	struct cmc_control controls[CMC_CONTROLS_MAX];
	size_t control_count;
	struct cmc_part parts[3 * CMC_PARTS_MAX];
	size_t part_count;
};
/* Body part identifiers are unique and none is 0 (RFC 5272 3.2.2), each control has one value, and
 * no control of a kind that we know is there twice but those that ask for something.
 * REASON_CMS_MALFORMED. */
MUST_CHECK bool cmc_request_parse(struct bytes der, struct cmc_request *ret, struct error *err);
/* NULL when there is none. */
const struct cmc_control *cmc_control_find(const struct cmc_request *request,
					   enum cmc_control_type type);

/* -- the controls that ask for something: from a whole value -- */

/* A certificate by its issuer's whole Name and its serial number (contents octets). */
struct cmc_certificate {
	struct bytes issuer, serial;
};
MUST_CHECK bool cmc_get_cert_parse(struct bytes value, struct cmc_certificate *ret,
				   struct error *err);
struct cmc_revocation {
	struct cmc_certificate certificate;
	uint32_t reason;         /* RFC 5280 5.3.1 */
	int64_t invalidity_date; /* 0: unsaid */
};
MUST_CHECK bool cmc_revocation_parse(struct bytes value, struct cmc_revocation *ret,
				     struct error *err);

/* The newest CRL, unless `time` says otherwise. */
struct cmc_crl_query {
	struct bytes issuer; /* DER Name */
	bool has_place;      /* asks for the CRL of a distribution point */
	struct bytes uri;    /* its name; empty if it is none */
	int64_t time;        /* of one that was made by then; 0: unsaid */
};
MUST_CHECK bool cmc_get_crl_parse(struct bytes value, struct cmc_crl_query *ret, struct error *err);
/* queryPending: the token is the TaggedRequest that waits, as cmc_status told it. */
MUST_CHECK bool cmc_query_pending_parse(struct bytes value, struct cmc_part *ret,
					struct error *err);
/* batchRequests: each identifier is there once, and none is 0. */
struct cmc_part_list {
	uint32_t ids[CMC_PARTS_MAX];
	size_t count;
};
MUST_CHECK bool cmc_part_list_parse(struct bytes value, struct cmc_part_list *ret,
				    struct error *err);
/* lraPOPWitness: whether an RA says of the body part, one of this very message's, that its key is
 * possessed (RFC 5272 6.8). */
bool cmc_witness_names(struct bytes value, uint32_t part);

/* -- the response -- */

enum cmc_status_code {
	CMC_SUCCESS = 0,
	CMC_FAILED = 2,
	CMC_PENDING = 3,
	CMC_NO_SUPPORT = 4,
};
enum cmc_fail_info {
	CMC_BAD_ALG = 0,
	CMC_BAD_MESSAGE_CHECK = 1,
	CMC_BAD_REQUEST = 2,
	CMC_BAD_TIME = 3,
	CMC_BAD_CERT_ID = 4,
	CMC_UNSUPPORTED_EXT = 5,
	CMC_MUST_ARCHIVE_KEYS = 6,
	CMC_BAD_IDENTITY = 7,
	CMC_POP_REQUIRED = 8,
	CMC_POP_FAILED = 9,
	CMC_NO_KEY_REUSE = 10,
	CMC_INTERNAL_CA_ERROR = 11,
	CMC_TRY_LATER = 12,
	CMC_AUTH_DATA_FAIL = 13,
};
#define CMC_WHOLE_REQUEST 0 /* in a body part's stead */

struct cmc_status {
	enum cmc_status_code code;
	uint32_t part;
	enum cmc_fail_info fail_info; /* for CMC_FAILED */
	const char *text;             /* UTF-8, or NULL */
	struct bytes token;           /* for CMC_PENDING: to ask by; empty: unsaid */
	int64_t ask_at;               /* with a token: when */
};

/* A PKIResponse that grows; cmc_response_encode() tells whether memory was enough. */
struct cmc_response {
	struct buffer controls, messages;
	uint32_t last_id;
};
void cmc_response_control(struct cmc_response *response, enum cmc_control_type type,
			  struct bytes value);
void cmc_response_status(struct cmc_response *response, const struct cmc_status *status);
/* Puts a whole ContentInfo into the response; gives its body part identifier. */
uint32_t cmc_response_message(struct cmc_response *response, struct bytes content_info);
/* batchResponses */
void cmc_response_batch(struct cmc_response *response, const struct cmc_part_list *list);
void cmc_response_done(struct cmc_response *response);
MUST_CHECK bool cmc_response_encode(const struct cmc_response *response, struct buffer *ret,
				    struct error *err);
