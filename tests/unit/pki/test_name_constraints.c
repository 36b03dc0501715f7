#include "cert_maker.h"

#include <time.h>

#include "pki/name_constraints.h"
#include "pki/name_match.h"

static struct error err;
static struct private_key *key;

static int make_key(void **state)
{
	(void)state;
	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &err), err);
	return 0;
}

static int free_key(void **state)
{
	(void)state;
	private_key_free(key);
	return 0;
}

/* -- two certificates -- */

enum { PERMITTED = 0xa0, EXCLUDED = 0xa1 };

static void write_subtrees(struct buffer *to, unsigned int kind, unsigned int tag,
			   struct bytes base)
{
	CLEANUP(buffer_done) struct buffer subtree = { 0 };
	CLEANUP(buffer_done) struct buffer list = { 0 };

	der_write(&subtree, tag, base);
	der_write(&list, DER_SEQUENCE, buffer_view(&subtree));
	der_write(to, kind, buffer_view(&list));
}

static struct cert *make_ca(struct bytes constraints)
{
	struct maker maker = { .subject = "CN=CA", .key = key };

	maker_ca(&maker, -1);
	maker_extension(&maker, oid_name_constraints, true, constraints);
	return maker_parse(&maker);
}

/* A CA with one constraint. */
static struct cert *ca_with(unsigned int kind, unsigned int tag, struct bytes base)
{
	CLEANUP(buffer_done) struct buffer subtrees = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };

	write_subtrees(&subtrees, kind, tag, base);
	der_write(&value, DER_SEQUENCE, buffer_view(&subtrees));
	return make_ca(buffer_view(&value));
}

/* A device with one SAN. */
static struct cert *device_with(const char *subject, unsigned int tag, struct bytes name)
{
	CLEANUP(buffer_done) struct buffer names = { 0 };
	struct maker maker = { .subject = subject, .issuer = "CN=CA", .key = key };

	if (tag) {
		maker_general_name(&names, tag, name);
		maker_san(&maker, buffer_view(&names));
	}
	return maker_parse(&maker);
}

static bool is_allowed(const struct cert *ca, const struct cert *cert)
{
	unsigned int work = NAME_CONSTRAINTS_WORK_MAX;

	err = (struct error){ 0 };
	bool allowed = name_constraints_check(ca, cert, &work, &err);
	assert_int_equal(err.reason, allowed ? REASON_NONE : REASON_CLIENT_CERT_INVALID);
	return allowed;
}

static void expect(bool allowed, unsigned int kind, unsigned int tag, struct bytes base,
		   struct bytes name)
{
	CLEANUP(cert_freep) struct cert *ca = ca_with(kind, tag, base);
	CLEANUP(cert_freep) struct cert *cert = device_with("CN=device", tag, name);

	if (is_allowed(ca, cert) != allowed)
		fail_msg("%.*s under %s %.*s: %s", (int)name.len, (const char *)name.data,
			 kind == PERMITTED ? "permitted" : "excluded", (int)base.len,
			 (const char *)base.data, err.detail);
}

static void expect_text(bool allowed, unsigned int kind, unsigned int tag, const char *base,
			const char *name)
{
	expect(allowed, kind, tag, bytes_of_string(base), bytes_of_string(name));
}

/* -- forms -- */

TEST(cl_11_dns)
{
	const unsigned int dns = GENERAL_NAME_DNS;

	expect_text(false, PERMITTED, dns, "example.com", "other.org");
	expect_text(false, PERMITTED, dns, "example.com", "notexample.com");
	expect_text(false, PERMITTED, dns, "example.com", "example.com.evil.org");
	expect_text(false, PERMITTED, dns, ".example.com", "example.com");
	expect_text(false, PERMITTED, dns, "a.example.com", "example.com");
	expect_text(true, PERMITTED, dns, "example.com", "example.com");
	expect_text(true, PERMITTED, dns, "example.com", "a.b.EXAMPLE.com");
	expect_text(true, PERMITTED, dns, ".example.com", "a.example.com");
	expect_text(true, PERMITTED, dns, "", "anything.org");
	expect_text(true, PERMITTED, dns, "example.com", "*.example.com");

	expect_text(false, EXCLUDED, dns, "example.com", "a.example.com");
	expect_text(false, EXCLUDED, dns, "example.com", "A.Example.COM");
	expect_text(false, EXCLUDED, dns, "", "anything.org");
	expect_text(false, EXCLUDED, dns, "a.example.com", "*.example.com");
	expect_text(false, EXCLUDED, dns, ".a.example.com", "*.example.com");
	expect_text(true, EXCLUDED, dns, "example.com", "example.org");
	expect_text(true, EXCLUDED, dns, "b.example.com", "*.a.example.com");
}

