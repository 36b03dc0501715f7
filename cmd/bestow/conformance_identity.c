/* Who asks: HTTP authentication (RFC 7030 3.2.3), and what goes beside a TLS certificate. */
#include <string.h>
#include <strings.h>

#include "base/base64.h"
#include "bestow/conformance.h"
#include "est_client/client_certs.h"
#include "pki/name.h"

#define PKCS10 "application/pkcs10"
#define OTHER_NAME "bestow-conformance-other"

static bool is_refusal(int status)
{
	return status >= 400 && status < 500;
}

/* -- the challenge -- */

static const char *find_scheme(const char *challenge, const char *name)
{
	return strncasecmp(challenge, name, strlen(name)) == 0 ? challenge + strlen(name) : NULL;
}

/* What a client cannot do without: RFC 7617 2, RFC 7616 3.3. */
static const char *missing_in(const char *challenge)
{
	const char *basic = find_scheme(challenge, "Basic ");
	const char *digest = find_scheme(challenge, "Digest ");

	if (!basic && !digest)
		return "neither Basic nor Digest comes first";
	if (!strcasestr(basic ? basic : digest, "realm="))
		return "there is no realm";
	if (digest && !strcasestr(digest, "nonce="))
		return "there is no nonce";
	return NULL;
}

static enum verdict try_challenge(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char text[400];

	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, &der, &err))
		return not_applicable(finding, "%s", err.detail);
	if (!kit_post_unknown(kit, "simpleenroll", buffer_view(&der), &answer, &err))
		return unanswered(finding, "simpleenroll without credentials", &err);
	if (answer.status != 401 ||
	    !probe_answer_field(&answer, "WWW-Authenticate", text, sizeof text))
		return not_applicable(finding, "the server asks for no passphrase: %d",
				      answer.status);
	const char *missing = missing_in(text);
	if (missing)
		return failed(finding, "%s: %s", text, missing);
	return passed(finding, "%s", text);
}

/* -- a passphrase of nobody's in particular -- */

static bool write_unnamed(const struct kit *kit, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer secret = { 0 };
	CLEANUP(buffer_wipe) struct buffer plain = { 0 };

	if (!option_secret(kit->options->passphrase_file, &secret, err))
		return false;
	buffer_make_room(&plain, secret.len + 2);
	buffer_printf(&plain, ":%s", (const char *)secret.data);
	buffer_make_room(ret, 2 * plain.len + 64);
	buffer_append_text(ret, "Authorization: Basic ");
	base64_encode(buffer_view(&plain), 0, ret);
	if (!buffer_ok(ret) || !ret->len)
		return error_set(err, REASON_NO_MEMORY, "authorization");
	ret->data[ret->len - 1] = '\r';
	buffer_append_text(ret, "\n");
	return buffer_cstring(ret) || error_set(err, REASON_NO_MEMORY, "authorization");
}

static bool reads_a_file(const char *source)
{
	return source && strcmp(source, "-") != 0 && strncmp(source, "fd:", 3) != 0;
}

static enum verdict try_unnamed(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_wipe) struct buffer fields = { 0 };
	CLEANUP(buffer_done) struct buffer body = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!reads_a_file(kit->options->passphrase_file))
		return not_applicable(finding, "no --pass-file that can be read twice");
	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!write_unnamed(kit, &fields, &err) ||
	    !encode_line(buffer_view(&kit->first.csr), &body, &err))
		return not_applicable(finding, "%s", err.detail);
	const struct call call = { .operation = "simpleenroll",
				   .content_type = PKCS10,
				   .body = buffer_view(&body),
				   .fields = (const char *)fields.data };
	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "simpleenroll without a user's name", &err);
	kit->certificates += answer.status == 200;
	if (answer.status != 200 && answer.status != 202)
		return warned(finding, "the passphrase without a user's name: %s",
			      answer_text(&answer, text));
	return passed(finding, "the passphrase is taken without a user's name");
}

