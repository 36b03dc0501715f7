#include "model/profile_content.h"

#include <stdlib.h>
#include <string.h>

#include "model/profile_words.h"
#include "pki/der.h"
#include "pki/extension.h"
#include "pki/san_check.h"

/* -- the end -- */

void texts_done(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->items[i]);
	free(texts->items);
	*texts = (struct texts){ 0 };
}

void certificate_policies_free(struct certificate_policy *policies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(policies[i].oid);
		free(policies[i].cps);
	}
	free(policies);
}

void private_extensions_free(struct private_extension *extensions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(extensions[i].oid);
		free(extensions[i].der);
	}
	free(extensions);
}

void profile_content_done(struct profile_content *content)
{
	certificate_policies_free(content->policies, content->policy_count);
	private_extensions_free(content->private_extensions, content->private_extension_count);
	texts_done(&content->crl_urls);
	texts_done(&content->ca_issuer_urls);
	texts_done(&content->ocsp_urls);
}

/* -- policies -- */

static bool read_oid(const char *field, const char *text, struct buffer *ret, struct error *err)
{
	if (oid_from_text(text, ret))
		return true;
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "%s", field);
	return error_set(err, REASON_INVALID, "%s: \"%s\" is not an OID", field, text ? text : "");
}

static bool check_url(const char *field, const char *url, struct error *err)
{
	struct error why = { 0 };

	return uri_check(url, &why) || error_set(err, REASON_INVALID, "%s: %s", field, why.detail);
}

static bool check_policy(const struct profile_content *content, size_t index, struct error *err)
{
	const struct certificate_policy *policy = &content->policies[index];
	CLEANUP(buffer_done) struct buffer oid = { 0 };

	if (!read_oid("policies", policy->oid, &oid, err))
		return false;
	for (size_t i = 0; i < index; i++)
		if (strcmp(content->policies[i].oid, policy->oid) == 0)
			return error_set(err, REASON_INVALID, "policies: %s twice", policy->oid);
	return !policy->cps || check_url("policies", policy->cps, err);
}

static bool check_policies(const struct profile_content *content, struct error *err)
{
	if (content->policy_count > POLICIES_MAX)
		return error_set(err, REASON_INVALID, "policies: more than %d", POLICIES_MAX);
	for (size_t i = 0; i < content->policy_count; i++)
		if (!check_policy(content, i, err))
			return false;
	return true;
}

/* -- where status can be learnt -- */

static bool check_urls(const char *field, const struct texts *urls, struct error *err)
{
	if (urls->count > PUBLICATION_URLS_MAX)
		return error_set(err, REASON_INVALID, "%s: more than %d", field,
				 PUBLICATION_URLS_MAX);
	for (size_t i = 0; i < urls->count; i++)
		if (!check_url(field, urls->items[i], err))
			return false;
	return true;
}

/* URLs that would be passed over are a mistake. */
static bool check_published(const char *field, enum published published, size_t urls,
			    struct error *err)
{
	if (!words_text(&published_words, published))
		return error_set(err, REASON_INVALID, "%s.source: no such value", field);
	if (published == PUBLISHED_AT_URLS && urls == 0)
		return error_set(err, REASON_INVALID, "%s.source: \"urls\" needs a URL", field);
	if (published != PUBLISHED_AT_URLS && urls > 0)
		return error_set(err, REASON_INVALID, "%s: URLs need the source \"urls\"", field);
	return true;
}

static bool check_publications(const struct profile_content *content, struct error *err)
{
	return check_urls("cdp.urls", &content->crl_urls, err) &&
	       check_urls("aia.ca_issuers", &content->ca_issuer_urls, err) &&
	       check_urls("aia.ocsp", &content->ocsp_urls, err) &&
	       check_published("cdp", content->crl_published, content->crl_urls.count, err) &&
	       check_published("aia", content->access_published,
			       content->ca_issuer_urls.count + content->ocsp_urls.count, err);
}

/* -- private extensions -- */

static bool check_private(const struct profile_content *content, size_t index, struct error *err)
{
	const struct private_extension *extension = &content->private_extensions[index];
	CLEANUP(buffer_done) struct buffer oid = { 0 };

	if (!read_oid("extensions", extension->oid, &oid, err))
		return false;
	if (extension_is_reserved(buffer_view(&oid)))
		return error_set(err, REASON_INVALID,
				 "extensions: %s is written by Bestow itself, or never issued",
				 extension->oid);
	for (size_t i = 0; i < index; i++)
		if (strcmp(content->private_extensions[i].oid, extension->oid) == 0)
			return error_set(err, REASON_INVALID, "extensions: %s twice",
					 extension->oid);
	if (extension->der_len > PRIVATE_EXTENSION_DER_MAX)
		return error_set(err, REASON_INVALID, "extensions: %s has more than %d octets",
				 extension->oid, PRIVATE_EXTENSION_DER_MAX);
	return der_is_one_element((struct bytes){ extension->der, extension->der_len }) ||
	       error_set(err, REASON_INVALID, "extensions: the value of %s is not one DER element",
			 extension->oid);
}

static bool check_privates(const struct profile_content *content, struct error *err)
{
	if (content->private_extension_count > PRIVATE_EXTENSIONS_MAX)
		return error_set(err, REASON_INVALID, "extensions: more than %d",
				 PRIVATE_EXTENSIONS_MAX);
	for (size_t i = 0; i < content->private_extension_count; i++)
		if (!check_private(content, i, err))
			return false;
	return true;
}

bool profile_content_check(const struct profile_content *content, struct error *err)
{
	return check_policies(content, err) && check_publications(content, err) &&
	       check_privates(content, err);
}