TEST(cl_11_email)
{
	const unsigned int email = GENERAL_NAME_EMAIL;

	expect_text(false, PERMITTED, email, "example.com", "a@other.org");
	expect_text(false, PERMITTED, email, "example.com", "a@b.example.com");
	expect_text(false, PERMITTED, email, ".example.com", "a@example.com");
	expect_text(false, PERMITTED, email, "a@example.com", "b@example.com");
	expect_text(false, PERMITTED, email, "a@example.com", "A@example.com");
	expect_text(false, PERMITTED, email, "example.com", "no-mailbox");
	expect_text(true, PERMITTED, email, "example.com", "a@EXAMPLE.com");
	expect_text(true, PERMITTED, email, ".example.com", "a@b.example.com");
	expect_text(true, PERMITTED, email, "a@example.com", "a@Example.com");
	expect_text(false, EXCLUDED, email, "example.com", "a@example.com");
	expect_text(true, EXCLUDED, email, "example.com", "a@b.example.com");
}

TEST(cl_11_uri)
{
	const unsigned int uri = GENERAL_NAME_URI;

	expect_text(false, PERMITTED, uri, "example.com", "https://other.org/example.com");
	expect_text(false, PERMITTED, uri, "example.com", "https://example.com@other.org/");
	expect_text(false, PERMITTED, uri, "example.com", "https://a.example.com/");
	expect_text(false, PERMITTED, uri, "example.com", "urn:example.com");
	expect_text(false, PERMITTED, uri, "example.com", "https://192.0.2.1/");
	expect_text(false, PERMITTED, uri, "example.com", "https://[2001:db8::1]/");
	expect_text(false, PERMITTED, uri, "example.com", "https:///path");
	expect_text(true, PERMITTED, uri, "example.com", "https://u:p@EXAMPLE.com:8443/a?b#c");
	expect_text(true, PERMITTED, uri, ".example.com", "https://a.example.com");
	expect_text(false, EXCLUDED, uri, "example.com", "https://example.com/");
	expect_text(false, EXCLUDED, uri, "example.com", "https://192.0.2.1/");
	expect_text(true, EXCLUDED, uri, "example.com", "https://other.org/");
}

TEST(cl_11_ip)
{
	const unsigned int ip = GENERAL_NAME_IP;
	const struct bytes net = BYTES_LITERAL("\xc0\x00\x02\x00\xff\xff\xff\x00");
	const struct bytes all_v4 = BYTES_LITERAL("\0\0\0\0\0\0\0\0");
	const struct bytes inside = BYTES_LITERAL("\xc0\x00\x02\x07");
	const struct bytes outside = BYTES_LITERAL("\xc0\x00\x03\x07");
	const struct bytes v6 = BYTES_LITERAL("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");

	expect(false, PERMITTED, ip, net, outside);
	expect(false, PERMITTED, ip, net, v6);
	expect(false, PERMITTED, ip, net, BYTES_LITERAL("\xc0\x00\x02"));
	expect(true, PERMITTED, ip, net, inside);
	expect(false, EXCLUDED, ip, net, inside);
	expect(false, EXCLUDED, ip, all_v4, inside);
	expect(true, EXCLUDED, ip, net, outside);
	expect(true, EXCLUDED, ip, all_v4, v6);
	/* no mask, and a length that is none */
	expect(false, EXCLUDED, ip, BYTES_LITERAL("\xc0\x00\x02\x00\xff\x00\xff\x00"), outside);
	expect(false, EXCLUDED, ip, BYTES_LITERAL("\xc0\x00\x02\x00"), outside);
}

