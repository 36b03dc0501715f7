/* A certificate profile: who may enroll, what must be in the request, and what the certificate will
 * say. */
#pragma once

#include "model/profile_content.h"
#include "pki/extension.h"
#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"

enum profile_state { PROFILE_ACTIVE, PROFILE_SUSPENDED };
enum profile_template {
	TEMPLATE_CLIENT_AUTHENTICATION,
	TEMPLATE_GENERIC_DEVICE,
	TEMPLATE_LDEVID, /* IEEE 802.1AR: an owner's identity beside the manufacturer's */
	TEMPLATE_TLS_SERVER,
	TEMPLATE_RA, /* the only one that may grant id-kp-cmcRA */
	PROFILE_TEMPLATE_COUNT
};
enum auth_method {
	AUTH_TLS_CERTIFICATE,
	AUTH_PASSPHRASE,
	AUTH_EITHER, /* of the two above */
	AUTH_DEVICE_CODE,
	AUTH_CERTIFICATE_AND_CODE,
};
bool auth_takes_certificate(enum auth_method method); /* for a first certificate */
bool auth_takes_passphrase(enum auth_method method);
bool auth_takes_code(enum auth_method method);

/* What the CSR's challengePassword means; the RFC 7894 attributes say it themselves and win. */
enum challenge_meaning {
	CHALLENGE_IS_BINDING,
	CHALLENGE_IS_PASSPHRASE,
	CHALLENGE_IGNORED,
	CHALLENGE_IS_CODE
};
enum binding_rule {
	BINDING_OPTIONAL,
	BINDING_REQUIRED
}; /* a binding that is there must be right in any case */

/* What a rule reads of the certificate that the client authenticated with. */
enum origin_kind {
	ORIGIN_SAME, /* what the rule itself is about: the attribute, the type of SAN */
	ORIGIN_SUBJECT,
	ORIGIN_HARDWARE_SERIAL,     /* hwSerialNum of RFC 4108, which must be printable */
	ORIGIN_HARDWARE_SERIAL_HEX, /* the same in hexadecimal, whatever its octets are */
	ORIGIN_HARDWARE_TYPE,
};
struct origin {
	enum origin_kind kind;
	enum name_attribute attribute; /* for ORIGIN_SUBJECT */
};

enum subject_source {
	SUBJECT_FIXED,
	SUBJECT_CSR_REQUIRED,
	SUBJECT_CSR_OPTIONAL,
	SUBJECT_CLIENT_CERTIFICATE,
	SUBJECT_DROPPED,
	SUBJECT_RA, /* the request, where an RA has sent it */
};
struct subject_rule {
	enum name_attribute attribute;
	enum subject_source source;
	struct origin from; /* for SUBJECT_CLIENT_CERTIFICATE */
	char *value;        /* the text for SUBJECT_FIXED, else NULL */
	char *pattern; /* POSIX extended regular expression the whole value must match, or NULL */
};

enum san_source {
	SAN_FROM_CSR_OPTIONAL,
	SAN_FROM_CSR_REQUIRED,
	SAN_DROPPED,
	SAN_REFUSED,
	SAN_FIXED,
	SAN_FROM_CLIENT_CERTIFICATE,
	SAN_FROM_RA,
};
struct san_rule {
	enum san_source source;
	struct origin from; /* for SAN_FROM_CLIENT_CERTIFICATE */
	char *value;        /* for SAN_FIXED, else NULL */
	char *pattern; /* regular expression; for SAN_IP a comma-separated list of address ranges;
			  or NULL */
	bool wildcard; /* SAN_DNS: "*.example" may be asked for */
};

/* Whether names must belong to the certificate that the client authenticated with (never asked of
 * RA certificates). */
enum identity_rule {
	IDENTITY_MUST_MATCH, /* what names the device in the request must stand in the
				client's certificate */
	IDENTITY_ANY,
};

/* Who may have a certificate at all. */
enum device_rule {
	DEVICES_ANY,
	DEVICES_REGISTERED, /* who is on the profile's list, and not suspended there */
};

enum unlisted { UNLISTED_DROP, UNLISTED_REFUSE };
enum renew_valid { RENEW_VALID_ANY_TIME, RENEW_VALID_IN_WINDOW, RENEW_VALID_NEVER };
enum renew_expired { RENEW_EXPIRED_IN_WINDOW, RENEW_EXPIRED_NEVER };
enum renew_key { RENEW_KEY_ALLOWED, RENEW_KEY_SAME_REQUIRED, RENEW_KEY_NEW_REQUIRED };
enum renew_old { RENEW_OLD_KEPT, RENEW_OLD_REVOKED_LATER, RENEW_OLD_REVOKED_ON_USE };
/* A simpleenroll authenticated by a certificate that this very profile issued. */
enum own_certificate { OWN_CERTIFICATE_RENEWS, OWN_CERTIFICATE_ENROLLS, OWN_CERTIFICATE_REFUSED };
/* The form in which csrattrs asks (RFC 9908 section 3). */
enum csrattrs_form { CSRATTRS_LEGACY, CSRATTRS_TEMPLATE, CSRATTRS_BOTH };
enum key_reuse { KEY_REUSE_SAME_DEVICE, KEY_REUSE_ANY, KEY_REUSE_NEVER };
/* What waits for an operator's decision. */
enum approval_rule { APPROVAL_NONE, APPROVAL_ENROLLMENTS, APPROVAL_ENROLLMENTS_AND_RENEWALS };

