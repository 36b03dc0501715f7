#include "bestow/obtain.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "bestow/anchors.h"
#include "bestow/reload.h"
#include "bestow/say.h"
#include "bestow/schedule.h"
#include "bestow/session.h"

struct story {
	const struct options *options;
	const struct memory *memory;
	struct session session;
	struct bestow_request *request;
	struct bestow_key *key;
	struct bestow_certs *certs;
	bool renews;
};

static void story_donep(struct story *story)
{
	session_close(&story->session);
	bestow_request_free(story->request);
	bestow_key_free(story->key);
	bestow_certs_free(story->certs);
}

void obtained_done(struct obtained *obtained)
{
	bestow_certs_free(obtained->certs);
	*obtained = (struct obtained){ 0 };
}

static void pair_donep(struct pair *pair)
{
	pair_done(pair);
}

/* -- the server -- */

static void attributes_freep(struct bestow_attributes **attributes)
{
	bestow_attributes_free(*attributes);
}

/* ATT-02: a server that gives no csrattrs is asked all the same. */
static bool follow_attributes(struct story *story, char key_type[16], struct bestow_error *err)
{
	CLEANUP(attributes_freep) struct bestow_attributes *attributes = NULL;
	struct bestow_error why = { 0 };

	if (!bestow_csrattrs(story->session.client, &attributes, &why))
		say_warning(story->options, "no csrattrs: %s", why.detail);
	const char *wanted = bestow_attributes_key_type(attributes);
	snprintf(key_type, 16, "%s", wanted ? wanted : "p256");
	return bestow_request_apply(story->request, attributes, err);
}

/* -- the key -- */

static bool is_kind(const struct bestow_key *key, const char *kind)
{
	char rsa[16];

	snprintf(rsa, sizeof rsa, "rsa%u", bestow_key_bits(key));
	return strcmp(strcmp(bestow_key_type(key), "rsa") == 0 ? rsa : bestow_key_type(key),
		      kind) == 0;
}

/* The key of an unfinished run serves on, if it is of the kind that is wanted now: the server then
 * knows the request again (ENR-11). */
static bool reuse_pending_key(struct story *story, const char *kind)
{
	CLEANUP(pair_donep) struct pair pending = { 0 };

	if (!pair_load(story->options, "pending", &pending, NULL) || !pending.key ||
	    !is_kind(pending.key, kind))
		return false;
	story->key = TAKE(pending.key);
	return true;
}

static bool choose_key(struct story *story, const char *server_wants, struct bestow_error *err)
{
	const struct options *options = story->options;
	struct error why = { 0 };

	if (session_keeps_key(options)) {
		if (!session_open_key(options, options->new_key, &story->key, err))
			return false;
		return pair_begin(options, NULL, &why) || session_fail(&why, err);
	}
	/* one that only signs the request */
	if (session_lets_server_make_key(options))
		return bestow_key_generate(server_wants, &story->key, err);

	const char *kind = options->new_key ? options->new_key : server_wants;
	if (reuse_pending_key(story, kind))
		return true;
	if (!bestow_key_generate(kind, &story->key, err))
		return false;
	return pair_begin(options, story->key, &why) || session_fail(&why, err);
}

/* -- asking -- */

static bool name_request(struct story *story, struct bestow_error *err)
{
	if (!bestow_request_new(&story->request, err) ||
	    !session_fill_request(story->options, &story->session, story->request, err))
		return false;
	return !story->renews ||
	       bestow_request_set_names_of(story->request, story->session.certs, 0, err);
}

/* RFC 7030 4.4: the server's key takes the place of ours. */
static bool ask_for_key(struct story *story, struct bestow_error *err)
{
	struct bestow_key *made = NULL;
	struct error why = { 0 };

	if (!bestow_serverkeygen(story->session.client, story->request, story->key, &story->certs,
				 &made, err))
		return false;
	bestow_key_free(story->key);
	story->key = made;
	return pair_begin(story->options, made, &why) || session_fail(&why, err);
}

static bool ask_for_certificate(struct story *story, struct bestow_error *err)
{
	if (session_lets_server_make_key(story->options))
		return ask_for_key(story, err);
	if (story->renews)
		return bestow_reenroll(story->session.client, story->request, story->key,
				       &story->certs, err);
	return bestow_enroll(story->session.client, story->request, story->key, &story->certs, err);
}

static bool ask(struct story *story, struct bestow_error *err)
{
	char key_type[16];
	struct error why = { 0 };

	if (!pair_check_group(story->options, &why))
		return session_fail(&why, err);
	if (!anchors_follow(story->options, story->memory, &story->session, err) ||
	    !name_request(story, err) || !follow_attributes(story, key_type, err) ||
	    !choose_key(story, key_type, err))
		return false;
	if (!ask_for_certificate(story, err)) {
		/* a key that the server does not want must not be asked for again */
		if (err->outcome == BESTOW_REFUSED)
			pair_abandon(story->options);
		return false;
	}
	say_done(story->options, "certificate received and verified");
	return true;
}

/* -- storing, and telling the service -- */

static bool swap(const struct options *options, struct obtained *ret, struct bestow_error *err)
{
	struct error why = { 0 };
	CLEANUP(pair_donep) struct pair current = { 0 };

	if (!pair_swap(options, &why) || !pair_load(options, "current", &current, &why))
		return session_fail(&why, err);
	ret->certs = TAKE(current.certs);
	return true;
}