static void expect_subject(bool allowed, unsigned int kind, const char *base_text,
			   const char *subject)
{
	CLEANUP(buffer_done) struct buffer base = { 0 };
	if (base_text[0])
		maker_write_name(&base, base_text);
	else
		der_write(&base, DER_SEQUENCE, (struct bytes){ 0 });
	CLEANUP(cert_freep)
	struct cert *ca = ca_with(kind, GENERAL_NAME_DIRECTORY, buffer_view(&base));
	CLEANUP(cert_freep) struct cert *cert = device_with(subject, 0, (struct bytes){ 0 });

	if (is_allowed(ca, cert) != allowed)
		fail_msg("%s under %s: %s", subject, base_text, err.detail);
}

TEST(cl_11_directory_names)
{
	expect_subject(false, PERMITTED, "O=Acme", "O=Other,CN=device");
	expect_subject(false, PERMITTED, "O=Acme", "CN=device,O=Acme");
	expect_subject(false, PERMITTED, "O=Acme,OU=A", "O=Acme");
	expect_subject(false, PERMITTED, "O=Acme", "O=Acme+OU=sorts behind,CN=device");
	expect_subject(true, PERMITTED, "O=Acme", "O=Acme,CN=device");
	expect_subject(true, PERMITTED, "O=Acme", "O= acme ,CN=device");
	expect_subject(true, PERMITTED, "", "O=Other,CN=device");
	expect_subject(false, EXCLUDED, "O=Acme", "O=ACME,CN=device");
	expect_subject(false, EXCLUDED, "", "CN=device");
	expect_subject(true, EXCLUDED, "O=Acme", "O=Other,CN=device");
}

static void expect_in_subject(bool allowed, unsigned int kind, unsigned int tag, const char *base,
			      const char *subject)
{
	CLEANUP(cert_freep) struct cert *ca = ca_with(kind, tag, bytes_of_string(base));
	CLEANUP(cert_freep) struct cert *cert = device_with(subject, 0, (struct bytes){ 0 });

	if (is_allowed(ca, cert) != allowed)
		fail_msg("%s under %s: %s", subject, base, err.detail);
}

TEST(cl_11_names_hidden_in_the_subject)
{
	expect_in_subject(false, PERMITTED, GENERAL_NAME_DNS, "example.com", "CN=other.org");
	expect_in_subject(false, EXCLUDED, GENERAL_NAME_DNS, "example.com", "CN=a.example.com");
	expect_in_subject(false, EXCLUDED, GENERAL_NAME_DNS, "example.com",
			  "CN=harmless,CN=a.example.com");
	expect_in_subject(true, PERMITTED, GENERAL_NAME_DNS, "example.com", "CN=a.example.com");
	expect_in_subject(true, PERMITTED, GENERAL_NAME_DNS, "example.com", "CN=device 1.0");
	expect_in_subject(true, PERMITTED, GENERAL_NAME_DNS, "example.com", "CN=device-1");
	expect_in_subject(false, PERMITTED, GENERAL_NAME_EMAIL, "example.com",
			  "CN=x,emailAddress=a@other.org");
	expect_in_subject(false, EXCLUDED, GENERAL_NAME_EMAIL, "example.com",
			  "CN=x,emailAddress=a@example.com");
	expect_in_subject(true, PERMITTED, GENERAL_NAME_EMAIL, "example.com",
			  "CN=x,emailAddress=a@example.com");
}

/* A constraint on one form says nothing about others; on a form that nobody here reads it says no
 * to every name of that form. */
TEST(cl_11_forms_apart)
{
	const unsigned int registered_id = 0x88;
	const struct bytes id = BYTES_LITERAL("\x2a\x03");
	CLEANUP(cert_freep)
	struct cert *only_dns = ca_with(PERMITTED, GENERAL_NAME_DNS, BYTES_LITERAL("example.com"));
	CLEANUP(cert_freep) struct cert *only_id = ca_with(PERMITTED, registered_id, id);
	CLEANUP(cert_freep)
	struct cert *by_ip = device_with("CN=x", GENERAL_NAME_IP, BYTES_LITERAL("\1\2\3\4"));
	CLEANUP(cert_freep) struct cert *by_id = device_with("CN=x", registered_id, id);

	assert_true(is_allowed(only_dns, by_ip));
	assert_true(is_allowed(only_id, by_ip));
	assert_false(is_allowed(only_id, by_id));
}

