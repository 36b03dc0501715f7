#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "bestow/command.h"
#include "bestow/describe.h"
#include "bestow/round.h"
#include "bestow/say.h"
#include "bestow/session.h"

#define CSR_FILE_MAX 262144 /* the library judges what is in it */

/* -- without an identity: three files -- */

struct places {
	const char *key, *certificate, *ca; /* `key` is NULL when no key is written */
};

static bool writes_key(const struct options *options)
{
	return session_lets_server_make_key(options) ||
	       (!options->csr && !session_keeps_key(options));
}

static struct places places_of(const struct options *options)
{
	return (struct places){
		.key = !writes_key(options) ? NULL
		       : options->out_key   ? options->out_key
					    : "device.key",
		.certificate = options->out_certificate ? options->out_certificate : "device.crt",
		.ca = options->out_ca ? options->out_ca : "ca.pem",
	};
}

static bool check_places(const struct options *options, const struct places *places,
			 struct bestow_error *err)
{
	const char *const files[] = { places->certificate, places->key };
	struct error why = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(files) && files[i] && !options->force; i++)
		if (access(files[i], F_OK) == 0) {
			(void)error_set(&why, REASON_CONFLICT, "%s is there; --force replaces it",
					files[i]);
			return session_fail(&why, err);
		}
	return true;
}

struct loose {
	struct session session;
	struct bestow_request *request;
	struct bestow_attributes *attributes;
	struct bestow_key *key;
	struct bestow_certs *cacerts, *certs;
};

static void loose_donep(struct loose *loose)
{
	session_close(&loose->session);
	bestow_request_free(loose->request);
	bestow_attributes_free(loose->attributes);
	bestow_key_free(loose->key);
	bestow_certs_free(loose->cacerts);
	bestow_certs_free(loose->certs);
}

static bool read_csr(const char *path, struct bestow_request **ret, struct bestow_error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error why = { 0 };

	if (!file_load(path, CSR_FILE_MAX, &text, &why))
		return session_fail(&why, err);
	return bestow_request_of_csr(text.data, text.len, ret, err);
}

static bool prepare(const struct options *options, struct loose *loose, struct bestow_error *err)
{
	const struct memory memory = { 0 };
	struct bestow_error ignored = { 0 };

	if (options->csr && !read_csr(options->csr, &loose->request, err))
		return false;
	if (!session_open(options, &memory, &loose->session, err) ||
	    !session_bootstrap(options, &loose->session, err) ||
	    !bestow_cacerts(loose->session.client, &loose->cacerts, err))
		return false;
	say_done(options, "the server proved itself");
	(void)bestow_csrattrs(loose->session.client, &loose->attributes, &ignored);
	if (options->csr)
		return true;
	return bestow_request_new(&loose->request, err) &&
	       session_fill_request(options, &loose->session, loose->request, err) &&
	       bestow_request_apply(loose->request, loose->attributes, err);
}

static bool make_key(const struct options *options, struct loose *loose, struct bestow_error *err)
{
	const char *wanted = bestow_attributes_key_type(loose->attributes);

	if (options->csr)
		return true;
	if (session_keeps_key(options))
		return session_open_key(options, options->new_key, &loose->key, err);
	wanted = wanted ? wanted : "p256";
	if (options->new_key && !session_lets_server_make_key(options))
		wanted = options->new_key;
	return bestow_key_generate(wanted, &loose->key, err);
}

typedef bool asks(struct bestow_client *client, const struct bestow_request *request,
		  const struct bestow_key *key, struct bestow_certs **ret,
		  struct bestow_error *err);

static bool ask(const struct options *options, asks *operation, struct loose *loose,
		struct bestow_error *err)
{
	struct bestow_key *made = NULL;

	if (!session_lets_server_make_key(options))
		return operation(loose->session.client, loose->request, loose->key, &loose->certs,
				 err);
	if (!bestow_serverkeygen(loose->session.client, loose->request, loose->key, &loose->certs,
				 &made, err))
		return false;
	bestow_key_free(loose->key);
	loose->key = made;
	return true;
}

/* Only once all is there, so that a failure leaves nothing that stands in the next one's way. */
static bool save(const struct places *places, const struct loose *loose, struct bestow_error *err)
{
	return (!places->key || bestow_key_save(loose->key, places->key, err)) &&
	       bestow_certs_save(loose->certs, places->certificate, err) &&
	       bestow_certs_save(loose->cacerts, places->ca, err);
}

static int enroll_loose(const struct options *options, asks *operation)
{
	CLEANUP(loose_donep) struct loose loose = { 0 };
	const struct places places = places_of(options);
	struct bestow_error err = { 0 };
	char subject[256], until[TIME_TEXT_MAX];

	if (!check_places(options, &places, &err) || !prepare(options, &loose, &err) ||
	    !make_key(options, &loose, &err) || !ask(options, operation, &loose, &err) ||
	    !save(&places, &loose, &err))
		return fail_client(options, &err);
	if (places.key)
		say_done(options, "key %s", places.key);
	say_done(options, "CA certificates %s", places.ca);
	bestow_cert_subject(loose.certs, 0, subject, sizeof subject);
	return say_result(options, describe_cert(loose.certs, 0), "%s: %s, until %s",
			  places.certificate, subject,
			  time_to_text(bestow_cert_not_after(loose.certs, 0), until));
}

int cmd_enroll(struct options *options)
{
	if (options->csr && (options->name || session_keeps_key(options)))
		return fail_usage("--csr goes without NAME and without a key that stays");
	return options->name ? round_run(options, ROUND_FIRST)
			     : enroll_loose(options, bestow_enroll);
}

int cmd_renew(struct options *options)
{
	if (options->csr && !options->name && options->certificate)
		return enroll_loose(options, bestow_reenroll);
	if (options->csr)
		return fail_usage("--csr goes without NAME, and renew needs the old --cert then");
	if (!options->name)
		return fail_usage("renew needs an identity's NAME; bestow init makes one");
	if (options->check)
		return round_check(options);
	return round_run(options, options->if_due ? ROUND_IF_DUE : ROUND_NEXT);
}
