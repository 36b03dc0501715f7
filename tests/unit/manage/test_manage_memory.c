/* wrap: malloc calloc realloc */
/* Operators' verbs while memory runs out: each request is answered or refused as a whole. */
#include "manage_fixture.h"
#include "pki/starvation.h"

#define ROUNDS_MAX 20000

static struct fixture fixture;
static const char *request;

/* True when the verb was done, now or in a round whose answer could not be written any more. */
static bool answer(void)
{
	struct buffer reply = { 0 };

	manage_answer(&fixture.manage, "operator:test", bytes_of_string(request), &reply);

	bool refused = !buffer_ok(&reply) || (memmem(reply.data, reply.len, "{\"error\"", 8) &&
					      !memmem(reply.data, reply.len, "\"conflict\"", 10));
	/* never a half: what was begun is a whole answer */
	if (buffer_ok(&reply))
		assert_int_equal(reply.data[reply.len - 1], '}');
	buffer_wipe(&reply);
	return !refused;
}

/* Not jansson's: its reader (2.14) frees wrongly when it runs out itself. */
static void starve_request(const char *text)
{
	request = text;
	starve(answer, ROUNDS_MAX);
}

static void begin(void)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_profile(&fixture, NULL, "sensors", "root");
	do_verb(&fixture, NULL, "trust.add", json_pack("{s:s}", "ca", "root"));
	do_verb(&fixture, NULL, "allow.add", json_pack("{s:[s]}", "texts", "192.0.2.1"));
}

TEST(reading_without_memory)
{
	begin();
	starve_request("{\"verb\": \"status\"}");
	starve_request("{\"verb\": \"account.list\"}");
	starve_request("{\"verb\": \"ca.list\"}");
	starve_request(
		"{\"verb\": \"ca.export\", \"params\": {\"name\": \"root\", \"chain\": true}}");
	starve_request("{\"verb\": \"profile.show\", \"params\": {\"name\": \"sensors\"}}");
	starve_request("{\"verb\": \"profile.list\"}");
	starve_request("{\"verb\": \"trust.list\"}");
	starve_request("{\"verb\": \"allow.list\"}");
	starve_request("{\"verb\": \"cert.list\", \"params\": {\"state\": \"valid\"}}");
	starve_request("{\"verb\": \"audit.list\"}");
	starve_request("{\"verb\": \"node.show\"}");
	fixture_close(&fixture);
}

/* A change is there once or not at all, and the audit log stays whole. */
TEST(v6_changing_without_memory)
{
	begin();
	starve_request("{\"verb\": \"account.create\", \"params\": {\"name\": \"two\"}}");
	starve_request("{\"verb\": \"profile.set\", \"account\": \"one\", \"params\": {\"name\": "
		       "\"sensors\", \"patch\": {\"validity\": \"90d\"}}}");
	starve_request(
		"{\"verb\": \"profile.create\", \"account\": \"one\", \"params\": {\"name\": "
		"\"more\", \"template\": \"generic-device\", \"ca\": \"root\", \"aliases\": "
		"[\"more\"]}}");
	starve_request("{\"verb\": \"profile.passphrase\", \"account\": \"one\", \"params\": "
		       "{\"name\": \"sensors\", \"generate\": true}}");
	starve_request("{\"verb\": \"allow.add\", \"account\": \"one\", \"params\": {\"texts\": "
		       "[\"cidr 198.51.100.0/24\", \"2001:db8::/32\"]}}");
	starve_request("{\"verb\": \"ca.retire\", \"account\": \"one\", \"params\": {\"name\": "
		       "\"root\", \"confirm\": \"root\"}}");

	json_t *accounts = expect_result(ask(&fixture, NULL, "account.list", NULL));
	json_t *profiles = expect_result(ask(&fixture, "one", "profile.list", NULL));
	assert_int_equal(json_array_size(at(accounts, "accounts")), 2);
	assert_int_equal(json_array_size(at(profiles, "profiles")), 2);
	json_decref(accounts);
	json_decref(profiles);
	do_verb(&fixture, NULL, "audit.verify", NULL);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = { RUN(reading_without_memory),
					    RUN(v6_changing_without_memory) };

	starvation_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
