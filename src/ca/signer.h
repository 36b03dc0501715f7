/* Where private keys of ours live and sign: files, or a PKCS#11 token. A key's name says where:
 * "token:ID" is an object of the token, any other a file. All functions are thread-safe. */
#pragma once

#include "base/meter.h"
#include "base/secret.h"
#include "pki/key.h"

#define KEY_NAME_MAX 80
#define TOKEN_PIN_MAX 256
#define KEY_LABEL_MAX 120 /* of a token's object: for people */

enum key_place { KEY_IN_FILE, KEY_IN_TOKEN, KEY_PLACE_COUNT };
const char *key_place_text(enum key_place place); /* "file", "token" */
enum key_place key_place_of(const char *key_name);
enum key_place key_place_by_text(const char *text); /* KEY_PLACE_COUNT when unknown */

/* Keys as encrypted PKCS#8 files, <folder>/<key_name>.key, decrypted on first use. */
struct signer;
MUST_CHECK bool signer_open(const char *folder, struct bytes passphrase, struct signer **ret,
			    struct error *err);
void signer_free(struct signer *signer);
DEFINE_CLEANUP(struct signer *, signer_free)

/* -- a PKCS#11 token beside the files -- */
struct token_options {
	const char *module;      /* path */
	const char *label;       /* of the token: slots get other numbers, labels do not */
	const char *pin_file;    /* read anew at each login; what cannot be read leaves `pin` */
	struct bytes pin;        /* copied */
	const char *pin_memory;  /* a file that remembers which PIN was refused */
	struct bytes pin_secret; /* keys that memory; copied */
	unsigned int sessions;   /* signatures at a time */
};
/* Once, before other threads use the signer, after signer_watch(). The strings are borrowed for
 * the signer's life. A token that is away is no failure; its keys cannot sign until it is there. */
MUST_CHECK bool signer_add_token(struct signer *signer, const struct token_options *options,
				 struct error *err);

struct token_standing {
	bool is_ready;
	char detail[ERROR_DETAIL_MAX]; /* why it is not */
	char manufacturer[33], model[17], serial[17];
};
/* False when no token is configured. */
bool signer_token_standing(struct signer *signer, struct token_standing *ret);

#define TOKEN_KEYS_MAX 256 /* that are looked at */
/* A private key that was found in the token. */
struct token_key {
	char key_name[KEY_NAME_MAX + 1]; /* "": it has no CKA_ID, and cannot be used */
	char label[KEY_LABEL_MAX + 1];
	enum key_type type; /* KEY_TYPE_COUNT: none of ours */
};
MUST_CHECK bool signer_token_keys(struct signer *signer, struct token_key *ret, size_t max,
				  size_t *ret_count, struct error *err);
/* Appends the DER of the token's certificates: those of that key first, then all. */
MUST_CHECK bool signer_token_certs(struct signer *signer, const char *key_name, struct buffer *to,
				   struct error *err);

/* -- keys -- */

/* Makes a key that never was elsewhere, and its name. `label` is what a token's tools show. */
struct key_order {
	enum key_place place;
	enum key_type type;
	unsigned int bits; /* for KEY_RSA */
	const char *label;
};
MUST_CHECK bool signer_generate(struct signer *signer, const struct key_order *order,
				char ret_name[KEY_NAME_MAX + 1], struct public_key **ret,
				struct error *err);
/* Keeps a key that came from elsewhere in a file, durably, before the CA is recorded.
 * REASON_CONFLICT if there is one of that name. */
MUST_CHECK bool signer_add(struct signer *signer, const char *key_name,
			   const struct private_key *key, struct error *err);
/* For a CA whose record could not be made after all. */
void signer_remove(struct signer *signer, const char *key_name);
/* Makes a local key ready and proves by a trial signature that it fits `public_key`, so that the
 * first enrollment need not. REASON_CA_UNAVAILABLE; another try may come at any time. */
MUST_CHECK bool signer_load(struct signer *signer, const char *key_name,
			    const struct public_key *public_key, struct error *err);
/* Whether the key of that name signs within this process, in microseconds, rather than in a token
 * that may be slow or far. */
bool signer_is_local(const struct signer *signer, const char *key_name);
/* False at once while the key's place is away: REASON_CA_UNAVAILABLE. True is no promise. */
MUST_CHECK bool signer_is_ready(const struct signer *signer, const char *key_name,
				struct error *err);
/* Signs; loads the key first if need be. What a token returns counts only once it was verified
 * with `public_key`: REASON_SIGNATURE_WRONG. */
MUST_CHECK bool signer_sign(struct signer *signer, const char *key_name,
			    const struct public_key *public_key, enum signature_algorithm algorithm,
			    struct bytes message, struct buffer *ret, struct error *err);

/* -- how long signatures take -- */
/* Each an array by enum key_place; borrowed. */
struct signer_meters {
	struct meter *durations;
	struct counter *failures;
};
/* Once, before other threads use the signer. */
void signer_measure(struct signer *signer, const struct signer_meters *meters);

/* -- what an operator should be told of -- */
enum signer_event {
	SIGNER_WRONG_SIGNATURE, /* an alarm: what came back was not the key's */
	SIGNER_TOKEN_READY,
	SIGNER_TOKEN_LOST,
	SIGNER_TOKEN_ABSENT, /* at the start, or still after a while */
	SIGNER_PIN_REFUSED,  /* and will not be tried again before it changes */
	SIGNER_EVENT_COUNT
};
/* Once, before other threads use the signer; called on whichever thread noticed. */
void signer_watch(struct signer *signer,
		  void (*tell)(void *context, enum signer_event event, const char *words),
		  void *context);
