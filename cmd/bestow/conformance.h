/* `bestow conformance`: what a server of EST must and should do, each tried from outside. One file
 * per family of items, with its rows. */
#pragma once

#include "bestow/session.h"
#include "est_client/probe_answer.h"
#include "est_client/transport_probe.h"

/* WARNED: not as it should be, yet within the RFCs or only rough on some clients. */
enum verdict { PASSED, WARNED, FAILED, NOT_APPLICABLE, VERDICT_COUNT };

struct finding {
	char words[512]; /* what was seen */
};

struct kit;

struct item {
	const char *id, *title, *rule; /* the rule: where it stands and what it says */
	bool is_must;
	/* How many certificates it asks for; how many a server would issue that accepts what it
	 * must refuse; and whether it looks at the first one, which all share. */
	unsigned int cost, risk;
	bool uses_first;
	enum verdict (*run)(struct kit *kit, struct finding *finding);
};

struct item_list {
	const struct item *items;
	size_t count;
};
extern const struct item_list tls_items, http_items, encoding_items, cacerts_items, enroll_items,
	identity_items, binding_items, csrattrs_items;

/* -- verdicts, each with what was seen -- */
enum verdict passed(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
enum verdict warned(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
enum verdict failed(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
enum verdict not_applicable(struct finding *finding, const char *format, ...) PRINTF_LIKE(2, 3);
/* There was no answer: a failure, unless the server is not trusted, which is an item of its own. */
enum verdict unanswered(struct finding *finding, const char *what, const struct error *err);

/* -- one request and its answer -- */

struct call {
	const char *method; /* NULL: GET, or POST where there is a content type */
	const char *operation; /* behind the service's path; "/…" and "https:…" stand as they are */
	const char *content_type;
	struct bytes body;
	const char *fields;  /* more of them, each with CRLF; NULL */
	const char *version; /* NULL: "1.1" */
	bool is_known;       /* with credentials */
	bool is_unframed;    /* `fields` say how long the body is */
};

/* What a call is as octets. */
MUST_CHECK bool call_encode(const struct kit *kit, const struct call *call, struct buffer *ret,
			    struct error *err);
/* The next answer on a connection; *ret_ended is set once the server has ended it. */
MUST_CHECK bool answer_next(struct probe *probe, struct buffer *stream, bool *ret_ended,
			    struct probe_answer *ret, struct error *err);
/* On a connection of its own. */
MUST_CHECK bool kit_call(struct kit *kit, const struct call *call, struct probe_answer *ret,
			 struct error *err);
MUST_CHECK bool kit_connect(const struct kit *kit, bool is_known, struct probe **ret,
			    struct error *err);
/* The body, decoded from base64. */
MUST_CHECK bool answer_decode(const struct probe_answer *answer, struct buffer *ret,
			      struct error *err);

static inline void probe_answer_donep(struct probe_answer *answer)
{
	probe_answer_done(answer);
}

/* -- requests for certificates -- */

struct csr_wish {
	const struct bestow_key *key;
	const char *challenge;         /* for challengePassword; NULL: what the options say */
	const struct bestow_certs *as; /* names as in this certificate; NULL: the options' */
	const char *subject;           /* other names; NULL */
	const char *linking;           /* for estIdentityLinking (RFC 7894); NULL: none */
};
MUST_CHECK bool kit_csr(struct kit *kit, const struct csr_wish *wish, struct buffer *ret,
			struct error *err);
/* Its csrattrs ask for challengePassword (RFC 7030 4.5.2). */
bool kit_binding_is_wanted(struct kit *kit);
/* The kit itself is an RA: its certificate has id-kp-cmcRA. */
bool kit_is_ra(const struct kit *kit);
/* A new key of the kind that the server wants. */
MUST_CHECK bool kit_key(struct kit *kit, struct bestow_key **ret, struct error *err);

/* What came for one request. */
struct enrollment {
	struct bestow_key *key;
	struct buffer csr; /* DER */
	struct probe_answer answer;
	struct bestow_certs *certs; /* NULL unless there were any */
};
void enrollment_done(struct enrollment *enrollment);

static inline void bestow_key_donep(struct bestow_key **key)
{
	bestow_key_free(*key);
}

/* POSTs the DER as base64 and counts what is issued. `fields` may be NULL. */
MUST_CHECK bool kit_post(struct kit *kit, const char *operation, struct bytes der,
			 struct probe_answer *ret, struct error *err);
/* The same from somebody who shows neither certificate nor passphrase. */
MUST_CHECK bool kit_post_unknown(struct kit *kit, const char *operation, struct bytes der,
				 struct probe_answer *ret, struct error *err);
/* The same with a call whose body is made already. */
MUST_CHECK bool kit_ask(struct kit *kit, const struct call *call, struct probe_answer *ret,
			struct error *err);
/* The first certificate, which several items look at: asked for once. False with the words why
 * there is none; *ret_verdict is then what to report. */
bool kit_first(struct kit *kit, struct finding *finding, enum verdict *ret_verdict);
/* Puts the base64 of the DER on one line without its end. */
MUST_CHECK bool encode_line(struct bytes der, struct buffer *ret, struct error *err);
/* "401 unauthenticated: who are you": for words. */
const char *answer_text(const struct probe_answer *answer, char into[160]);

/* -- the kit -- */

struct kit {
	const struct options *options;
	struct session anonymous, known, holder, stranger; /* holder: of the first certificate */
	struct buffer authorization;                       /* a whole field, or empty */
	struct bestow_attributes *attributes;
	bool attributes_are_known;
	unsigned int certificates_max, certificates; /* asked for at most, issued */
	bool may_enroll;
	bool first_is_tried;
	struct enrollment first;
	struct error first_err;
};

MUST_CHECK bool kit_open(const struct options *options, struct kit *ret, struct bestow_error *err);
void kit_close(struct kit *kit);
/* A client that shows a certificate nobody issued. */
MUST_CHECK bool kit_need_stranger(struct kit *kit, struct error *err);
MUST_CHECK bool kit_need_holder(struct kit *kit, struct error *err);
MUST_CHECK bool kit_call_as(struct kit *kit, const struct session *session, const struct call *call,
			    struct probe_answer *ret, struct error *err);

/* -- reports -- */
struct outcome {
	const struct item *item;
	enum verdict verdict;
	struct finding finding;
};
struct outcomes {
	struct outcome *rows;
	size_t count;
	size_t of[VERDICT_COUNT];
	unsigned int certificates;
};
const char *verdict_text(enum verdict verdict);
/* JSON or text on standard output, and the file of --junit. An exit code. */
int outcomes_tell(const struct options *options, const struct outcomes *outcomes);
