/* Policy is a function: profile, facts and now go in; allow, refuse or wait comes out, with a trace
 * of every rule. Pure: no store, no clock, no keys. */
#pragma once

#include "model/grant.h"
#include "model/identity.h"
#include "pki/csr.h"

enum binding_finding { BINDING_ABSENT, BINDING_MATCHES, BINDING_DIFFERS, BINDING_NOT_COMPARABLE };

/* What the store knows of the CSR's key, within the account. */
struct key_finding {
	bool used;          /* by any certificate of the account */
	bool used_by_other; /* by a certificate with another subject, still live */
	bool revoked;       /* by a revoked certificate */
};

/* A key that will be made here for the one who asks. */
struct key_to_make {
	enum key_type type;
	unsigned int bits; /* for KEY_RSA */
};
/* The kind that the CSR asks for by the key it carries where the profile takes that kind, else the
 * profile's first of p256, p384, p521, ed25519 and rsa. RSA sizes are brought within the profile's
 * bounds. */
void policy_key_to_make(const struct profile *profile, const struct csr *csr,
			struct key_to_make *ret);

struct facts {
	enum est_operation operation;
	bool address_allowed;
	struct address peer;
	const struct csr *csr;
	struct certificate_finding certificate;
	struct passphrase_finding passphrase;
	const struct key_to_make *key_to_make; /* the CSR has no key yet; NULL: it has */
	struct code_finding code;
	struct device_finding device;
	/* certificates that the subject to issue has live in the profile, without the one being
	 * renewed */
	unsigned int live;
	enum binding_finding binding;
	struct key_finding key;
	const struct certificate
		*renewed; /* the record being renewed: the authenticating certificate's, or for an
			     RA the one found by subject; or NULL */
	const struct cert *renewed_cert;
	const struct account *account;
	const struct ca *ca; /* the profile's */
	const char *request_id;
	int64_t now;
};

#define TRACE_MAX 32
enum trace_outcome { TRACE_PASSED, TRACE_REFUSED, TRACE_SKIPPED };
struct trace_step {
	const char *rule; /* constant */
	enum trace_outcome outcome;
	char words[ERROR_DETAIL_MAX];
};
struct trace {
	struct trace_step steps[TRACE_MAX];
	size_t count;
};

struct verdict {
	bool allowed;
	struct error refusal;        /* when not allowed */
	bool authenticated;          /* the caller has proven who it is */
	enum identity_kind identity; /* by what it was believed; IDENTITY_NONE: by nothing */
	bool by_code;                /* an enrollment code was part of that */
	bool renews;                 /* decided as a renewal */
	bool waits;                  /* when allowed: not before an operator has approved it */
	struct grant *grant;         /* when allowed and there is a key; owned until TAKEn */
	struct trace trace;
};
void verdict_done(struct verdict *verdict);

/* Runs the rules in their order (policy/rules table); the first refusal decides. An unknown
 * operation, state or method refuses. */
void policy_decide(const struct profile *profile, const struct facts *facts, struct verdict *ret);

/* A certificate of ours stands in the store as issued and is not revoked at `now`:
 * REASON_CERT_UNKNOWN or REASON_CERT_REVOKED. */
MUST_CHECK bool record_check(const struct certificate *record, int64_t now, struct error *err);
/* The entry of the list is not suspended: REASON_DEVICE_SUSPENDED. NULL is none. */
MUST_CHECK bool device_check(const struct device *device, struct error *err);

/* The caller is somebody by its certificate: what fullcmc asks where it wants no certificate. */
MUST_CHECK bool policy_knows_caller(const struct profile *profile, const struct facts *facts,
				    struct error *err);
/* A device may revoke the certificate that speaks for it, an RA those of the profile. */
MUST_CHECK bool policy_may_revoke(const struct profile *profile, const struct facts *facts,
				  const struct certificate *target, struct error *err);

/* Appends the text of the subject that this request would get, as far as the profile's rules allow
 * one: by it the store tells whether a key serves another name. */
void policy_subject_text(const struct profile *profile, const struct facts *facts,
			 struct buffer *ret);

/* Leave for what an operator, or a job of the node's, orders directly: RA certificates, a node's
 * server certificate, CA certificates, OCSP responders' certificates. `order` is checked as
 * strictly. */
struct order {
	enum certificate_purpose purpose;
	int64_t account_id;
	const struct ca *ca; /* the issuer; NULL for a self-signed root */
	const struct name *subject;
	struct bytes key_id; /* PURPOSE_CA: the subjectKeyIdentifier by which what it signed knows
				it; empty: ours */
	struct bytes subject_der; /* PURPOSE_CA: the same name in the bytes that this CA writes as
				     issuer; empty: in ours */
	const struct san *san;
	const struct public_key *key;
	enum signature_algorithm signature;
	int64_t not_before, validity_seconds;
	int path_len;                  /* PURPOSE_CA, as the next */
	struct bytes name_constraints; /* DER of the extension's value; empty: none */
	const char *operator;
};
MUST_CHECK bool policy_grant_order(const struct order *order, struct grant **ret,
				   struct error *err);

/* What an operator should know of a profile before a device does: one warning a call, by growing
 * index; false at the end. (No clientAuth among the EKUs: renewals over TLS will fail; window opens
 * later than clients try; validity beyond the CA's end; issuing CA missing in EST authentication;
 * single-tier CA.) */
struct lint_context {
	const struct catalog *catalog;
	bool has_codes; /* the profile has device codes, whatever their state */
	int64_t now;
};
bool profile_lint(const struct profile *profile, const struct lint_context *context, size_t index,
		  char *ret_text, size_t size);
