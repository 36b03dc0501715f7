#include <stdlib.h>
#include <string.h>

#include "model/profile_json.h"
#include "test.h"

static void json_freep(json_t **json)
{
	json_decref(*json);
}

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);

	if (!json)
		fail_msg("%s: %s", text, error.text);
	return json;
}

static struct profile *make(void)
{
	struct profile *profile = NULL;
	struct error err = { 0 };

	EXPECT_OK(profile_new(TEMPLATE_CLIENT_AUTHENTICATION, &profile, &err), err);
	profile->name = strdup("Sensors");
	return profile;
}

static char *dump(const struct profile *profile)
{
	CLEANUP(json_freep) json_t *json = profile_to_json(profile);

	return json_dumps(json, JSON_COMPACT);
}

static void apply(struct profile *profile, const char *patch)
{
	CLEANUP(json_freep) json_t *json = parse(patch);
	struct error err = { 0 };

	EXPECT_OK(profile_apply_json(profile, json, &err), err);
}

TEST(a_patch_that_is_refused_changes_nothing_and_names_the_member)
{
	static const struct {
		const char *patch, *path;
	} rows[] = {
		{ "[]", "profile:" },
		{ "\"x\"", "profile:" },
		{ "{\"colour\":1}", "colour:" },
		{ "{\"id\":1}", "id:" },
		{ "{\"account_id\":1}", "account_id:" },
		{ "{\"oid\":\"1.2.3\"}", "oid:" },
		{ "{\"version\":1}", "version:" },
		{ "{\"state\":\"suspended\"}", "state:" },
		{ "{\"id\":null}", "id:" },
		{ "{\"name\":null}", "name:" },
		{ "{\"name\":7}", "name:" },
		{ "{\"name\":\"a\\u0000b\"}", "name:" },
		{ "{\"name\":\"\"}", "name:" },
		{ "{\"ca_id\":-1}", "ca_id:" },
		{ "{\"ca_id\":\"1\"}", "ca_id:" },
		{ "{\"ca_id\":1.5}", "ca_id:" },
		{ "{\"template\":\"other\"}", "template:" },
		{ "{\"auth\":\"none\"}", "auth: one of tls-certificate, passphrase, either" },
		{ "{\"auth\":\"PASSPHRASE\"}", "auth:" },
		{ "{\"auth\":true}", "auth:" },
		{ "{\"strict_encoding\":1}", "strict_encoding:" },
		{ "{\"strict_encoding\":\"true\"}", "strict_encoding:" },
		{ "{\"aliases\":\"a\"}", "aliases:" },
		{ "{\"aliases\":[1]}", "aliases:" },
		{ "{\"aliases\":[\"csrattrs\"]}", "aliases:" },
		{ "{\"aliases\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\","
		  "\"11\","
		  "\"12\",\"13\",\"14\",\"15\",\"16\",\"17\"]}",
		  "aliases:" },
		{ "{\"subject\":{}}", "subject:" },
		{ "{\"subject\":[1]}", "subject[0]:" },
		{ "{\"subject\":[{\"attribute\":\"CN\"}]}", "subject[0].source:" },
		{ "{\"subject\":[{\"source\":\"fixed\"}]}", "subject[0].attribute:" },
		{ "{\"subject\":[{\"attribute\":\"XX\",\"source\":\"fixed\"}]}",
		  "subject[0].attribute:" },
		{ "{\"subject\":[{\"attribute\":\"CN\",\"source\":\"csr\"}]}",
		  "subject[0].source:" },
		{ "{\"subject\":[{\"attribute\":\"CN\",\"source\":\"csr-required\"},"
		  "{\"attribute\":\"O\",\"source\":\"fixed\",\"value\":\"a\",\"more\":1}]}",
		  "subject[1]:" },
		{ "{\"subject\":[{\"attribute\":\"CN\",\"source\":\"csr-required\","
		  "\"pattern\":\"(\"}]}",
		  "subject[0]:" },
		{ "{\"subject\":[{\"attribute\":\"CN\",\"source\":\"csr-required\","
		  "\"pattern\":1}]}",
		  "subject[0].pattern:" },
		{ "{\"san\":[]}", "san:" },
		{ "{\"san\":{\"x400\":{}}}", "san.x400:" },
		{ "{\"san\":{\"dns\":\"optional\"}}", "san.dns:" },
		{ "{\"san\":{\"dns\":{\"source\":\"maybe\"}}}", "san.dns.source:" },
		{ "{\"san\":{\"ip\":{\"wildcard\":true}}}", "san.ip.wildcard:" },
		{ "{\"san\":{\"ip\":{\"pattern\":\"10.0.0.0/8\"}}}", "san.ip.pattern:" },
		{ "{\"key\":{\"types\":[\"p224\"]}}", "key.types:" },
		{ "{\"key\":{\"types\":[]}}", "key.types:" },
		{ "{\"key\":{\"types\":[\"rsa\",\"rsa\",\"rsa\",\"rsa\",\"rsa\",\"rsa\"]}}",
		  "key.types:" },
		{ "{\"key\":{\"rsa_bits_min\":1024}}", "key.rsa_bits_min" },
		{ "{\"key\":{\"rsa_bits_min\":4294969344}}", "key.rsa_bits_min:" },
		{ "{\"key_usage\":[\"keyCertSign\"]}", "key_usage:" },
		{ "{\"key_usage\":[\"everything\"]}", "key_usage:" },
		{ "{\"key_usage\":[]}", "key_usage:" },
		{ "{\"ext_key_usage\":[\"anything\"]}", "ext_key_usage:" },
		{ "{\"ext_key_usage\":[\"2.5.29.37.0\"]}", "ext_key_usage:" },
		{ "{\"signature\":\"rsa-md5\"}", "signature:" },
		{ "{\"san\":{\"hardware_module\":{\"wildcard\":true}}}",
		  "san.hardware_module.wildcard:" },
		{ "{\"key_usage_critical\":1}", "key_usage_critical:" },
		{ "{\"ext_key_usage\":[\"cmcRA\"]}", "ext_key_usage:" },
		{ "{\"template\":\"ra\",\"auth\":\"either\",\"ext_key_usage\":[\"cmcRA\"]}",
		  "auth:" },
		{ "{\"policies\":{}}", "policies:" },
		{ "{\"policies\":[{}]}", "policies[0].oid:" },
		{ "{\"policies\":[{\"oid\":\"1.2\",\"url\":\"a:b\"}]}", "policies[0]:" },
		{ "{\"policies\":[{\"oid\":\"1\"}]}", "policies:" },
		{ "{\"policies\":[{\"oid\":\"1.2\"},{\"oid\":\"1.2\"}]}", "policies:" },
		{ "{\"policies\":[{\"oid\":\"1.2\",\"cps\":\"no url\"}]}", "policies:" },
		{ "{\"cdp\":{\"source\":\"own\"}}", "cdp.source:" },
		{ "{\"cdp\":{\"source\":\"urls\"}}", "cdp.source:" },
		{ "{\"cdp\":{\"urls\":[\"http://a/\"]}}", "cdp:" },
		{ "{\"cdp\":{\"source\":\"urls\",\"urls\":[\"a.crl\"]}}", "cdp.urls:" },
		{ "{\"aia\":{\"source\":\"urls\"}}", "aia.source:" },
		{ "{\"aia\":{\"source\":\"urls\",\"ocsp\":[\"\\u00e9:a\"]}}", "aia.ocsp:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\"}]}", "extensions:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"05\"}]}", "extensions:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"xx\"}]}", "extensions[0].hex:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"base64\":\"!\"}]}",
		  "extensions[0].base64:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"0500\",\"base64\":\"BQA=\"}]}",
		  "extensions[0].base64:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"05000500\"}]}", "extensions:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"30050201\"}]}", "extensions:" },
		{ "{\"extensions\":[{\"oid\":\"1.2.3\",\"hex\":\"0500\"},"
		  "{\"oid\":\"1.2.3\",\"hex\":\"0500\"}]}",
		  "extensions:" },
		/* what Bestow writes itself, and what would make a CA or an OCSP responder */
		{ "{\"extensions\":[{\"oid\":\"2.5.29.19\",\"hex\":\"30030101ff\"}]}",
		  "extensions: 2.5.29.19" },
		{ "{\"extensions\":[{\"oid\":\"2.5.29.37\",\"hex\":\"3000\"}]}", "extensions:" },
		{ "{\"extensions\":[{\"oid\":\"1.3.6.1.5.5.7.48.1.5\",\"hex\":\"0500\"}]}",
		  "extensions:" },
		{ "{\"not_after\":\"soon\"}", "not_after:" },
		{ "{\"not_after\":4102444800}", "not_after:" },
		{ "{\"not_after\":\"1969-12-31\"}", "not_after:" },
		{ "{\"not_after\":\"never\"}", "renewal.while_valid:" },
		{ "{\"csrattrs\":\"rfc9908\"}", "csrattrs:" },
		{ "{\"validity\":\"a year\"}", "validity:" },
		{ "{\"validity\":-1}", "validity:" },
		{ "{\"validity\":1.5}", "validity:" },
		{ "{\"validity\":\"30d\\u0000\"}", "validity:" },
		{ "{\"validity\":\"never\"}", "validity:" },
		{ "{\"validity\":99999999999999}", "validity:" },
		{ "{\"renewal\":{\"closes_after\":-1}}", "renewal.closes_after:" },
		{ "{\"renewal\":{\"opens_before\":\"never\"}}", "renewal.opens_before:" },
		{ "{\"renewal\":{\"opens\":\"1d\"}}", "renewal.opens:" },
		{ "{\"renewal\":{\"change_subject\":null,\"key\":\"old\"}}", "renewal.key:" },
		{ "{\"approval\":{\"hold\":\"all\"}}", "approval.hold:" },
		{ "{\"auth\":\"either\",\"serverkeygen\":true,\"approval\":{\"hold\":"
		  "\"enrollments\"}}",
		  "approval.hold:" },
		{ "{\"approval\":{\"without_credentials\":true}}",
		  "approval.without_credentials:" },
		{ "{\"approval\":{\"retry_after\":\"59s\"}}", "approval.retry_after:" },
		{ "{\"approval\":{\"retry_after\":\"49h\"}}", "approval.retry_after:" },
		{ "{\"approval\":{\"retry_after\":\"1h\",\"expires_after\":\"90m\"}}",
		  "approval.expires_after:" },
		{ "{\"approval\":{\"expires_after\":\"91d\"}}", "approval.expires_after:" },
		{ "{\"approval\":{\"waiting_max\":0}}", "approval.waiting_max" },
		{ "{\"approval\":{\"waiting_max\":5,\"waiting_max_per_address\":6}}",
		  "approval.waiting_max_per_address" },
		{ "{\"name\":\"Changed\",\"binding\":\"never\"}", "binding:" },
	};
	CLEANUP(profile_freep) struct profile *profile = make();
	CLEANUP(freep) char *before = dump(profile);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(json_freep) json_t *patch = parse(rows[i].patch);
		struct error err;
		EXPECT_REFUSED(profile_apply_json(profile, patch, &err), err, REASON_INVALID);
		if (strncmp(err.detail, rows[i].path, strlen(rows[i].path)) != 0)
			fail_msg("%s: \"%s\" does not begin with \"%s\"", rows[i].patch, err.detail,
				 rows[i].path);
		CLEANUP(freep) char *after = dump(profile);
		assert_string_equal(after, before);
	}
}

