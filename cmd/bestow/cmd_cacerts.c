#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "bestow/anchors.h"
#include "bestow/command.h"
#include "bestow/describe.h"
#include "bestow/say.h"

static int show(const struct options *options, const struct bestow_certs *certs, bool proven)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	json_t *list = json_array();

	for (size_t i = 0; i < bestow_certs_count(certs); i++) {
		describe_ca(certs, i, &text);
		json_array_append_new(list, describe_cert(certs, i));
	}
	if (!proven)
		buffer_append_text(
			&text,
			"\nThis server has proven nothing. Compare a fingerprint with one that "
			"you got another way,\nthen repeat with --fingerprint.\n");
	const char *shown = buffer_cstring(&text);
	int code = say_result(
		options, json_pack("{s:b, s:o}", "authenticated", proven, "certificates", list),
		"%s", shown ? shown : "");

	return proven ? code : BESTOW_UNTRUSTED;
}

static bool is_blind(const struct options *options)
{
	return !options->ca && !options->fingerprint && !options->name;
}

static bool fetch(const struct options *options, struct session *session, struct bestow_certs **ret,
		  struct bestow_error *err)
{
	const struct memory memory = { 0 };

	return session_open(options, &memory, session, err) &&
	       (is_blind(options) ? bestow_cacerts_unproven(session->client, ret, err)
				  : bestow_cacerts(session->client, ret, err));
}

/* An identity keeps them. */
static bool keep(const struct options *options, struct bestow_error *err)
{
	struct memory memory;
	struct session session = { 0 };
	struct error why = { 0 };
	CLEANUP(fd_closep) int lock = -1;

	if (!identity_lock(options, &lock, &why))
		return session_fail(&why, err);
	memory_load(options, &memory);
	bool kept = session_open(options, &memory, &session, err) &&
		    anchors_follow(options, &memory, &session, err);
	session_close(&session);
	return kept;
}

int cmd_cacerts(struct options *options)
{
	struct session session = { 0 };
	struct bestow_certs *certs = NULL;
	struct bestow_error err = { 0 };
	int code;

	if (!fetch(options, &session, &certs, &err) || (options->name && !keep(options, &err)) ||
	    (options->out_ca && !is_blind(options) &&
	     !bestow_certs_save(certs, options->out_ca, &err)))
		code = fail_client(options, &err);
	else
		code = show(options, certs, !is_blind(options));
	bestow_certs_free(certs);
	session_close(&session);
	return code;
}
