#include "bestow/doctor.h"

#include <string.h>

#include "base/clock.h"
#include "bestow/describe.h"
#include "pki/csr.h"

#define SKEW_MAX 300 /* seconds; certificates are backdated by as much */
#define NEAR_THE_END (7 * 86400)

static void certs_freep(struct bestow_certs **certs)
{
	bestow_certs_free(*certs);
}

bool examination_begin(struct examination *examination, struct bestow_error *err)
{
	const struct options *options = examination->options;
	struct error why = { 0 };

	if (options->name)
		memory_load(options, &examination->memory);
	return session_open(options, &examination->memory, &examination->session, err) &&
	       (est_url_parse(options->url, &examination->url, &why) || session_fail(&why, err));
}

void examination_done(struct examination *examination)
{
	bestow_attributes_free(examination->attributes);
	pair_done(&examination->current);
	session_close(&examination->session);
}

/* -- the server -- */

bool check_tls(struct examination *examination, struct bestow_error *err)
{
	CLEANUP(certs_freep) struct bestow_certs *certs = NULL;

	if (!bestow_cacerts_unproven(examination->session.client, &certs, err))
		return false;
	snprintf(examination->words, sizeof examination->words, "EST is spoken there");
	return true;
}

bool check_trust(struct examination *examination, struct bestow_error *err)
{
	CLEANUP(certs_freep) struct bestow_certs *certs = NULL;

	if (!bestow_cacerts(examination->session.client, &certs, err))
		return false;
	snprintf(examination->words, sizeof examination->words,
		 "the server proved itself and gave %zu CA certificates",
		 bestow_certs_count(certs));
	return true;
}

bool check_clock(struct examination *examination, struct bestow_error *err)
{
	int64_t there = bestow_client_server_time(examination->session.client);
	int64_t here = clock_now(&clock_system);
	char span[SPAN_TEXT_MAX];

	(void)err;
	if (there == 0) {
		snprintf(examination->words, sizeof examination->words,
			 "the server does not tell the time");
		return true;
	}
	int64_t skew = here - there;
	examination->is_warning = skew > SKEW_MAX || skew < -SKEW_MAX;
	snprintf(examination->words, sizeof examination->words, "%s %s the server's",
		 describe_span(skew < 0 ? -skew : skew, span), skew < 0 ? "behind" : "ahead of");
	return true;
}

bool check_csrattrs(struct examination *examination, struct bestow_error *err)
{
	if (!bestow_csrattrs(examination->session.client, &examination->attributes, err))
		return false;
	bestow_attributes_text(examination->attributes, examination->words,
			       sizeof examination->words);
	return true;
}

/* -- the device -- */

/* Whatever is opened here is also tried: a key signs and verifies once. */
bool check_key(struct examination *examination, struct bestow_error *err)
{
	const struct options *options = examination->options;
	struct error why = { 0 };

	if (options->name && !pair_load(options, "current", &examination->current, &why))
		return session_fail(&why, err);
	examination->renews = examination->current.certs != NULL;
	if (examination->current.key) {
		snprintf(examination->words, sizeof examination->words, "the current %s key signs",
			 bestow_key_type(examination->current.key));
		return true;
	}
	if (!session_keeps_key(options)) {
		snprintf(examination->words, sizeof examination->words, "a new one is made %s",
			 session_lets_server_make_key(options) ? "by the server, each time"
							       : "for each certificate");
		return true;
	}
	struct bestow_key *key = NULL;
	if (!session_open_key(options, options->new_key, &key, err))
		return false;
	snprintf(examination->words, sizeof examination->words, "the %s key %s signs",
		 bestow_key_type(key), options->new_key);
	bestow_key_free(key);
	return true;
}

static bool describe_certificate(struct examination *examination, struct bestow_error *err)
{
	int64_t left = bestow_cert_not_after(examination->session.certs, 0) -
		       memory_now(&examination->memory);
	char span[SPAN_TEXT_MAX];
	struct error why = { 0 };

	if (left < 0 && !examination->renews) {
		(void)error_set(&why, REASON_CERT_EXPIRED, "the certificate of [credential]");
		return session_fail(&why, err);
	}
	examination->is_warning = left < NEAR_THE_END;
	snprintf(examination->words, sizeof examination->words, "the %s certificate %s %s",
		 examination->renews ? "current" : "first",
		 left < 0 ? "has ended for" : "is valid for another",
		 describe_span(left < 0 ? -left : left, span));
	return true;
}

bool check_credential(struct examination *examination, struct bestow_error *err)
{
	const struct options *options = examination->options;
	struct session *session = &examination->session;

	if (examination->renews)
		return session_use_pair(options, session, &examination->current, err) &&
		       describe_certificate(examination, err);
	if (!session_bootstrap(options, session, err))
		return false;
	if (session->certs)
		return describe_certificate(examination, err);
	examination->is_warning = !options->passphrase_file;
	snprintf(examination->words, sizeof examination->words, "%s",
		 options->passphrase_file
			 ? "the passphrase is there"
			 : "none is configured: the server would have to take anybody");
	return true;
}

/* -- the rehearsal -- */

static bool encode(struct examination *examination, const struct bestow_request *request,
		   struct buffer *ret, struct bestow_error *err)
{
	struct bestow_key *key = NULL;
	unsigned char *der = NULL;
	size_t size = 0;
	const char *wanted = bestow_attributes_key_type(examination->attributes);
	bool done = bestow_key_generate(wanted ? wanted : "p256", &key, err) &&
		    bestow_request_encode(request, key, &der, &size, err);

	if (done)
		buffer_append(ret, (struct bytes){ der, size });
	free(der);
	bestow_key_free(key);
	return done;
}

static bool fill(struct examination *examination, struct bestow_request *request,
		 struct bestow_error *err)
{
	return session_fill_request(examination->options, &examination->session, request, err) &&
	       (!examination->renews ||
		bestow_request_set_names_of(request, examination->session.certs, 0, err)) &&
	       bestow_request_apply(request, examination->attributes, err);
}

/* A strict server's reader, which is our own, takes the request. */
static bool read_back(struct examination *examination, struct bytes der, struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	CLEANUP(buffer_done) struct buffer name = { 0 };

	if (!csr_parse(der, false, &csr, err) || !csr_verify(csr, err))
		return false;
	name_to_text(csr_subject(csr), &name);
	snprintf(examination->words, sizeof examination->words,
		 "a request for %s, %zu other names, is sound; nothing was sent",
		 name.len ? buffer_cstring(&name) : "no name", csr_san(csr)->count);
	return true;
}

bool check_rehearsal(struct examination *examination, struct bestow_error *err)
{
	struct bestow_request *request = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error why = { 0 };
	bool encoded = bestow_request_new(&request, err) && fill(examination, request, err) &&
		       encode(examination, request, &der, err);

	bestow_request_free(request);
	return encoded &&
	       (read_back(examination, buffer_view(&der), &why) || session_fail(&why, err));
}