TEST(a_hostile_member_name_is_cut_and_tamed)
{
	CLEANUP(profile_freep) struct profile *profile = make();
	char text[400];
	struct error err;

	snprintf(text, sizeof text, "{\"\\n%0300d\":1}", 0);
	CLEANUP(json_freep) json_t *patch = parse(text);
	EXPECT_REFUSED(profile_apply_json(profile, patch, &err), err, REASON_INVALID);
	assert_null(strchr(err.detail, '\n'));
}

TEST(a_stored_profile_that_says_more_than_we_know_is_refused)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"{\"template\":null,\"name\":\"a\"}",
		"{\"template\":\"blank\",\"name\":\"a\"}",
		"{\"template\":\"generic-device\"}",
		"{\"template\":\"generic-device\",\"name\":\"a\",\"quota\":7}",
		"{\"template\":\"generic-device\",\"name\":\"a\",\"auth\":null}",
		"{\"template\":\"generic-device\",\"name\":\"a\",\"oid\":\"x\"}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(json_freep) json_t *json = parse(texts[i]);
		struct profile *profile = NULL;
		struct error err;
		EXPECT_REFUSED(profile_from_json(json, &profile, &err), err, REASON_INVALID);
		assert_null(profile);
	}
}

TEST(a_profile_of_the_previous_release_has_defaults_for_what_is_new)
{
	CLEANUP(json_freep)
	json_t *json = parse("{\"template\":\"generic-device\",\"name\":\"a\",\"id\":5,\"state\":"
			     "\"suspended\"}");
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct error err = { 0 };

	EXPECT_OK(profile_from_json(json, &profile, &err), err);
	assert_int_equal(profile->id, 5);
	assert_int_equal(profile->state, PROFILE_SUSPENDED);
	assert_int_equal(profile->auth, AUTH_TLS_CERTIFICATE);
	assert_int_equal(profile->validity_seconds, 365 * 86400);
}

