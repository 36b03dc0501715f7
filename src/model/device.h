/* The devices that a profile has on its list, and the codes with which they enroll. */
#pragma once

#include "model/catalog.h"

enum device_kind {
	DEVICE_BY_SERIAL,      /* the serialNumber attribute of its certificate's subject */
	DEVICE_BY_FINGERPRINT, /* the SHA-256 of its certificate */
};
#define DEVICE_KIND_COUNT 2

#define DEVICE_IDENTITY_MAX 64 /* octets; RFC 5280's bound of serialNumber */
#define DEVICE_NAME_MAX 64     /* RFC 5280's bound of a CN */
#define DEVICE_REMARK_MAX 255

struct device {
	int64_t id, account_id, profile_id;
	enum device_kind kind;
	char identity[DEVICE_IDENTITY_MAX + 1]; /* as written; a fingerprint in lower-case digits */
	char name[DEVICE_NAME_MAX + 1];         /* what it may be called beside; "": nothing */
	char remark[DEVICE_REMARK_MAX + 1];
	int64_t created;
	int64_t suspended_at;   /* 0: it is not */
	int64_t certificate_id; /* the newest that it got; 0: none yet */
};

enum device_state { DEVICE_REGISTERED, DEVICE_ENROLLED, DEVICE_SUSPENDED };
enum device_state device_state(const struct device *device);
const char *device_state_text(enum device_state state); /* "registered", "enrolled", "suspended" */
const char *device_kind_text(enum device_kind kind);    /* "serial", "fingerprint" */

/* Sets kind and identity. A fingerprint has 64 hexadecimal digits, with colons or without, and
 * becomes lower case; a serial number 1 to DEVICE_IDENTITY_MAX characters that a PrintableString or
 * a UTF8String can hold, and no space at either end. REASON_INVALID. */
MUST_CHECK bool device_set_identity(struct device *device, enum device_kind kind, const char *text,
				    struct error *err);
/* One line, within their bounds; NULL is "". */
MUST_CHECK bool device_set_name(struct device *device, const char *text, struct error *err);
MUST_CHECK bool device_set_remark(struct device *device, const char *text, struct error *err);

/* How identities are compared: without regard to case, outer and repeated spaces (RFC 5280 7.1).
 * False when it does not fit, so that it equals no device's. */
bool device_identity_fold(const char *text, char ret[DEVICE_IDENTITY_MAX + 1]);
/* The device is called so: by its serial number or by its name. */
bool device_is_called(const struct device *device, const char *text);

/* A code's verifier: the code itself is nowhere. */
struct device_code {
	int64_t id, profile_id;
	int64_t device_id; /* 0: whoever holds it */
	enum verifier_kind kind;
	unsigned char verifier[VERIFIER_MAX];
	size_t verifier_len;
	int64_t created, ends; /* ends 0: none */
	int64_t uses_max, uses;
	int64_t failures;  /* guesses at the device's codes since it last used one */
	int64_t locked_at; /* 0: it is not */
};
#define DEVICE_CODE_USES_MAX 1000000

enum device_code_state { CODE_LIVE, CODE_EXPIRED, CODE_USED_UP, CODE_LOCKED };
/* What speaks against the code at `now`; locked before expired before used up. */
enum device_code_state device_code_state(const struct device_code *code, int64_t now);
const char *device_code_state_text(enum device_code_state state); /* "live", "expired" … */
