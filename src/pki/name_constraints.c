#include "pki/name_constraints.h"

#include "pki/der.h"
#include "pki/name_match.h"

#define SUBTREES_PERMITTED (DER_CONTEXT_0 + 0)
#define SUBTREES_EXCLUDED (DER_CONTEXT_0 + 1)
#define WORK_DIRECTORY 16 /* both names are parsed */

#define NAMES_MAX (SAN_ENTRIES_MAX + NAME_ATTRIBUTES_MAX + 1)

/* The forms of GeneralName (RFC 5280 4.2.1.6) that constraints are understood for. */
static const struct form {
	unsigned int tag;
	name_match_function *match;
	unsigned int work;
} forms[] = {
	{ GENERAL_NAME_EMAIL, name_match_email, 1 },
	{ GENERAL_NAME_DNS, name_match_dns, 1 },
	{ GENERAL_NAME_DIRECTORY, name_match_directory, WORK_DIRECTORY },
	{ GENERAL_NAME_URI, name_match_uri, 1 },
	{ GENERAL_NAME_IP, name_match_ip, 1 },
};

static const struct form *find_form(unsigned int tag)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].tag == tag)
			return &forms[i];
	return NULL;
}

/* -- the names of a certificate -- */

struct constrained_name {
	unsigned int tag;
	struct bytes value;
	bool must_be_permitted; /* a permitted subtree of its form was there */
	bool is_permitted;
};

struct names {
	struct constrained_name items[NAMES_MAX];
	size_t count;
};

static bool add_name(struct names *names, unsigned int tag, struct bytes value, struct error *err)
{
	if (names->count == NAMES_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID, "more than %d names", NAMES_MAX);
	names->items[names->count++] = (struct constrained_name){ .tag = tag, .value = value };
	return true;
}

static bool add_san(struct names *names, const struct certified_names *certified, bool *ret_has_dns,
		    struct error *err)
{
	*ret_has_dns = false;
	if (!certified->san)
		return true;

	struct der outer = der_open(certified->san->value);
	struct der list = der_enter(&outer, DER_SEQUENCE);
	while (list.rest.len > 0) {
		unsigned int tag;
		struct bytes value = der_read_any(&list, &tag);

		*ret_has_dns |= tag == GENERAL_NAME_DNS;
		if (!add_name(names, tag, value, err))
			return false;
	}
	if (!der_at_end(&list) || certified->san_is_unreadable)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "name constraints cannot be held against a broken SAN");
	return true;
}

/* RFC 5280 4.2.1.10 speaks of SANs and the emailAddress attribute; servers and people read the
 * common name as a host's name too. */
static bool add_subject(struct names *names, const struct certified_names *certified,
			bool common_names, struct error *err)
{
	const struct name *subject = certified->subject;

	if (subject->count > 0 &&
	    !add_name(names, GENERAL_NAME_DIRECTORY, certified->subject_der, err))
		return false;
	for (size_t i = 0; i < subject->count; i++) {
		const struct name_entry *entry = &subject->entries[i];
		struct bytes value = bytes_of_string(entry->value);
		bool is_host = common_names && entry->attribute == NAME_COMMON_NAME &&
			       name_looks_like_host(value);

		if (is_host && !add_name(names, GENERAL_NAME_DNS, value, err))
			return false;
		if (entry->attribute == NAME_EMAIL_ADDRESS &&
		    !add_name(names, GENERAL_NAME_EMAIL, value, err))
			return false;
	}
	return true;
}

static bool collect_names(const struct certified_names *certified, struct names *names,
			  struct error *err)
{
	bool has_dns;

	names->count = 0;
	return add_san(names, certified, &has_dns, err) &&
	       add_subject(names, certified, !has_dns && !certified->is_ca, err);
}

/* -- subtrees -- */

struct subtrees {
	bool excluded;
	unsigned int *work;
};

static bool spend(const struct subtrees *subtrees, unsigned int work, struct error *err)
{
	if (*subtrees->work < work)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "too many name constraints to be compared");
	*subtrees->work -= work;
	return true;
}

static bool apply_base(const struct subtrees *subtrees, unsigned int tag, struct bytes base,
		       struct constrained_name *name, struct error *err)
{
	const struct form *form = find_form(tag);

	if (!form)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "a name constraint of an unknown form meets a name of that form");
	if (!spend(subtrees, form->work, err))
		return false;

	enum name_match match = form->match(name->value, base, subtrees->excluded);
	if (match == NAME_MATCH_UNKNOWN)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "a name cannot be compared with a name constraint");
	if (subtrees->excluded && match == NAME_MATCH_YES)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "a name that the CA's name constraints exclude");
	if (!subtrees->excluded) {
		name->must_be_permitted = true;
		name->is_permitted |= match == NAME_MATCH_YES;
	}
	return true;
}

static bool apply_subtree(const struct subtrees *subtrees, struct der *list, struct names *names,
			  struct error *err)
{
	struct der fields = der_enter(list, DER_SEQUENCE);
	unsigned int tag;
	struct bytes base = der_read_any(&fields, &tag);

	/* RFC 5280 4.2.1.10: minimum is zero, which DER leaves out, and maximum absent */
	if (!der_at_end(&fields) || !spend(subtrees, 1, err))
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "malformed or too many name constraints");
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].tag == tag &&
		    !apply_base(subtrees, tag, base, &names->items[i], err))
			return false;
	return true;
}

static bool apply_subtrees(const struct subtrees *subtrees, struct der *constraints,
			   unsigned int tag, struct names *names, struct error *err)
{
	if (!der_next_is(constraints, tag))
		return true;

	struct der list = der_enter(constraints, tag);
	while (list.rest.len > 0)
		if (!apply_subtree(subtrees, &list, names, err))
			return false;
	if (!der_at_end(&list))
		return error_set(err, REASON_CLIENT_CERT_INVALID, "malformed name constraints");
	return true;
}

static bool check_permitted(const struct names *names, struct error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (names->items[i].must_be_permitted && !names->items[i].is_permitted)
			return error_set(err, REASON_CLIENT_CERT_INVALID,
					 "a name outside the CA's name constraints");
	return true;
}

bool name_constraints_check_names(const struct cert *ca, const struct certified_names *certified,
				  unsigned int *work, struct error *err)
{
	const struct extension *extension =
		extensions_find(cert_extensions(ca), oid_name_constraints);
	const struct subtrees permitted = { .excluded = false, .work = work };
	const struct subtrees excluded = { .excluded = true, .work = work };
	struct names names;

	if (!extension)
		return true;
	if (!collect_names(certified, &names, err))
		return false;

	struct der outer = der_open(extension->value);
	struct der constraints = der_enter(&outer, DER_SEQUENCE);
	if (!apply_subtrees(&permitted, &constraints, SUBTREES_PERMITTED, &names, err) ||
	    !apply_subtrees(&excluded, &constraints, SUBTREES_EXCLUDED, &names, err))
		return false;
	if (!der_at_end(&constraints) || !der_at_end(&outer))
		return error_set(err, REASON_CLIENT_CERT_INVALID, "malformed name constraints");
	return check_permitted(&names, err);
}

bool name_constraints_check(const struct cert *ca, const struct cert *cert, unsigned int *work,
			    struct error *err)
{
	const struct certified_names certified = {
		.subject = cert_subject(cert),
		.subject_der = cert_subject_der(cert),
		.san = extensions_find(cert_extensions(cert), oid_subject_alt_name),
		.san_is_unreadable = cert_san_is_unreadable(cert),
		.is_ca = cert_is_ca(cert),
	};

	return name_constraints_check_names(ca, &certified, work, err);
}
