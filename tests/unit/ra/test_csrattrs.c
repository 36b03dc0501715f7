/* ATT-08: who does what our csrattrs say passes the very profile that they are of. */
#include "pki/csr_attrs.h"
#include "ra/csrattrs.h"

#include "policy/scene.h"

/* -- a client that does what it is told -- */

static const char *value_of(const struct wished_name *name, char into[NAME_VALUE_MAX + 1])
{
	if (!name->value.data)
		return "dev-1";
	snprintf(into, NAME_VALUE_MAX + 1, "%.*s", (int)name->value.len, name->value.data);
	return into;
}

static const char *attribute_of(const struct wished_name *name)
{
	struct csr_attrs attrs;

	for (enum name_attribute a = 0; a < NAME_UNKNOWN; a++) {
		csr_attrs_init(&attrs);
		assert_true(csr_attrs_wish_name(&attrs, a, NULL));
		if (bytes_equal(attrs.subject[0].type, name->type))
			return name_attribute_text(a);
	}
	fail_msg("an attribute that nobody knows is asked for");
	return NULL;
}

/* A client that is told nothing of its subject has a common name and a serial number. */
static void write_subject(const struct csr_attrs *attrs, struct buffer *text)
{
	char value[NAME_VALUE_MAX + 1];

	if (attrs->subject_count == 0)
		buffer_append_text(text, "CN=dev-1,serialNumber=dev-1");
	for (size_t i = 0; i < attrs->subject_count; i++)
		buffer_printf(text, "%s%s=%s", i ? "," : "", attribute_of(&attrs->subject[i]),
			      value_of(&attrs->subject[i], value));
}

static enum test_key key_of(const struct csr_attrs *attrs)
{
	if (attrs->key_type == KEY_RSA)
		return RSA_KEY;
	return attrs->key_type == KEY_ED25519 ? ED25519_KEY : DEVICE_KEY;
}

/* `names` is what the device knows itself by. */
static void ask_as_told(struct scene *scene, const struct csr_attrs *attrs, const char *names)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	struct csr_spec spec = { .key = key_of(attrs) };
	size_t count = 0;

	write_subject(attrs, &subject);
	spec.subject = buffer_cstring(&subject);
	for (size_t i = 0; i < attrs->extension_count; i++) {
		const struct wished_extension *wish = &attrs->extensions[i];

		if (wish->value.data)
			spec.extensions[count++] =
				(struct extension){ wish->oid, wish->critical, wish->value };
		else if (bytes_equal(wish->oid, oid_subject_alt_name))
			spec.san = names;
		else
			fail_msg("a value that no client can know is asked for");
	}
	scene_csr(scene, spec);
}

/* -- the profiles -- */

static void (*const openers[PROFILE_TEMPLATE_COUNT])(struct scene *) = {
	[TEMPLATE_CLIENT_AUTHENTICATION] = scene_enroll_by_passphrase,
	[TEMPLATE_GENERIC_DEVICE] = scene_enroll_by_third_party,
	[TEMPLATE_LDEVID] = scene_enroll_by_third_party,
	[TEMPLATE_TLS_SERVER] = scene_enroll_by_passphrase,
	[TEMPLATE_RA] = scene_enroll_by_ra,
};

static void open_scene(struct scene *scene, enum profile_template template)
{
	struct profile *profile = NULL;
	struct error err;

	openers[template](scene);
	EXPECT_OK(profile_new(template, &profile, &err), err);
	profile->id = scene->profile->id;
	profile->account_id = scene->profile->account_id;
	profile->ca_id = scene->profile->ca_id;
	profile->name = strdup("asked");
	profile_free(scene->profile);
	scene->profile = profile;
}

static void expect_passes(struct scene *scene, const char *names)
{
	for (enum csrattrs_form form = CSRATTRS_LEGACY; form <= CSRATTRS_BOTH; form++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct csr_attrs attrs;
		struct error err;

		scene->profile->csrattrs = form;
		EXPECT_OK(profile_check(scene->profile, &err), err);
		EXPECT_OK(csrattrs_of_profile(scene->profile, &der, &err), err);
		csr_attrs_init(&attrs);
		if (der.len > 0)
			EXPECT_OK(csr_attrs_parse(buffer_view(&der), &attrs, &err), err);
		ask_as_told(scene, &attrs, names);
		EXPECT_ALLOWED(*scene);
	}
}

