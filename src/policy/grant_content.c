/* The extensions that a profile's own fields come to, as they will stand in the certificate. */
#include "pki/der.h"
#include "pki/policies.h"
#include "policy/grant_parts.h"

static bool write_policies(const struct profile_content *content, struct buffer *to,
			   struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (content->policy_count == 0)
		return true;

	size_t list = der_begin(&value, DER_SEQUENCE);
	for (size_t i = 0; i < content->policy_count; i++)
		if (!policy_information_write(content->policies[i].oid, content->policies[i].cps,
					      &value, err))
			return false;
	der_end(&value, list);
	extension_write(to, oid_certificate_policies, false, buffer_view(&value));
	return true;
}

static void write_crl_urls(const struct profile_content *content, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (content->crl_published != PUBLISHED_AT_URLS)
		return;
	crl_distribution_points_encode((const char *const *)content->crl_urls.items,
				       content->crl_urls.count, &value);
	extension_write(to, oid_crl_distribution_points, false, buffer_view(&value));
}

static void write_access_urls(const struct profile_content *content, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	const struct access_urls urls = {
		.ocsp = (const char *const *)content->ocsp_urls.items,
		.ocsp_count = content->ocsp_urls.count,
		.ca_issuers = (const char *const *)content->ca_issuer_urls.items,
		.ca_issuers_count = content->ca_issuer_urls.count,
	};

	if (content->access_published != PUBLISHED_AT_URLS)
		return;
	authority_info_accesses_encode(&urls, &value);
	extension_write(to, oid_authority_info_access, false, buffer_view(&value));
}

static bool write_privates(const struct profile_content *content, struct buffer *to,
			   struct error *err)
{
	CLEANUP(buffer_done) struct buffer oid = { 0 };

	for (size_t i = 0; i < content->private_extension_count; i++) {
		const struct private_extension *extension = &content->private_extensions[i];

		buffer_clear(&oid);
		if (!oid_from_text(extension->oid, &oid))
			return error_set(err, REASON_LINT_FAILED, "extension %s is no OID",
					 extension->oid);
		extension_write(to, buffer_view(&oid), extension->critical,
				(struct bytes){ extension->der, extension->der_len });
	}
	return true;
}

bool grant_set_content(struct grant *grant, const struct profile_content *content,
		       struct error *err)
{
	grant->key_usage_critical = content->key_usage_critical;
	grant->ext_key_usage_critical = content->ext_key_usage_critical;
	grant->crl_at_node = content->crl_published == PUBLISHED_BY_NODE;
	grant->access_at_node = content->access_published == PUBLISHED_BY_NODE;
	if (!write_policies(content, &grant->extensions, err))
		return false;
	write_crl_urls(content, &grant->extensions);
	write_access_urls(content, &grant->extensions);
	return write_privates(content, &grant->extensions, err) &&
	       (buffer_ok(&grant->extensions) ||
		error_set(err, REASON_NO_MEMORY, "grant's extensions"));
}