#define PROFILE_NAME_MAX 64
#define PROFILE_ALIASES_MAX 16
#define PROFILE_LABEL_MAX 128
#define PROFILE_RULES_MAX NAME_ATTRIBUTES_MAX
#define PROFILE_EKU_MAX 16
#define WINDOW_WITHOUT_END (-1)
/* RFC 5280 4.1.2.5: 99991231235959Z says that there is no well-defined end. */
#define NOT_AFTER_NEVER INT64_C(253402300799)
/* Clients read no dates, and give up on more. */
#define APPROVAL_RETRY_MIN 60
#define APPROVAL_RETRY_MAX (48 * 3600)

struct profile {
	int64_t id, account_id, ca_id;
	int64_t version; /* counts every saved change; a certificate remembers the one that issued
			    it */
	char *name;      /* unique in its account */
	char *oid;       /* dotted; given at creation, never changed or reused */
	enum profile_state state;
	char **aliases; /* labels beside the OID, unique over the node; may hold '/' */
	size_t alias_count;

	enum profile_template template;
	enum auth_method auth;
	enum challenge_meaning challenge;
	enum binding_rule binding;
	enum identity_rule identity;
	enum device_rule devices;
	unsigned int code_tries; /* wrong ones that an address has at a device's short
				     code; 0: any number */
	/* live certificates of one subject; 0: as many as it wants */
	unsigned int certificates_per_subject;
	bool strict_encoding; /* only base64 DER, exact media type */

	struct subject_rule *subject_rules; /* also the order of the subject's attributes */
	size_t subject_rule_count;
	enum unlisted subject_unlisted; /* attributes that no rule names */
	struct san_rule san_rules[SAN_TYPE_COUNT];
	enum unlisted extension_unlisted; /* requested extensions that the profile does not copy */

	bool key_allowed[KEY_TYPE_COUNT];
	unsigned int rsa_bits_min, rsa_bits_max;
	enum key_reuse key_reuse;
	unsigned int key_usage; /* keyEncipherment and keyAgreement are left out where the key
				   cannot do them */
	char **ext_key_usages;  /* dotted OIDs, in order */
	size_t ext_key_usage_count;
	enum signature_algorithm signature; /* SIGN_COUNT: the CA key's default */

	struct profile_content content;

	int64_t validity_seconds, backdate_seconds;
	int64_t not_after; /* a fixed end, whatever the validity; NOT_AFTER_NEVER; 0: none */
	enum csrattrs_form csrattrs;
	bool include_chain; /* enroll answers carry the issuing CA too */
	/* A client that lost our answer and asks the same again gets the same certificate for this
	 * long; 0: never. */
	int64_t repeat_seconds;

	enum renew_valid renew_valid;
	enum renew_expired renew_expired;
	int64_t window_opens_seconds;  /* before notAfter */
	int64_t window_closes_seconds; /* after notAfter; WINDOW_WITHOUT_END */
	enum renew_key renew_key;
	enum renew_old renew_old;
	int64_t renew_old_seconds; /* for RENEW_OLD_REVOKED_LATER */
	enum own_certificate own_certificate;
	bool change_subject;              /* ChangeSubjectName (RFC 6402) is honoured */
	unsigned int renewals_per_minute; /* of one name from one address; 0: any number */

	bool serverkeygen; /* the operation is there: keys are made here (RFC 7030 4.4) */
	bool fullcmc;      /* the operation is there (RFC 7030 4.3) */

	enum approval_rule approval;
	bool approval_without_credentials; /* also who offers none may wait; the operator alone
					      knows who it is */
	int64_t approval_retry_seconds;    /* how long a client waits before it asks again */
	int64_t approval_expires_seconds;  /* how long a request, and then a decision, is kept */
	unsigned int approval_waiting_max, approval_waiting_max_per_address;
};

/* The defaults of a template, name, OID and ids left empty. */
MUST_CHECK bool profile_new(enum profile_template template, struct profile **ret,
			    struct error *err);
void profile_free(struct profile *profile);
DEFINE_CLEANUP(struct profile *, profile_free)
/* Checks every field and how they fit together (labels legal and not an operation's name, patterns
 * compile, lengths, windows); REASON_INVALID naming the field. */
MUST_CHECK bool profile_check(const struct profile *profile, struct error *err);
/* A label is legal: 1 to PROFILE_LABEL_MAX of [A-Za-z0-9._~-], segments divided by '/', no segment
 * "." or ".." or an operation's name. */
MUST_CHECK bool label_check(const char *label, struct error *err);

/* The certificates are RA certificates: who holds one may be given leave to speak for devices. */
bool profile_makes_ras(const struct profile *profile);

/* Words for each enum, as they stand in JSON and on the command line; NULL and COUNT-like values
 * never occur. */
const char *auth_method_text(enum auth_method method); /* "tls-certificate", "passphrase", "either",
							  "device-code", "certificate-and-code" */
const char *profile_state_text(enum profile_state state); /* "active", "suspended" */
/* "client-authentication", "generic-device" … */
const char *profile_template_text(enum profile_template template);
/* "serialNumber", "hwSerialNum" …; NULL for ORIGIN_SAME. */
const char *origin_text(struct origin origin);
/* By the same words; false when there is no such. */
bool origin_by_text(const char *text, struct origin *ret);
