/* Who the kit is to the server, and the certificates that it asks for. */
#include <stdarg.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/random.h"
#include "bestow/conformance.h"
#include "est_client/client_certs.h"
#include "est_client/client_internal.h"
#include "est_client/client_key.h"
#include "est_client/client_request.h"
#include "pki/bundle_add.h"
#include "pki/tbs.h"

#define CERTIFICATES_DEFAULT 16
#define TIMEOUT_DEFAULT 10
#define SUBJECT_DEFAULT "CN=bestow-conformance"
#define DAY 86400

/* -- verdicts -- */

static enum verdict say(enum verdict verdict, struct finding *finding, const char *format,
			va_list args)
{
	vsnprintf(finding->words, sizeof finding->words, format, args);
	return verdict;
}

#define DEFINE_VERDICT(name, VALUE)                                                                \
	enum verdict name(struct finding *finding, const char *format, ...)                        \
	{                                                                                          \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, format);                                                            \
		enum verdict said = say(VALUE, finding, format, args);                             \
		va_end(args);                                                                      \
		return said;                                                                       \
	}
DEFINE_VERDICT(passed, PASSED)
DEFINE_VERDICT(warned, WARNED)
DEFINE_VERDICT(failed, FAILED)
DEFINE_VERDICT(not_applicable, NOT_APPLICABLE)

enum verdict unanswered(struct finding *finding, const char *what, const struct error *err)
{
	if (err->reason == REASON_SERVER_UNTRUSTED || err->reason == REASON_NO_ANCHORS)
		return not_applicable(finding, "the server is not trusted (see TLS-02): %s",
				      err->detail);
	return failed(finding, "%s: %s", what, err->detail);
}

/* -- opening -- */

static bool read_number(const char *text, unsigned int *ret)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	*ret = (unsigned int)number;
	return end != text && *end == '\0' && *text != '-' && number <= 1000;
}

static bool read_limits(struct kit *kit, struct bestow_error *err)
{
	const char *text = kit->options->max_certificates;
	struct error why = { 0 };

	kit->may_enroll = !kit->options->no_enroll;
	kit->certificates_max = CERTIFICATES_DEFAULT;
	if (!text || read_number(text, &kit->certificates_max))
		return true;
	(void)error_set(&why, REASON_INVALID, "--max-certificates %s: a number up to 1000", text);
	return session_fail(&why, err);
}

/* RFC 7617; sent with the request, as many devices do. */
static bool write_authorization(struct kit *kit, struct bestow_error *err)
{
	CLEANUP(buffer_wipe) struct buffer secret = { 0 };
	CLEANUP(buffer_wipe) struct buffer plain = { 0 };
	struct error why = { 0 };
	const struct options *options = kit->options;

	if (!options->passphrase_file)
		return true;
	if (!option_secret(options->passphrase_file, &secret, &why))
		return session_fail(&why, err);
	buffer_make_room(&plain, strlen(options->user ? options->user : "") + secret.len + 2);
	buffer_printf(&plain, "%s:%s", options->user ? options->user : "",
		      (const char *)secret.data);
	buffer_make_room(&kit->authorization, 2 * plain.len + 64);
	buffer_append_text(&kit->authorization, "Authorization: Basic ");
	base64_encode(buffer_view(&plain), 0, &kit->authorization);
	if (buffer_ok(&kit->authorization) && kit->authorization.len)
		kit->authorization.data[kit->authorization.len - 1] = '\r';
	buffer_append_text(&kit->authorization, "\n");
	return true;
}

static bool open_session(const struct options *options, struct session *ret,
			 struct bestow_error *err)
{
	struct memory memory = { 0 };

	if (options->name)
		memory_load(options, &memory);
	if (!session_open(options, &memory, ret, err))
		return false;
	if (!options->timeout)
		bestow_client_set_timeout(ret->client, TIMEOUT_DEFAULT);
	return true;
}

/* A certificate is the session's; the passphrase goes into a field of the kit's own. */
static bool identify(struct kit *kit, struct bestow_error *err)
{
	const struct options *options = kit->options;
	struct session *known = &kit->known;

	if (!write_authorization(kit, err))
		return false;
	if (!options->certificate)
		return true;
	return bestow_certs_open(options->certificate, &known->certs, err) &&
	       session_open_key(options, options->key ? options->key : options->certificate,
				&known->key, err) &&
	       bestow_client_set_certificate(known->client, known->certs, known->key, err);
}

