#include "bestow/anchors.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "bestow/say.h"
#include "est_client/trust.h"
#include "pki/bundle_add.h"
#include "pki/pem.h"

static void certs_freep(struct bestow_certs **certs)
{
	bestow_certs_free(*certs);
}

static void session_closep(struct session *session)
{
	session_close(session);
}

static void append_pem(const struct bundle *bundle, struct buffer *to)
{
	for (size_t i = 0; i < bundle->count; i++)
		pem_encode("CERTIFICATE", cert_der(bundle->certs[i]), to);
}

static bool read_bundle(const struct bestow_certs *certs, struct bundle *ret, struct error *err)
{
	for (size_t i = 0; i < bestow_certs_count(certs); i++) {
		struct bytes der = { 0 };

		der.data = bestow_cert_der(certs, i, &der.len);
		if (!bundle_add_cert(ret, der, err))
			return false;
	}
	return true;
}

static bool stored_equals(const char *path, const struct buffer *text)
{
	CLEANUP(buffer_done) struct buffer stored = { 0 };

	return file_load(path, BUNDLE_BYTES_MAX, &stored, NULL) &&
	       bytes_equal(buffer_view(&stored), buffer_view(text));
}

static bool save_if_changed(const struct options *options, const char *file,
			    const struct buffer *text, struct error *err)
{
	char path[PATH_MAX];

	return identity_path(options, file, NULL, path, err) &&
	       (stored_equals(path, text) || file_save(path, buffer_view(text), 0644, err));
}

/* Does the server prove itself by the new anchors alone? Asked on a connection of its own, so that
 * nothing is dropped that is still needed. */
static bool server_stands_on(const struct options *options, const struct memory *memory,
			     const struct buffer *anchors)
{
	struct options bare = { .url = options->url, .timeout = options->timeout };
	CLEANUP(session_closep) struct session session = { 0 };
	CLEANUP(certs_freep) struct bestow_certs *certs = NULL;
	CLEANUP(certs_freep) struct bestow_certs *cacerts = NULL;

	return bestow_certs_parse(anchors->data, anchors->len, &certs, NULL) &&
	       session_open(&bare, memory, &session, NULL) &&
	       bestow_client_trust(session.client, certs, NULL) &&
	       bestow_cacerts(session.client, &cacerts, NULL);
}

static bool add_old_anchors(const struct options *options, const struct memory *memory,
			    struct bundle *to, struct error *err)
{
	CLEANUP(certs_freep) struct bestow_certs *old = NULL;
	char path[PATH_MAX];

	if (!identity_path(options, "anchors.pem", NULL, path, err))
		return false;
	if (access(path, F_OK) != 0 || !bestow_certs_open(path, &old, NULL))
		return true;
	for (size_t i = 0; i < bestow_certs_count(old); i++) {
		struct bytes der = { 0 };

		if (bestow_cert_not_after(old, i) < memory_now(memory))
			continue;
		der.data = bestow_cert_der(old, i, &der.len);
		if (!bundle_add_cert(to, der, err))
			return false;
	}
	return true;
}

static bool store_anchors(const struct options *options, const struct memory *memory,
			  struct bundle *anchors, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	char path[PATH_MAX];

	append_pem(anchors, &text);
	if (!identity_path(options, "anchors.pem", NULL, path, err))
		return false;
	if (stored_equals(path, &text))
		return true;
	if (!server_stands_on(options, memory, &text)) {
		if (!add_old_anchors(options, memory, anchors, err))
			return false;
		buffer_clear(&text);
		append_pem(anchors, &text);
	}
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "anchors");
	return save_if_changed(options, "anchors.pem", &text, err);
}

static bool store(const struct options *options, const struct memory *memory,
		  const struct bestow_certs *cacerts, struct error *err)
{
	CLEANUP(bundle_done) struct bundle all = { 0 };
	CLEANUP(bundle_done) struct bundle anchors = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!read_bundle(cacerts, &all, err) ||
	    !trust_pick_anchors(&all, memory_now(memory), &anchors, err) ||
	    !store_anchors(options, memory, &anchors, err))
		return false;
	append_pem(&all, &text);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "CA certificates");
	return save_if_changed(options, "cacerts.pem", &text, err);
}

bool anchors_follow(const struct options *options, const struct memory *memory,
		    struct session *session, struct bestow_error *err)
{
	CLEANUP(certs_freep) struct bestow_certs *cacerts = NULL;
	struct error why = { 0 };

	if (!bestow_cacerts(session->client, &cacerts, err))
		return false;
	say_done(options, "the server proved itself; %zu CA certificates",
		 bestow_certs_count(cacerts));
	return store(options, memory, cacerts, &why) || session_fail(&why, err);
}