/* Every member set to what is not its default. */
static const char everything[] =
	"{\"ca_id\":3,\"name\":\"K\\u00f6ln\",\"aliases\":[\"a\",\"b/c\"],"
	"\"template\":\"generic-device\",\"auth\":\"either\",\"challenge_password\":\"ignored\","
	"\"binding\":\"required\",\"identity\":\"any\",\"strict_encoding\":true,"
	"\"devices\":{\"admit\":\"registered\",\"code_tries\":3},\"certificates_per_subject\":2,"
	"\"subject\":[{\"attribute\":\"O\",\"source\":\"fixed\",\"from\":null,\"value\":\"Acme\","
	"\"pattern\":null},"
	"{\"attribute\":\"CN\",\"source\":\"client-certificate\",\"from\":\"serialNumber\","
	"\"value\":null,"
	"\"pattern\":\"dev-[0-9]+\"}],"
	"\"subject_unlisted\":\"refuse\","
	"\"san\":{\"dns\":{\"source\":\"required\",\"value\":null,\"from\":null,\"pattern\":\".*\","
	"\"wildcard\":true},"
	"\"ip\":{\"source\":\"dropped\",\"value\":null,\"from\":null,\"pattern\":\"10.0.0.1, "
	"2001:db8::/32\"},"
	"\"email\":{\"source\":\"client-certificate\",\"value\":null,\"from\":\"hwSerialNum\","
	"\"pattern\":\"a\"},"
	"\"uri\":{\"source\":\"fixed\",\"value\":\"urn:a\",\"from\":null,\"pattern\":\"b\"},"
	"\"hardware_module\":{\"source\":\"ra\",\"value\":null,\"from\":null,\"pattern\":\"c\"},"
	"\"registered_id\":{\"source\":\"dropped\",\"value\":null,\"from\":null,\"pattern\":\"d\"}}"
	","
	"\"extension_unlisted\":\"refuse\","
	"\"key\":{\"types\":[\"p256\",\"ed25519\"],\"rsa_bits_min\":3072,\"rsa_bits_max\":3072,"
	"\"reuse\":\"never\"},"
	"\"key_usage\":[\"digitalSignature\",\"keyAgreement\"],\"key_usage_critical\":false,"
	"\"ext_key_usage_critical\":true,"
	"\"policies\":[{\"oid\":\"1.2.3\",\"cps\":null},"
	"{\"oid\":\"1.2.4\",\"cps\":\"http://pki.example/cps\"}],"
	"\"cdp\":{\"source\":\"urls\",\"urls\":[\"http://pki.example/a.crl\"]},"
	"\"aia\":{\"source\":\"urls\",\"ca_issuers\":[\"http://pki.example/a.cer\"],"
	"\"ocsp\":[\"http://ocsp.example/\",\"http://ocsp2.example/\"]},"
	"\"extensions\":[{\"oid\":\"1.3.6.1.4.1.99999.1\",\"critical\":true,\"hex\":\"0500\"}],"
	"\"not_after\":\"2099-12-31T23:59:59Z\",\"csrattrs\":\"both\","
	"\"ext_key_usage\":[\"clientAuth\",\"1.2.3.4\",\"emailProtection\"],"
	"\"signature\":\"ecdsa-sha384\",\"validity\":\"90m\",\"backdate\":\"0s\","
	"\"include_chain\":true,\"repeat_answer\":\"0s\","
	"\"renewal\":{\"while_valid\":\"any-time\",\"after_expiry\":\"in-window\","
	"\"opens_before\":\"12h\",\"closes_after\":\"never\",\"key\":\"new\","
	"\"old_certificate\":\"revoked-later\",\"old_certificate_after\":\"1d\","
	"\"own_certificate_on_enroll\":\"refused\",\"change_subject\":true,"
	"\"per_minute\":7},"
	"\"approval\":{\"hold\":\"enrollments-and-renewals\",\"without_credentials\":true,"
	"\"retry_after\":\"1m\",\"expires_after\":\"1h\",\"waiting_max\":5,"
	"\"waiting_max_per_address\":4},\"serverkeygen\":false,\"fullcmc\":true}";