/* -- a certificate, and more -- */

static bool ask_as_holder(struct kit *kit, const char *operation, const struct csr_wish *wish,
			  const char *fields, struct probe_answer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer body = { 0 };

	if (!kit_need_holder(kit, err) || !kit_csr(kit, wish, &der, err) ||
	    !encode_line(buffer_view(&der), &body, err))
		return false;
	const struct call call = { .operation = operation,
				   .content_type = PKCS10,
				   .body = buffer_view(&body),
				   .fields = fields };
	if (!kit_call_as(kit, &kit->holder, &call, ret, err))
		return false;
	kit->certificates += ret->status == 200;
	return true;
}

static bool read_leaf(const struct probe_answer *answer, struct bundle *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	return answer_decode(answer, &der, err) && bundle_parse(buffer_view(&der), ret, err);
}

/* What a renewal needs is the certificate; a passphrase besides must not make it another's. */
static enum verdict try_both(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit->authorization.len)
		return not_applicable(finding, "no --pass-file");
	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!kit_key(kit, &key, &err) || !buffer_cstring(&kit->authorization))
		return not_applicable(finding, "%s", err.detail);
	const struct csr_wish wish = { .key = key, .as = kit->first.certs };
	if (!ask_as_holder(kit, "simplereenroll", &wish, (const char *)kit->authorization.data,
			   &answer, &err))
		return unanswered(finding, "a renewal with a passphrase besides", &err);
	if (answer.status != 200 && answer.status != 202)
		return failed(finding, "a renewal with a passphrase besides: %s",
			      answer_text(&answer, text));
	return passed(finding, "%d for a renewal with a passphrase besides", answer.status);
}

/* Under another name: refused, or issued under it. */
static enum verdict try_holder_enrolls(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error err = { 0 };
	enum verdict verdict;
	char text[160];

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!kit_key(kit, &key, &err))
		return not_applicable(finding, "%s", err.detail);
	const struct csr_wish wish = { .key = key, .subject = "CN=" OTHER_NAME };
	if (!ask_as_holder(kit, "simpleenroll", &wish, NULL, &answer, &err))
		return unanswered(finding, "simpleenroll with a certificate", &err);
	if (is_refusal(answer.status) || answer.status == 202)
		return passed(finding, "with a certificate under another name: %s",
			      answer_text(&answer, text));
	if (answer.status != 200 || !read_leaf(&answer, &bundle, &err))
		return failed(finding, "simpleenroll with a certificate: %s",
			      answer_text(&answer, text));
	const char *got = name_find(cert_subject(bundle.certs[0]), NAME_COMMON_NAME);
	if (!got || strcmp(got, OTHER_NAME) != 0)
		return failed(finding, "CN=%s was asked for, CN=%s came", OTHER_NAME,
			      got ? got : "");
	return passed(finding, "issued under the name that was asked for");
}

static const struct item rows[] = {
	{ "HTTP-12", "the challenge can be answered",
	  "RFC 7030 3.2.3: Basic or Digest; RFC 7617 2: realm; RFC 7616 3.3: realm and nonce", true,
	  .risk = 1, .run = try_challenge },
	{ "HTTP-13", "a passphrase may belong to nobody in particular",
	  "RFC 7030 3.2.3: a client may leave the user's name empty", false, .cost = 1,
	  .uses_first = true, .run = try_unnamed },
	{ "HTTP-14", "certificate and passphrase may come together",
	  "RFC 7030 3.2.3, 4.2.2: whoever renews is authenticated by its certificate", true,
	  .cost = 1, .uses_first = true, .run = try_both },
	{ "ENR-10", "no name is rewritten because of a certificate",
	  "RFC 7030 4.2.1: simpleenroll asks for what the request says", false, .risk = 1,
	  .uses_first = true, .run = try_holder_enrolls },
};

const struct item_list identity_items = { rows, ARRAY_LEN(rows) };
