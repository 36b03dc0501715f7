/* Enrolls a device by passphrase, and renews with the certificate it got.
 *
 *     cc enroll.c $(pkg-config --cflags --libs bestow) -o enroll
 *     ./enroll https://pki.example/.well-known/est/demo root.pem device-1 < passphrase */
#include <stdio.h>
#include <string.h>

#include <bestow/bestow.h>

static int fail(const struct bestow_error *err)
{
	fprintf(stderr, "%s: %s [%s]\n  %s\n", err->words, err->detail, err->code, err->remedy);
	return (int)err->outcome;
}

static bool connect_to(const char *url, const char *anchors_file, struct bestow_client **ret,
		       struct bestow_error *err)
{
	struct bestow_certs *anchors = NULL;

	if (!bestow_certs_open(anchors_file, &anchors, err))
		return false;
	bool done = bestow_client_new(url, ret, err) && bestow_client_trust(*ret, anchors, err);
	bestow_certs_free(anchors);
	return done;
}

/* Asks what the server wants, and makes a key and a request after it. */
static bool prepare(struct bestow_client *client, const char *name, struct bestow_key **ret_key,
		    struct bestow_request **ret_request, struct bestow_error *err)
{
	struct bestow_attributes *attributes = NULL;
	char subject[128];

	snprintf(subject, sizeof subject, "CN=%s", name);
	if (!bestow_csrattrs(client, &attributes, err))
		return false;
	const char *type = bestow_attributes_key_type(attributes);
	bool done = bestow_key_generate(type ? type : "p256", ret_key, err) &&
		    bestow_request_new(ret_request, err) &&
		    bestow_request_set_subject(*ret_request, subject, err) &&
		    bestow_request_apply(*ret_request, attributes, err);
	bestow_attributes_free(attributes);
	return done;
}

/* The renewal proves itself by the certificate; the key stays, for brevity. */
static bool renew(struct bestow_client *client, const struct bestow_request *request,
		  const struct bestow_key *key, struct bestow_certs **certs,
		  struct bestow_error *err)
{
	struct bestow_certs *next = NULL;

	if (!bestow_client_set_certificate(client, *certs, key, err) ||
	    !bestow_reenroll(client, request, key, &next, err))
		return false;
	bestow_certs_free(*certs);
	*certs = next;
	return true;
}

int main(int argc, char **argv)
{
	struct bestow_client *client = NULL;
	struct bestow_key *key = NULL;
	struct bestow_request *request = NULL;
	struct bestow_certs *certs = NULL;
	struct bestow_error err = { 0 };
	char passphrase[256] = "", subject[256];

	if (argc != 4 || !fgets(passphrase, sizeof passphrase, stdin)) {
		fprintf(stderr, "usage: %s URL ANCHORS NAME < PASSPHRASE\n", argv[0]);
		return BESTOW_MISUSED;
	}
	passphrase[strcspn(passphrase, "\n")] = '\0';

	bool done = connect_to(argv[1], argv[2], &client, &err) &&
		    bestow_client_set_passphrase(client, argv[3], passphrase, &err) &&
		    prepare(client, argv[3], &key, &request, &err) &&
		    bestow_enroll(client, request, key, &certs, &err) &&
		    renew(client, request, key, &certs, &err) &&
		    bestow_key_save(key, "device.key", &err) &&
		    bestow_certs_save(certs, "device.crt", &err);
	if (done) {
		bestow_cert_subject(certs, 0, subject, sizeof subject);
		printf("%s: device.key, device.crt\n", subject);
	}
	bestow_certs_free(certs);
	bestow_request_free(request);
	bestow_key_free(key);
	bestow_client_free(client);
	return done ? 0 : fail(&err);
}