TEST(malformed_constraints_refuse)
{
	static const struct bytes malformed[] = {
		BYTES_LITERAL("\x04\x01x"),                /* no SEQUENCE */
		BYTES_LITERAL("\x30\x02\xa2\x00"),         /* [2] */
		BYTES_LITERAL("\x30\x04\xa1\x00\xa0\x00"), /* the wrong order */
		BYTES_LITERAL("\x30\x04\xa0\x02\x30\x00"), /* an empty subtree */
		BYTES_LITERAL("\x30\x09\xa0\x07\x30\x05\x82\x00\x80\x01\x01"), /* minimum 1 */
		BYTES_LITERAL("\x30\x02\xa0\x05"),                             /* cut off */
	};
	CLEANUP(cert_freep) struct cert *cert = device_with("CN=x", 0, (struct bytes){ 0 });

	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		CLEANUP(cert_freep) struct cert *ca = make_ca(malformed[i]);

		assert_false(is_allowed(ca, cert));
	}
}

TEST(a_broken_san_under_constraints_is_refused)
{
	CLEANUP(cert_freep)
	struct cert *ca = ca_with(EXCLUDED, GENERAL_NAME_DNS, BYTES_LITERAL("example.com"));
	struct maker maker = { .subject = "CN=x", .issuer = "CN=CA", .key = key };

	maker_extension(&maker, oid_subject_alt_name, false, BYTES_LITERAL("\x30\x02\x82\x05"));
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);
	assert_false(is_allowed(ca, cert));
}

/* CL-28: 2,000 constraints of each costly kind against as many SANs as parse. */
static void expect_cheap(unsigned int tag, struct bytes base, struct bytes name)
{
	CLEANUP(buffer_done) struct buffer subtree = { 0 };
	CLEANUP(buffer_done) struct buffer subtrees = { 0 };
	CLEANUP(buffer_done) struct buffer list = { 0 };
	CLEANUP(buffer_done) struct buffer value = { 0 };
	CLEANUP(buffer_done) struct buffer names = { 0 };
	struct maker maker = { .subject = "CN=x", .issuer = "CN=CA", .key = key };
	struct timespec begun, ended;

	der_write(&subtree, tag, base);
	for (int i = 0; i < 2000; i++)
		der_write(&subtrees, DER_SEQUENCE, buffer_view(&subtree));
	der_write(&list, EXCLUDED, buffer_view(&subtrees));
	der_write(&value, DER_SEQUENCE, buffer_view(&list));
	for (int i = 0; i < SAN_ENTRIES_MAX; i++)
		maker_general_name(&names, tag, name);
	maker_san(&maker, buffer_view(&names));
	CLEANUP(cert_freep) struct cert *ca = make_ca(buffer_view(&value));
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begun);
	assert_false(is_allowed(ca, cert));
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ended);
	assert_non_null(strstr(err.detail, "too many"));
	assert_true((ended.tv_sec - begun.tv_sec) * 1000 +
			    (ended.tv_nsec - begun.tv_nsec) / 1000000 <
		    20);
}

TEST(cl_28_many_constraints_and_many_names)
{
	CLEANUP(buffer_done) struct buffer base = { 0 };
	CLEANUP(buffer_done) struct buffer name = { 0 };

	expect_cheap(GENERAL_NAME_DNS, BYTES_LITERAL("a.example.com"),
		     BYTES_LITERAL("b.example.com"));
	maker_write_name(&base, "O=A");
	maker_write_name(&name, "O=B");
	expect_cheap(GENERAL_NAME_DIRECTORY, buffer_view(&base), buffer_view(&name));
}

TEST(no_constraints_no_questions)
{
	struct maker maker = { .subject = "CN=CA", .key = key };
	maker_ca(&maker, -1);
	CLEANUP(cert_freep) struct cert *ca = maker_parse(&maker);
	CLEANUP(cert_freep) struct cert *cert = device_with("CN=x", 0, (struct bytes){ 0 });

	assert_true(is_allowed(ca, cert));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(cl_11_dns),
		RUN(cl_11_email),
		RUN(cl_11_uri),
		RUN(cl_11_ip),
		RUN(cl_11_directory_names),
		RUN(cl_11_names_hidden_in_the_subject),
		RUN(cl_11_forms_apart),
		RUN(malformed_constraints_refuse),
		RUN(a_broken_san_under_constraints_is_refused),
		RUN(cl_28_many_constraints_and_many_names),
		RUN(no_constraints_no_questions),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
