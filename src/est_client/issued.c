#include "est_client/issued.h"

#include <string.h>

#include "base/clock.h"
#include "est_client/authorities.h"
#include "pki/bundle_add.h"

#define CLOCK_SLACK 86400 /* a device without a battery wakes up in the past */

/* The answer may hold more certificates, in any order (ENC-07). */
static const struct cert *find_leaf(const struct bundle *answer, const unsigned char *key_hash)
{
	for (size_t i = 0; i < answer->count; i++)
		if (memcmp(cert_key_hash(answer->certs[i]), key_hash, KEY_HASH_LEN) == 0)
			return answer->certs[i];
	return NULL;
}

static bool check_time(const struct cert *leaf, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];

	if (now > cert_not_after(leaf))
		return error_set(err, REASON_ANSWER_UNFIT, "it ended %s",
				 time_to_text(cert_not_after(leaf), text));
	if (now + CLOCK_SLACK < cert_not_before(leaf))
		return error_set(err, REASON_ANSWER_UNFIT, "it begins %s",
				 time_to_text(cert_not_before(leaf), text));
	return true;
}

/* A profile may add to a name and drop from it, but what names the device must not become
 * another's. */
static bool check_attribute(const struct name *asked, const struct name *got,
			    enum name_attribute attribute, struct error *err)
{
	const char *a = name_find(asked, attribute), *b = name_find(got, attribute);
	struct name left = { 0 }, right = { 0 };

	if (!a || !b)
		return true;
	bool equal = name_append(&left, attribute, a, NULL) &&
		     name_append(&right, attribute, b, NULL) && name_equal(&left, &right);
	name_done(&left);
	name_done(&right);
	return equal || error_set(err, REASON_ANSWER_UNFIT, "%s is %s, not %s",
				  name_attribute_text(attribute), b, a);
}

static bool check_names(const struct cert *leaf, const struct issued_expectation *expected,
			struct error *err)
{
	const struct name *asked = &expected->request->subject;

	if (expected->names_must_stay && !name_equal(asked, cert_subject(leaf)))
		return error_set(err, REASON_ANSWER_UNFIT, "the renewal has another subject");
	return check_attribute(asked, cert_subject(leaf), NAME_COMMON_NAME, err) &&
	       check_attribute(asked, cert_subject(leaf), NAME_SERIAL_NUMBER, err);
}

/* -- the chain -- */

static bool check_chain(const struct cert *leaf, const struct authorities *above,
			const struct issued_expectation *expected, struct error *err)
{
	struct error why = { 0 };

	return authorities_check(leaf, above, expected->anchors, expected->now, &why) ||
	       error_set(err, why.reason == REASON_NO_MEMORY ? why.reason : REASON_ANSWER_UNFIT,
			 "it does not lead to the CA certificates in use: %s", why.detail);
}

static bool write_chain(const struct cert *leaf, const struct authorities *above,
			struct bundle *ret, struct error *err)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	if (!bundle_add_cert(&chain, cert_der(leaf), err))
		return false;
	for (size_t i = 0; i < above->count; i++)
		if (!cert_is_self_issued(above->certs[i]) &&
		    !bundle_add_cert(&chain, cert_der(above->certs[i]), err))
			return false;
	*ret = chain;
	chain = (struct bundle){ 0 };
	return true;
}

bool issued_pick(const struct bundle *answer, const struct issued_expectation *expected,
		 struct bundle *ret, struct error *err)
{
	const struct cert *leaf = find_leaf(answer, expected->key_hash);

	if (!leaf)
		return error_set(err, REASON_ANSWER_UNFIT,
				 "none of the %zu certificates is for the key", answer->count);
	if (cert_is_ca(leaf))
		return error_set(err, REASON_ANSWER_UNFIT, "it is a CA's");

	struct authorities above = authorities_find(leaf, answer, expected->cacerts);
	return check_time(leaf, expected->now, err) && check_names(leaf, expected, err) &&
	       check_chain(leaf, &above, expected, err) && write_chain(leaf, &above, ret, err);
}