TEST(att_08_every_template_takes_what_it_asks_for)
{
	for (enum profile_template t = 0; t < PROFILE_TEMPLATE_COUNT; t++) {
		struct scene scene;

		open_scene(&scene, t);
		expect_passes(&scene, "dns:dev-1");
		scene.profile->extension_unlisted = UNLISTED_REFUSE;
		scene.profile->subject_unlisted = UNLISTED_DROP;
		expect_passes(&scene, "dns:dev-1");
		scene_close(&scene);
	}
}

TEST(att_08_every_type_of_key_alone_is_asked_for)
{
	for (enum profile_template t = 0; t < PROFILE_TEMPLATE_COUNT; t++) {
		static const enum key_type types[] = { KEY_RSA, KEY_P256, KEY_ED25519 };
		struct scene scene;

		open_scene(&scene, t);
		for (size_t i = 0; i < ARRAY_LEN(types); i++) {
			memset(scene.profile->key_allowed, 0, sizeof scene.profile->key_allowed);
			scene.profile->key_allowed[types[i]] = true;
			expect_passes(&scene, "dns:dev-1");
		}
		scene_close(&scene);
	}
}

TEST(att_08_required_names_and_fixed_values_are_asked_for)
{
	struct scene scene;

	open_scene(&scene, TEMPLATE_CLIENT_AUTHENTICATION);
	for (enum san_type type = 0; type < SAN_TYPE_COUNT; type++)
		scene.profile->san_rules[type].source = SAN_FROM_CSR_REQUIRED;
	scene.profile->subject_rules[3].source = SUBJECT_FIXED;
	scene.profile->subject_rules[3].value = strdup("Acme");
	scene.profile->subject_rules[6].source = SUBJECT_CSR_REQUIRED;
	scene.profile->subject_unlisted = UNLISTED_REFUSE;
	expect_passes(&scene, "dns:dev-1,ip:192.0.2.1,email:a@acme.example,uri:urn:dev:1,"
			      "hardware_module:1.2.3:00,registered_id:1.2.3");
	scene_close(&scene);
}

/* A fixed value that no certificate of the device vouches for is ours to write, not its to ask. */
TEST(att_08_a_fixed_name_is_not_put_into_a_device_s_mouth)
{
	struct scene scene;

	open_scene(&scene, TEMPLATE_GENERIC_DEVICE);
	scene.profile->subject_rules[5].source = SUBJECT_CSR_OPTIONAL;
	scene.profile->subject_rules[6].source = SUBJECT_FIXED;
	scene.profile->subject_rules[6].value = strdup("of-all-of-us");
	expect_passes(&scene, NULL);
	scene_close(&scene);
}

TEST(pop_02_a_binding_that_is_required_is_asked_for)
{
	struct scene scene;

	open_scene(&scene, TEMPLATE_CLIENT_AUTHENTICATION);
	scene.profile->binding = BINDING_REQUIRED;
	for (enum csrattrs_form form = CSRATTRS_LEGACY; form <= CSRATTRS_BOTH; form++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct csr_attrs attrs;
		struct error err;

		scene.profile->csrattrs = form;
		EXPECT_OK(csrattrs_of_profile(scene.profile, &der, &err), err);
		EXPECT_OK(csr_attrs_parse(buffer_view(&der), &attrs, &err), err);
		assert_true(attrs.challenge_password);
	}
	scene_close(&scene);
}

TEST(att_01_a_profile_that_wants_nothing_says_nothing)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct scene scene;
	struct error err;

	open_scene(&scene, TEMPLATE_CLIENT_AUTHENTICATION);
	EXPECT_OK(csrattrs_of_profile(scene.profile, &der, &err), err);
	assert_int_equal(der.len, 0);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(att_08_every_template_takes_what_it_asks_for),
		 RUN(att_08_every_type_of_key_alone_is_asked_for),
		 RUN(att_08_required_names_and_fixed_values_are_asked_for),
		 RUN(att_08_a_fixed_name_is_not_put_into_a_device_s_mouth),
		 RUN(pop_02_a_binding_that_is_required_is_asked_for),
		 RUN(att_01_a_profile_that_wants_nothing_says_nothing))