TEST(every_member_is_written_as_it_is_read)
{
	CLEANUP(profile_freep) struct profile *profile = make();
	CLEANUP(json_freep) json_t *wanted = parse(everything);
	const char *name;
	json_t *value;

	apply(profile, everything);
	CLEANUP(json_freep) json_t *got = profile_to_json(profile);
	json_object_foreach(wanted, name, value)
	{
		if (!json_equal(value, json_object_get(got, name)))
			fail_msg("%s differs", name);
	}
	assert_int_equal(json_object_size(got), json_object_size(wanted) + 5);
}

TEST(a_whole_profile_comes_back_as_it_was)
{
	CLEANUP(profile_freep) struct profile *profile = make();
	CLEANUP(profile_freep) struct profile *back = NULL;
	struct error err = { 0 };

	apply(profile, everything);
	profile->id = 7;
	profile->account_id = INT64_MAX;
	profile->version = 12;
	profile->state = PROFILE_SUSPENDED;
	profile->oid = strdup("2.25.1");
	CLEANUP(json_freep) json_t *json = profile_to_json(profile);
	EXPECT_OK(profile_from_json(json, &back, &err), err);
	CLEANUP(freep) char *one = dump(profile);
	CLEANUP(freep) char *other = dump(back);
	assert_string_equal(one, other);
	assert_int_equal(back->account_id, INT64_MAX);
}

