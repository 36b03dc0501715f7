#include "manage/console_identity.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "pki/bundle.h"
#include "pki/self_signed.h"
#include "store/store_audit.h"
#include "store/store_config.h"

#define ACTOR "node"
#define DAY ((int64_t)86400)
#define BACKDATE 300 /* the administrator's clock runs behind */
/* Some browsers believe no certificate that lasts longer, whoever vouches for it. */
#define LASTS (825 * DAY)
#define REMADE_BEFORE (90 * DAY)
#define HOST_MAX 254
#define COMMON_NAME "Bestow console"

/* -- whom it names -- */

/* Of "https://host:9443", without brackets; "localhost" where there is no console. */
static void host_of(const char *url, char into[HOST_MAX])
{
	const char *host = url ? strstr(url, "://") : NULL;

	host = host ? host + 3 : "localhost";
	bool is_bracketed = *host == '[';
	size_t len = strcspn(host + is_bracketed, is_bracketed ? "]" : ":/");
	snprintf(into, HOST_MAX, "%.*s", (int)len, host + is_bracketed);
}

static bool name_host(struct san *san, const char *host, struct error *err)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	if (address_parse(host, &address, NULL))
		return san_append(san, SAN_IP, address_to_text(&address, text), err);
	return san_append(san, SAN_DNS, host, err);
}

/* What the console's URL says, and this machine's own names for itself. */
static bool write_names(const struct manage *manage, struct san *ret, struct error *err)
{
	char host[HOST_MAX];

	host_of(manage->console_url, host);
	if (strcmp(host, "localhost") != 0 && !name_host(ret, host, err))
		return false;
	return san_append(ret, SAN_DNS, "localhost", err) &&
	       san_append(ret, SAN_IP, "127.0.0.1", err) && san_append(ret, SAN_IP, "::1", err);
}

/* -- whether there is one -- */

static bool parse_first(struct bytes chain_pem, struct cert **ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	return bundle_parse(chain_pem, &chain, err) &&
	       cert_parse(cert_der(chain.certs[0]), ret, err);
}

static bool is_missing(const struct error *why, struct error *err)
{
	if (why->reason == REASON_NOT_FOUND)
		return true;
	return error_set(err, why->reason, "%s", why->detail);
}

static bool node_has_one(const struct manage *manage, bool *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer key = { 0 };
	struct error why = { 0 };

	*ret = store_tls_identity_get(manage->store, &chain, &key, &why);
	return *ret || is_missing(&why, err);
}

static bool load_own(const struct manage *manage, struct cert **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(buffer_wipe) struct buffer key = { 0 };
	struct error why = { 0 };

	if (!store_console_identity_get(manage->store, &chain, &key, &why))
		return is_missing(&why, err);
	return parse_first(buffer_view(&chain), ret, err);
}

bool console_identity_find(const struct manage *manage, struct cert **ret, struct error *err)
{
	bool has_one = manage->has_certificate_file;

	*ret = NULL;
	if (!manage->console_url || (!has_one && !node_has_one(manage, &has_one, err)))
		return !manage->console_url;
	return has_one || load_own(manage, ret, err);
}

/* -- making it -- */

static bool audit(struct store_tx *tx, const struct cert *made, struct error *err)
{
	char fingerprint[2 * CERT_FINGERPRINT_LEN + 1], after[128];
	const struct audit_entry entry = { .actor = ACTOR,
					   .action = "console.certificate",
					   .object = "node console certificate",
					   .after = after };

	hex_encode((struct bytes){ cert_fingerprint(made), CERT_FINGERPRINT_LEN }, fingerprint);
	snprintf(after, sizeof after, "SHA-256 %s", fingerprint);
	return store_audit_append(tx, &entry, err);
}

static bool keep(const struct manage *manage, const struct private_key *key, struct bytes der,
		 struct error *err)
{
	CLEANUP(cert_freep) struct cert *made = NULL;
	CLEANUP(buffer_done) struct buffer pem = { 0 };
	CLEANUP(buffer_wipe) struct buffer encrypted = { 0 };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	pem_encode("CERTIFICATE", der, &pem);
	if (!buffer_ok(&pem))
		return error_set(err, REASON_NO_MEMORY, "certificate");
	return cert_parse(der, &made, err) &&
	       private_key_encrypt(key, manage->key_secret, &encrypted, err) &&
	       store_begin(manage->store, &tx, err) &&
	       store_console_identity_set(tx, buffer_view(&pem), buffer_view(&encrypted), err) &&
	       audit(tx, made, err) && store_commit(TAKE(tx), err);
}

static bool make(const struct manage *manage, const struct san *san, int64_t now, struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	const struct self_signed content = { .subject = &subject,
					     .san = san,
					     .not_before = now - BACKDATE,
					     .not_after = now - BACKDATE + LASTS - 1 };

	return name_append(&subject, NAME_COMMON_NAME, COMMON_NAME, err) &&
	       private_key_generate(KEY_P256, 0, &key, err) &&
	       self_signed_make(&content, key, &der, err) &&
	       keep(manage, key, buffer_view(&der), err);
}

bool console_identity_provide(const struct manage *manage, struct error *err)
{
	CLEANUP(san_done) struct san san = { 0 };
	CLEANUP(cert_freep) struct cert *present = NULL;
	int64_t now = clock_now(manage->clock);
	bool has_one = false;

	if (!node_has_one(manage, &has_one, err))
		return false;
	if (has_one)
		return true;
	if (!write_names(manage, &san, err) || !load_own(manage, &present, err))
		return false;
	if (present && san_equal(cert_san(present), &san) &&
	    now < cert_not_after(present) - REMADE_BEFORE && now >= cert_not_before(present))
		return true;
	return make(manage, &san, now, err);
}