/* An old pair that has ended serves nobody: then the new one stays, come what may. */
static bool may_roll_back(const struct options *options, const struct memory *memory)
{
	CLEANUP(pair_donep) struct pair previous = { 0 };

	return pair_load(options, "previous", &previous, NULL) && previous.certs &&
	       bestow_cert_not_after(previous.certs, 0) > memory_now(memory);
}

static bool tell_service(const struct story *story, struct obtained *ret, struct bestow_error *err)
{
	struct error why = { 0 }, ignored = { 0 };

	if (reload_service(story->options, &why))
		return true;
	if (may_roll_back(story->options, story->memory) &&
	    pair_swap_back(story->options, &ignored)) {
		ret->rolled_back = true;
		(void)!reload_service(story->options, &ignored);
	}
	return session_fail(&why, err);
}

static bool put_in_place(const struct story *story, struct obtained *ret, struct bestow_error *err)
{
	if (!swap(story->options, ret, err))
		return false;
	say_done(story->options, "the new pair is current");
	if (!tell_service(story, ret, err))
		return false;
	pair_sweep(story->options);
	return true;
}

static bool store(const struct story *story, struct obtained *ret, struct bestow_error *err)
{
	struct error why = { 0 };

	return (pair_complete(story->options, story->certs, &why) || session_fail(&why, err)) &&
	       put_in_place(story, ret, err);
}

/* -- resuming: a run ended after the certificate was stored and before it was current -- */

static bool resume(const struct story *story, struct obtained *ret, struct bestow_error *err)
{
	CLEANUP(pair_donep) struct pair pending = { 0 };

	if (!pair_load(story->options, "pending", &pending, NULL) || !pending.certs ||
	    bestow_cert_not_after(pending.certs, 0) <= memory_now(story->memory))
		return false;
	ret->resumed = true;
	return put_in_place(story, ret, err);
}

/* -- telling again: an earlier run told the service in vain, and had nothing to go back to -- */

static bool was_told_in_vain(const struct memory *memory)
{
	return memory->failures &&
	       strcmp(memory->last_code, reason_code(REASON_RELOAD_FAILED)) == 0;
}

/* Once its renewal is due a certificate is no longer worth the trouble. */
static bool is_fresh(const struct story *story, const struct bestow_certs *certs)
{
	const struct validity validity = { bestow_cert_not_before(certs, 0),
					   bestow_cert_not_after(certs, 0) };
	struct schedule schedule = { 0 };

	return schedule_renewal(&validity, story->options->window, &schedule, NULL) &&
	       memory_now(story->memory) < schedule.opens;
}

/* The server is not asked for one more certificate because a service is missing. */
static bool tell_again(const struct story *story, struct obtained *ret, struct bestow_error *err)
{
	CLEANUP(pair_donep) struct pair current = { 0 };

	if (!was_told_in_vain(story->memory) ||
	    !pair_load(story->options, "current", &current, NULL) || !current.certs ||
	    !is_fresh(story, current.certs))
		return false;
	ret->certs = TAKE(current.certs);
	ret->resumed = true;
	return tell_service(story, ret, err);
}

static bool finish(struct story *story, struct obtained *ret, struct bestow_error *err)
{
	return ask(story, err) && store(story, ret, err);
}

static bool open_and_bootstrap(struct story *story, struct bestow_error *err)
{
	return session_open(story->options, story->memory, &story->session, err) &&
	       session_bootstrap(story->options, &story->session, err);
}

bool obtain_first(const struct options *options, const struct memory *memory, struct obtained *ret,
		  struct bestow_error *err)
{
	CLEANUP(story_donep) struct story story = { .options = options, .memory = memory };

	*err = (struct bestow_error){ 0 };
	if (resume(&story, ret, err))
		return true;
	if (err->code)
		return false;
	return open_and_bootstrap(&story, err) && finish(&story, ret, err);
}

static bool renew_with_current(struct story *story, struct pair *current, struct obtained *ret,
			       struct bestow_error *err)
{
	story->renews = true;
	return session_open(story->options, story->memory, &story->session, err) &&
	       session_use_pair(story->options, &story->session, current, err) &&
	       finish(story, ret, err);
}

/* Only what the server says about the certificate leads to the bootstrap credential; trouble on the
 * way does not. */
static bool is_refusal(const struct bestow_error *err)
{
	return err->outcome == BESTOW_REFUSED || err->outcome == BESTOW_UNAUTHENTICATED;
}

static bool has_bootstrap(const struct options *options)
{
	return options->passphrase_file || options->certificate;
}

bool obtain_next(const struct options *options, const struct memory *memory, struct obtained *ret,
		 struct bestow_error *err)
{
	CLEANUP(story_donep) struct story story = { .options = options, .memory = memory };
	CLEANUP(pair_donep) struct pair current = { 0 };
	struct error why = { 0 };

	*err = (struct bestow_error){ 0 };
	if (resume(&story, ret, err) || (!err->code && tell_again(&story, ret, err)))
		return true;
	if (err->code)
		return false;
	if (!pair_load(options, "current", &current, &why))
		return session_fail(&why, err);
	if (!current.certs)
		return obtain_first(options, memory, ret, err);

	bool has_ended = bestow_cert_not_after(current.certs, 0) < memory_now(memory);
	if (renew_with_current(&story, &current, ret, err))
		return true;
	if (!has_ended || !is_refusal(err) || !has_bootstrap(options))
		return false;
	say_warning(options, "the ended certificate is not renewed (%s); enrolling anew",
		    err->code);
	story_donep(&story);
	story = (struct story){ .options = options, .memory = memory };
	ret->by_bootstrap = true;
	return open_and_bootstrap(&story, err) && finish(&story, ret, err);
}