TEST(null_puts_the_default_back)
{
	CLEANUP(profile_freep) struct profile *profile = make();
	CLEANUP(freep) char *before = dump(profile);

	apply(profile, everything);
	apply(profile,
	      "{\"template\":\"client-authentication\",\"ca_id\":null,\"name\":\"Sensors\","
	      "\"aliases\":null,\"auth\":null,\"challenge_password\":null,\"binding\":null,"
	      "\"identity\":null,\"strict_encoding\":null,\"subject\":null,"
	      "\"subject_unlisted\":null,\"san\":null,\"extension_unlisted\":null,"
	      "\"key\":null,\"key_usage\":null,\"ext_key_usage\":null,\"signature\":null,"
	      "\"validity\":null,\"backdate\":null,\"include_chain\":null,\"repeat_answer\":null,"
	      "\"key_usage_critical\":null,\"ext_key_usage_critical\":null,\"policies\":null,"
	      "\"cdp\":null,\"aia\":null,\"extensions\":null,\"not_after\":null,\"csrattrs\":null,"
	      "\"renewal\":null,\"approval\":null,\"devices\":null,\"certificates_per_subject\":"
	      "null,\"serverkeygen\":null,\"fullcmc\":null}");
	CLEANUP(freep) char *after = dump(profile);
	assert_string_equal(after, before);
}

TEST(a_patch_leaves_what_it_does_not_name)
{
	CLEANUP(profile_freep) struct profile *profile = make();

	apply(profile, "{\"renewal\":{\"opens_before\":604800}}");
	assert_int_equal(profile->window_opens_seconds, 604800);
	assert_int_equal(profile->renew_valid, RENEW_VALID_IN_WINDOW);
	apply(profile, "{\"san\":{\"dns\":{\"pattern\":\"a\"}}}");
	apply(profile, "{\"san\":{\"uri\":{\"source\":\"refused\"}}}");
	assert_string_equal(profile->san_rules[SAN_DNS].pattern, "a");
	apply(profile, "{\"san\":{\"dns\":{\"pattern\":null}}}");
	assert_null(profile->san_rules[SAN_DNS].pattern);
	assert_int_equal(profile->san_rules[SAN_URI].source, SAN_REFUSED);
	apply(profile, "{}");
	assert_string_equal(profile->name, "Sensors");
}

TEST(changing_the_template_changes_no_other_field)
{
	CLEANUP(profile_freep) struct profile *profile = make();

	apply(profile, "{\"template\":\"generic-device\"}");
	assert_int_equal(profile->template, TEMPLATE_GENERIC_DEVICE);
	assert_int_equal(profile->auth, AUTH_PASSPHRASE);
	apply(profile, "{\"auth\":null}");
	assert_int_equal(profile->auth, AUTH_TLS_CERTIFICATE);
}

TEST_MAIN(RUN(a_patch_that_is_refused_changes_nothing_and_names_the_member),
	  RUN(a_hostile_member_name_is_cut_and_tamed),
	  RUN(a_stored_profile_that_says_more_than_we_know_is_refused),
	  RUN(a_profile_of_the_previous_release_has_defaults_for_what_is_new),
	  RUN(every_member_is_written_as_it_is_read), RUN(a_whole_profile_comes_back_as_it_was),
	  RUN(null_puts_the_default_back), RUN(a_patch_leaves_what_it_does_not_name),
	  RUN(changing_the_template_changes_no_other_field))
