/* The node's file: what bestowd and bestow-ra read before they do anything else, and again on
 * SIGHUP. Sections, keys, types, bounds and defaults are rows of keys.c;
 * docs/reference/configuration.md says what they mean. */
#pragma once

#include <sys/socket.h>

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/log.h"

#define CONFIG_FILE_MAX (1024 * 1024)
#define CONFIG_LISTENS_MAX 64 /* per listener */
#define CONFIG_LISTENERS_MAX 32
#define CONFIG_WORKERS_MAX 256
#define CONFIG_EDGES_MAX 256
#define CONFIG_UPSTREAMS_MAX 16
#define CONFIG_PROFILES_MAX 256
#define CONFIG_LABELS_MAX 16 /* per profile */
#define CONFIG_LABEL_MAX 128
#define SECRET_PROMPT "prompt" /* in place of a secret's file; no path looks so */

/* Whose file it is: that decides which sections and keys there are. */
enum config_dialect { CONFIG_BESTOWD, CONFIG_RA };

/* "192.0.2.1:8443" or "[2001:db8::1]:8443". */
struct config_listen {
	struct sockaddr_storage address;
	socklen_t address_len;
	char text[ADDRESS_TEXT_MAX + 10];
};

enum listener_kind {
	LISTENER_EST,
	LISTENER_VA,      /* [va]'s: plain HTTP for relying parties */
	LISTENER_ADMIN,   /* [admin]'s: the console and the REST API */
	LISTENER_METRICS, /* [metrics]': plain HTTP for who watches the node */
};

/* The field in which proxies that end TLS name clients. */
enum config_forwarded {
	CONFIG_FORWARDED_NONE,
	CONFIG_FORWARDED_X_FORWARDED_FOR,
	CONFIG_FORWARDED_RFC7239,
};

struct config_listener {
	char *name; /* "" for the addresses of [est] */
	struct config_listen *listens;
	size_t listen_count;
	bool listens_by_default; /* nobody asked for these addresses */
	enum listener_kind kind;
	bool proxy_protocol;
	enum config_forwarded forwarded_header;
	struct address_set trusted_proxies;
};

struct config_node {
	char *state_dir, *socket;
	char *key_passphrase_file; /* NULL: none; "prompt": asked for on the terminal */
	char *user;                /* NULL: stay who we are */
	char *est_url;             /* NULL: guess */
	unsigned int edges;        /* 0: one per core */
	unsigned int workers;
	enum log_format log_format;
	enum log_level log_level;
	bool require_lockdown;
};

struct config_est {
	char *certificate, *private_key; /* both NULL: the authority makes the identity */
	unsigned int tls_min;            /* 12 or 13 */
	char *base_path;                 /* "" or "/pki" */
	bool drop_unlisted;
	size_t head_max, body_max;
	uint32_t handshake_ms, request_ms, idle_ms, answer_ms;
	uint32_t connections_max, connections_per_address;
};

/* What relying parties fetch, and when it is made anew. */
struct config_va {
	char *url; /* NULL: nobody told, and certificates say nothing of it */
	uint32_t crl_validity_ms, crl_interval_ms, crl_after_revocation_ms, crl_delta_interval_ms;
	uint32_t ocsp_validity_ms, ocsp_responder_validity_ms;
};

/* The console and the REST API. */
struct config_admin {
	char *url; /* "https://pki.example:9443" for links; NULL: guess from the first address */
};

/* A PKCS#11 token that holds keys of CAs. */
struct config_token {
	char *module; /* NULL: none is used */
	char *label;
	char *pin_file; /* as key_passphrase_file */
	unsigned int sessions;
	bool network; /* the module reaches its token by TCP */
};

/* bestow-ra: an EST server that is asked. */
struct config_upstream {
	char *name;
	char *url;     /* "https://HOST[:PORT][/BASE]" */
	char *anchors; /* file of the CA certificates that the server's leads to */
	char *certificate, *private_key; /* the RA's; both NULL: none */
	char *user, *passphrase_file;    /* HTTP Basic or Digest; both NULL: none */
	uint32_t timeout_ms;             /* for one request */
	uint32_t refresh_ms;             /* how often CA certificates and csrattrs are asked for */
};

enum config_auth { CONFIG_AUTH_CERTIFICATE, CONFIG_AUTH_PASSPHRASE, CONFIG_AUTH_EITHER };
enum config_challenge {
	CONFIG_CHALLENGE_BINDING,
	CONFIG_CHALLENGE_PASSPHRASE,
	CONFIG_CHALLENGE_IGNORED
};

struct config_labels {
	char *texts[CONFIG_LABELS_MAX];
	size_t count;
};

/* bestow-ra: an EST service for devices, and which one of an upstream it stands for. */
struct config_profile {
	char *name;
	char *upstream;       /* name of its section */
	char *upstream_label; /* NULL: none */
	struct config_labels labels;
	bool is_default; /* for URLs without a label */
	struct address_set allow;
	enum config_auth auth;
	char *client_anchors;  /* file; NULL: no certificate speaks for anybody */
	char *passphrase_file; /* one passphrase a line */
	bool any_name;         /* a device may ask for names that its certificate does not bear */
	bool accept_ra;        /* other RAs, known by id-kp-cmcRA, speak for their devices */
	bool require_binding;
	enum config_challenge challenge;
	bool strict_encoding;
	bool serverkeygen;
};

struct config_setting;

struct config {
	enum config_dialect dialect;
	struct config_node node;
	struct config_est est;
	struct config_va va;
	struct config_admin admin;
	struct config_token token;
	struct config_listener *listeners; /* first [est]'s own */
	size_t listener_count;
	struct config_upstream *upstreams;
	size_t upstream_count;
	struct config_profile *profiles;
	size_t profile_count;
	struct config_setting *settings; /* as written, for config_print() */
	size_t setting_count;
};

struct config_problem {
	char *file;
	unsigned int line, column; /* 0: of the file as a whole */
	char key[64];              /* "": of the line as a whole */
	char words[ERROR_DETAIL_MAX];
};

/* Every problem of a configuration, not only the first; zero-initialised is none. */
struct config_problems {
	struct config_problem *items;
	size_t count;
	bool more; /* than could be listed */
};
/* "FILE:LINE:COLUMN: key: words", one line each. */
void config_problems_print(const struct config_problems *problems, struct buffer *to);
void config_problems_done(struct config_problems *problems);

/* Reads the file, then "*.conf" of the folder conf.d beside it in the order of their names; a later
 * file overrides an earlier one, and adds to keys that may be repeated. False with REASON_CONFIG
 * and the first problem if there is any; *ret is set only on success. */
MUST_CHECK bool config_load(enum config_dialect dialect, const char *path, struct config **ret,
			    struct config_problems *problems, struct error *err);
/* The same for one text, as though it had been read from `path`. */
MUST_CHECK bool config_parse(enum config_dialect dialect, const char *path, struct bytes text,
			     struct config **ret, struct config_problems *problems,
			     struct error *err);
void config_free(struct config *config);
DEFINE_CLEANUP(struct config *, config_free)

/* The values in force as a file that would say the same, each with where it came from. */
void config_print(const struct config *config, struct buffer *to);
