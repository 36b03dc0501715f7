/* From CsrAttrs to what to put into a CSR. */
#include "pki/csr_attrs_form.h"
#include "pki/der.h"
#include "pki/name_attribute.h"

static bool malformed(const char *what, struct error *err)
{
	return error_set(err, REASON_CSR_MALFORMED, "%s (RFC 9908 3.2)", what);
}

/* -- extensions -- */

static bool is_wished(const struct csr_attrs *attrs, struct bytes oid)
{
	for (size_t i = 0; i < attrs->extension_count; i++)
		if (bytes_equal(attrs->extensions[i].oid, oid))
			return true;
	return false;
}

static bool read_extension(struct der *list, bool may_lack_value, struct csr_attrs *ret)
{
	struct der item = der_enter(list, DER_SEQUENCE);
	struct wished_extension extension = { .oid = der_read(&item, DER_OID) };

	if (der_next_is(&item, DER_BOOLEAN))
		extension.critical = der_read_boolean(&item);
	if (!may_lack_value || item.rest.len > 0)
		extension.value = der_read(&item, DER_OCTET_STRING);
	return der_at_end(&item) && extension.oid.len > 0 && !is_wished(ret, extension.oid) &&
	       csr_attrs_wish_extension(ret, extension.oid, extension.critical, extension.value);
}

bool csr_attrs_read_extensions(struct bytes values, bool may_lack_values, struct csr_attrs *ret,
			       struct error *err)
{
	struct der reader = der_open(values);
	struct der list = der_enter(&reader, DER_SEQUENCE);

	if (!der_at_end(&reader) || der_at_end(&list))
		return malformed("not exactly one list of extensions", err);
	while (list.rest.len > 0)
		if (!read_extension(&list, may_lack_values, ret))
			return malformed("an extension is malformed, or there twice", err);
	return der_at_end(&list) || malformed("a malformed list of extensions", err);
}

/* As RFC 8951's example has it: OIDs in the SET, and no values. */
static bool read_extension_oids(struct bytes values, struct csr_attrs *ret, struct error *err)
{
	struct der list = der_open(values);

	while (list.rest.len > 0) {
		struct bytes oid = der_read(&list, DER_OID);

		if (oid.len == 0 || is_wished(ret, oid) ||
		    !csr_attrs_wish_extension(ret, oid, false, (struct bytes){ 0 }))
			return malformed("an extension's OID is malformed, or there twice", err);
	}
	return true;
}

static bool take_extensions(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	struct der values = der_open(item->values);

	if (ret->extension_count > 0)
		return malformed("two requests for extensions", err);
	if (!item->has_values)
		return true;
	return der_next_is(&values, DER_OID)
		       ? read_extension_oids(item->values, ret, err)
		       : csr_attrs_read_extensions(item->values, false, ret, err);
}

/* -- keys and algorithms: parameters that nobody knows say nothing -- */

static bool take_challenge(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	(void)item, (void)err;
	ret->challenge_password = true;
	return true;
}

static bool take_rsa(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	struct der values = der_open(item->values);
	uint32_t bits = der_next_is(&values, DER_INTEGER) ? der_read_small(&values) : 0;

	(void)err;
	ret->key_type = KEY_RSA;
	ret->key_bits = values.failed ? 0 : bits;
	return true;
}

static bool take_curve(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	struct der values = der_open(item->values);

	(void)err;
	ret->key_type = csr_attrs_curve(der_read(&values, DER_OID));
	return true;
}

static bool take_ed25519(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	(void)item, (void)err;
	ret->key_type = KEY_ED25519;
	ret->signature = SIGN_ED25519;
	return true;
}

static const struct {
	const struct bytes *oid;
	bool (*take)(const struct csr_attr *, struct csr_attrs *, struct error *);
} known[] = {
	{ &id_challenge_password, take_challenge }, { &id_rsa_encryption, take_rsa },
	{ &id_ec_public_key, take_curve },          { &id_ed25519, take_ed25519 },
	{ &id_extension_request, take_extensions },
};

/* RSASSA-PSS in all its strengths is one OID, which tells none of them. */
static bool is_pss(enum signature_algorithm algorithm)
{
	return algorithm == SIGN_RSA_PSS_SHA256 || algorithm == SIGN_RSA_PSS_SHA384 ||
	       algorithm == SIGN_RSA_PSS_SHA512;
}

static enum signature_algorithm algorithm_by_oid(struct bytes oid)
{
	for (enum signature_algorithm a = 0; a < SIGN_COUNT; a++) {
		struct der reader = der_open(signature_algorithm_der(a));
		struct der identifier = der_enter(&reader, DER_SEQUENCE);

		if (!is_pss(a) && bytes_equal(der_read(&identifier, DER_OID), oid))
			return a;
	}
	return SIGN_COUNT;
}

/* A signature algorithm, an attribute of names, or nothing that we know. */
static void take_other(const struct csr_attr *item, struct csr_attrs *ret)
{
	enum signature_algorithm algorithm = algorithm_by_oid(item->oid);
	enum name_attribute attribute = name_attribute_by_oid(item->oid);

	if (algorithm != SIGN_COUNT)
		ret->signature = algorithm;
	else if (attribute != NAME_UNKNOWN && !item->has_values)
		(void)!csr_attrs_wish_name(ret, attribute, NULL);
}

static bool take_item(const struct csr_attr *item, struct csr_attrs *ret, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (bytes_equal(*known[i].oid, item->oid))
			return known[i].take(item, ret, err);
	take_other(item, ret);
	return true;
}

/* -- the whole -- */

static const struct csr_attr *find_template(const struct csr_attr_list *list, size_t *ret_count)
{
	const struct csr_attr *found = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < list->count; i++) {
		if (!bytes_equal(list->items[i].oid, id_request_template))
			continue;
		found = &list->items[i];
		++*ret_count;
	}
	return found;
}

static bool wants_challenge(const struct csr_attr_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (bytes_equal(list->items[i].oid, id_challenge_password))
			return true;
	return false;
}

bool csr_attrs_parse(struct bytes der, struct csr_attrs *ret, struct error *err)
{
	struct csr_attr_list list;
	size_t templates;

	if (!csr_attr_list_parse(der, &list, err))
		return false;
	csr_attrs_init(ret);
	const struct csr_attr *template = find_template(&list, &templates);
	if (templates > 1)
		return malformed("two templates", err);
	if (template) {
		ret->challenge_password = wants_challenge(&list);
		return csr_template_read(template->values, ret, err);
	}
	for (size_t i = 0; i < list.count; i++)
		if (!take_item(&list.items[i], ret, err))
			return false;
	return true;
}