bool kit_open(const struct options *options, struct kit *ret, struct bestow_error *err)
{
	struct kit kit = { .options = options };

	if (read_limits(&kit, err) && open_session(options, &kit.anonymous, err) &&
	    open_session(options, &kit.known, err) && identify(&kit, err)) {
		*ret = kit;
		return true;
	}
	kit_close(&kit);
	return false;
}

void kit_close(struct kit *kit)
{
	session_close(&kit->holder);
	session_close(&kit->stranger);
	session_close(&kit->known);
	session_close(&kit->anonymous);
	buffer_wipe(&kit->authorization);
	bestow_attributes_free(kit->attributes);
	enrollment_done(&kit->first);
}

/* -- the stranger -- */

static bool self_sign(const struct bestow_key *key, struct buffer *ret, struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	enum signature_algorithm algorithm =
		key_type_default_algorithm(public_key_type(key->public));
	int64_t now = clock_now(&clock_system);
	struct tbs tbs = { .serial = BYTES_LITERAL("\x01"),
			   .signature_algorithm = algorithm,
			   .not_before = now - DAY,
			   .not_after = now + DAY,
			   .spki = public_key_spki(key->public) };

	if (!name_from_text("CN=bestow-conformance-stranger", &name, err) ||
	    !name_encode(&name, &subject, err))
		return false;
	tbs.issuer = tbs.subject = buffer_view(&subject);
	return tbs_encode(&tbs, &der, err) &&
	       private_key_sign(key->private, algorithm, buffer_view(&der), &signature, err) &&
	       tbs_sign_result(buffer_view(&der), algorithm, buffer_view(&signature), ret, err);
}

static bool take_error(const struct bestow_error *from, struct error *err)
{
	return error_set(err, REASON_SERVER_ANSWER, "%s: %s", from->words, from->detail);
}

static bool open_stranger(struct kit *kit, struct bestow_error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error why = { 0 };
	struct session *stranger = &kit->stranger;

	return open_session(kit->options, stranger, err) &&
	       bestow_key_generate("p256", &stranger->key, err) &&
	       (self_sign(stranger->key, &der, &why) || session_fail(&why, err)) &&
	       bestow_certs_parse(der.data, der.len, &stranger->certs, err) &&
	       bestow_client_set_certificate(stranger->client, stranger->certs, stranger->key, err);
}

bool kit_need_stranger(struct kit *kit, struct error *err)
{
	struct bestow_error failure = { 0 };

	return kit->stranger.certs || open_stranger(kit, &failure) || take_error(&failure, err);
}

/* The key stays the first enrollment's. */
bool kit_need_holder(struct kit *kit, struct error *err)
{
	struct bestow_error failure = { 0 };

	return kit->holder.client ||
	       (open_session(kit->options, &kit->holder, &failure) &&
		bestow_client_set_certificate(kit->holder.client, kit->first.certs, kit->first.key,
					      &failure)) ||
	       take_error(&failure, err);
}

/* -- requests -- */

static void learn_attributes(struct kit *kit)
{
	struct bestow_error ignored = { 0 };

	if (!kit->attributes_are_known)
		(void)bestow_csrattrs(kit->known.client, &kit->attributes, &ignored);
	kit->attributes_are_known = true;
}

static bool fill_request(struct kit *kit, const struct csr_wish *wish,
			 struct bestow_request *request, struct bestow_error *err)
{
	learn_attributes(kit);
	if (!session_fill_request(kit->options, &kit->known, request, err))
		return false;
	if (wish->as)
		return bestow_request_set_names_of(request, wish->as, 0, err);
	const char *subject = wish->subject           ? wish->subject
			      : kit->options->subject ? NULL
						      : SUBJECT_DEFAULT;
	return (!subject || bestow_request_set_subject(request, subject, err)) &&
	       (!wish->challenge || bestow_request_set_challenge(request, wish->challenge, err)) &&
	       bestow_request_apply(request, kit->attributes, err);
}

bool kit_csr(struct kit *kit, const struct csr_wish *wish, struct buffer *ret, struct error *err)
{
	struct bestow_request *request = NULL;
	struct bestow_error failure = { 0 };
	bool done = bestow_request_new(&request, &failure) &&
		    fill_request(kit, wish, request, &failure);

	if (done) {
		struct request_link link = request_link_of(request, "");

		link.est_identity_linking = wish->linking;
		done = request_encode(request, wish->key, &link, ret, err);
	} else {
		(void)take_error(&failure, err);
	}
	bestow_request_free(request);
	return done;
}

bool kit_key(struct kit *kit, struct bestow_key **ret, struct error *err)
{
	learn_attributes(kit);
	const char *wanted = bestow_attributes_key_type(kit->attributes);
	const char *told = kit->options->new_key;

	return client_key_generate(told ? told : wanted ? wanted : "p256", ret, err);
}

bool kit_binding_is_wanted(struct kit *kit)
{
	struct bestow_request *request = NULL;
	struct bestow_error ignored = { 0 };

	learn_attributes(kit);
	bool wanted = bestow_request_new(&request, &ignored) &&
		      bestow_request_apply(request, kit->attributes, &ignored) &&
		      request->server_wants_binding;
	bestow_request_free(request);
	return wanted;
}

bool kit_is_ra(const struct kit *kit)
{
	const struct session *known = &kit->known;

	for (size_t i = 0; known->certs && i < bestow_certs_count(known->certs); i++)
		if (bestow_cert_has_key(known->certs, i, known->key))
			return cert_ext_key_usage_holds(known->certs->bundle.certs[i], oid_cmc_ra);
	return false;
}

bool kit_ask(struct kit *kit, const struct call *call, struct probe_answer *ret, struct error *err)
{
	if (!kit_call(kit, call, ret, err))
		return false;
	kit->certificates += ret->status == 200;
	return true;
}

static bool post(struct kit *kit, const char *operation, struct bytes der, bool is_known,
		 struct probe_answer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };

	if (!encode_line(der, &body, err))
		return false;
	const struct call call = { .operation = operation,
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body),
				   .is_known = is_known };
	return kit_ask(kit, &call, ret, err);
}

bool kit_post(struct kit *kit, const char *operation, struct bytes der, struct probe_answer *ret,
	      struct error *err)
{
	return post(kit, operation, der, true, ret, err);
}

bool kit_post_unknown(struct kit *kit, const char *operation, struct bytes der,
		      struct probe_answer *ret, struct error *err)
{
	return post(kit, operation, der, false, ret, err);
}

/* -- the first certificate -- */

static bool enroll_first(struct kit *kit, struct enrollment *first, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error unread = { 0 };

	if (!kit_key(kit, &first->key, err))
		return false;
	const struct csr_wish wish = { .key = first->key };
	if (!kit_csr(kit, &wish, &first->csr, err) ||
	    !kit_post(kit, "simpleenroll", buffer_view(&first->csr), &first->answer, err))
		return false;
	/* what cannot be read is told by the items that look at it */
	if (first->answer.status != 200 || !answer_decode(&first->answer, &der, &unread) ||
	    !bundle_parse(buffer_view(&der), &bundle, &unread))
		return true;
	return client_certs_wrap(&bundle, &first->certs, err);
}

bool kit_first(struct kit *kit, struct finding *finding, enum verdict *ret_verdict)
{
	char text[160];

	if (!kit->first_is_tried)
		(void)enroll_first(kit, &kit->first, &kit->first_err);
	kit->first_is_tried = true;
	if (kit->first.certs)
		return true;
	if (kit->first.answer.status)
		*ret_verdict = not_applicable(finding, "no certificate was to be had: %s",
					      answer_text(&kit->first.answer, text));
	else
		*ret_verdict = unanswered(finding, "simpleenroll", &kit->first_err);
	return false;
}

void enrollment_done(struct enrollment *enrollment)
{
	bestow_key_free(enrollment->key);
	buffer_done(&enrollment->csr);
	probe_answer_done(&enrollment->answer);
	bestow_certs_free(enrollment->certs);
}
