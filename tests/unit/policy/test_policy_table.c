/* The truth table of policy (CI-02): every combination of what may come together. With the argument
 * "print" each decision becomes a line, for oracle.py to judge; without, a sample is checked for
 * what must hold of any decision. */
#include "scene.h"

#define DIMENSIONS_MAX 12
#define SAMPLE 37 /* prime, so that the sample meets every value of every dimension */

/* -- what stands ready -- */

#define OLD_ENDS NOW
#define OPENS (30 * DAY)
#define CLOSES (10 * DAY)

enum {
	NAMES_SAME,
	NAMES_CASE,
	NAMES_BY_RULES,
	NAMES_OTHER_SUBJECT,
	NAMES_OTHER_SAN,
	NAMES_CHANGED,
	RENEW_NAMES
};
enum { ASK_RIGHT, ASK_OTHER_CN, ASK_OTHER_SAN, ASK_NO_CN, ASKED_NAMES };
enum { EXTENSION_NONE, EXTENSION_CA_DROPPED, EXTENSION_CA_REFUSED, EXTENSION_CRITICAL, EXTENSIONS };
enum { CA_IS_ACTIVE, CA_IS_RETIRED, CA_HAS_ENDED, CA_IS_TO_BEGIN, CAS };
static const enum test_key asked_keys[] = { DEVICE_KEY, RSA_KEY, ED25519_KEY };

struct stock {
	struct cert *device, *proxy, *expired_proxy;
	struct cert *cas[CAS];
	struct csr *plain;
	struct csr *renewals[RENEW_NAMES][2];
	struct csr *enrolls[ASKED_NAMES][ARRAY_LEN(asked_keys)][EXTENSIONS];
};

static struct cert *stock_cert(const char *subject, const char *san, int64_t from, int64_t to)
{
	return make_cert(&(struct cert_spec){ .subject = subject,
					      .san = san,
					      .key = DEVICE_KEY,
					      .not_before = from,
					      .not_after = to });
}

static struct cert *stock_ca(int64_t from, int64_t to)
{
	return make_cert(&(struct cert_spec){ .subject = "CN=CA",
					      .key = CA_KEY,
					      .not_before = from,
					      .not_after = to,
					      .is_ca = true,
					      .path_len = -1 });
}

static void stock_renewals(struct stock *stock)
{
	static const struct csr_spec specs[RENEW_NAMES] = {
		[NAMES_SAME] = { .subject = "CN=dev-1", .san = "dns:dev-1" },
		[NAMES_CASE] = { .subject = "CN=DEV-1", .san = "dns:Dev-1" },
		[NAMES_BY_RULES] = { .subject = "title=King,CN=dev-1",
				     .san = "uri:urn:a,dns:dev-1" },
		[NAMES_OTHER_SUBJECT] = { .subject = "CN=dev-2", .san = "dns:dev-1" },
		[NAMES_OTHER_SAN] = { .subject = "CN=dev-1", .san = "dns:dev-2" },
		[NAMES_CHANGED] = { .subject = "CN=dev-1",
				    .san = "dns:dev-1",
				    .changes = true,
				    .new_subject = "CN=dev-3" },
	};

	for (size_t i = 0; i < RENEW_NAMES; i++)
		for (size_t other = 0; other < 2; other++) {
			struct csr_spec spec = specs[i];

			spec.key = other ? OTHER_KEY : DEVICE_KEY;
			stock->renewals[i][other] = make_csr(&spec);
		}
}

static struct csr *stock_enroll(size_t names, enum test_key key, size_t extension)
{
	static const char *const subjects[ASKED_NAMES] = { "CN=dev-1", "CN=dev-2", "CN=dev-1",
							   "O=Acme" };
	struct csr_spec spec = { .subject = subjects[names], .key = key };

	spec.san = names == ASK_OTHER_SAN ? "dns:dev-2" : "dns:dev-1";
	if (extension == EXTENSION_CA_DROPPED || extension == EXTENSION_CA_REFUSED)
		spec.extensions[0] = (struct extension){ oid_basic_constraints, true,
							 BYTES_LITERAL("\x30\x03\x01\x01\xff") };
	if (extension == EXTENSION_CRITICAL)
		spec.extensions[0] =
			(struct extension){ oid_name_constraints, true, BYTES_LITERAL("\x30\x00") };
	return make_csr(&spec);
}

static void stock_open(struct stock *stock)
{
	stock->device = stock_cert("CN=dev-1", "dns:dev-1", OLD_ENDS - 365 * DAY, OLD_ENDS);
	stock->proxy = stock_cert("CN=proxy-1", NULL, 0, NOW + 40000 * DAY);
	stock->expired_proxy = stock_cert("CN=proxy-1", NULL, 0, 1);
	stock->cas[CA_IS_ACTIVE] = stock_ca(0, NOW + 40000 * DAY);
	stock->cas[CA_IS_RETIRED] = stock_ca(0, NOW + 40000 * DAY);
	stock->cas[CA_HAS_ENDED] = stock_ca(0, NOW - DAY - 1);
	stock->cas[CA_IS_TO_BEGIN] = stock_ca(NOW - DAY + 1, NOW + 40000 * DAY);
	stock->plain = make_csr(
		&(struct csr_spec){ .subject = "CN=dev-1", .san = "dns:dev-1", .key = OTHER_KEY });
	stock_renewals(stock);
	for (size_t names = 0; names < ASKED_NAMES; names++)
		for (size_t key = 0; key < ARRAY_LEN(asked_keys); key++)
			for (size_t extension = 0; extension < EXTENSIONS; extension++)
				stock->enrolls[names][key][extension] =
					stock_enroll(names, asked_keys[key], extension);
}

static void stock_close(struct stock *stock)
{
	struct csr **renewals = &stock->renewals[0][0], **enrolls = &stock->enrolls[0][0][0];

	cert_free(stock->device);
	cert_free(stock->proxy);
	cert_free(stock->expired_proxy);
	for (size_t i = 0; i < CAS; i++)
		cert_free(stock->cas[i]);
	csr_free(stock->plain);
	for (size_t i = 0; i < sizeof stock->renewals / sizeof *renewals; i++)
		csr_free(renewals[i]);
	for (size_t i = 0; i < sizeof stock->enrolls / sizeof *enrolls; i++)
		csr_free(enrolls[i]);
}

/* -- setting a scene; the order of values is oracle.py's too -- */

/* Moments of the certificate that ends at OLD_ENDS. */
static const int64_t moments[] = {
	OLD_ENDS - 365 * DAY - 1, OLD_ENDS - OPENS - 1, OLD_ENDS - OPENS, OLD_ENDS, OLD_ENDS + 1,
	OLD_ENDS + CLOSES,        OLD_ENDS + CLOSES + 1
};

static void set_record(struct certificate *record, unsigned int status, int64_t now)
{
	static const enum certificate_state states[] = { CERTIFICATE_ISSUED, CERTIFICATE_REVOKED,
							 CERTIFICATE_ISSUED, CERTIFICATE_INTENT };
	const int64_t revoked[] = { 0, now, now + 1, 0 };

	record->state = states[status];
	record->revoked_at = revoked[status];
}

static void set_renewed(struct scene *scene, const struct certificate *record,
			const struct cert *cert)
{
	scene->facts.renewed = record;
	scene->facts.renewed_cert = cert;
}

static void show(struct scene *scene, enum identity_kind kind, const struct cert *cert)
{
	bool recorded = kind == IDENTITY_OWN || kind == IDENTITY_RA;

	scene->facts.certificate = (struct certificate_finding){
		.offered = true,
		.kind = kind,
		.cert = cert,
		.anchor = &scene->anchor,
		.record = recorded ? &scene->record : NULL,
		.scope = kind == IDENTITY_RA ? &scene->scope : NULL,
	};
}

enum {
	SHOWS_NONE,
	SHOWS_UNTRUSTED,
	SHOWS_OWN,
	SHOWS_OWN_OF_OTHER,
	SHOWS_THIRD_PARTY,
	SHOWS_RA,
	SHOWS_RA_OF_ALL,
	SHOWS_RA_ELSEWHERE
};

static void show_certificate(struct scene *scene, const struct stock *stock, unsigned int which)
{
	static const enum identity_kind kinds[] = {
		IDENTITY_NONE,        IDENTITY_NONE, IDENTITY_OWN, IDENTITY_OWN,
		IDENTITY_THIRD_PARTY, IDENTITY_RA,   IDENTITY_RA,  IDENTITY_RA,
	};

	scene->record.profile_id = which == SHOWS_OWN ? PROFILE_ID : OTHER_PROFILE_ID;
	scene->scope_profiles[0] = which == SHOWS_RA ? PROFILE_ID : OTHER_PROFILE_ID;
	scene->scope.all_profiles = which == SHOWS_RA_OF_ALL;
	set_renewed(scene, NULL, NULL);
	if (which == SHOWS_NONE) {
		scene->facts.certificate = (struct certificate_finding){ 0 };
		return;
	}
	show(scene, kinds[which], stock->device);
	if (which == SHOWS_UNTRUSTED)
		scene->facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	if (kinds[which] == IDENTITY_OWN)
		set_renewed(scene, &scene->record, stock->device);
	if (kinds[which] == IDENTITY_RA && scene->facts.operation == EST_SIMPLEREENROLL)
		set_renewed(scene, &scene->renewed, stock->device);
}

static void set_passphrase(struct scene *scene, unsigned int which)
{
	scene->facts.passphrase.offered = which != 0;
	scene->facts.passphrase.failure.reason = which == 2 ? REASON_BAD_PASSPHRASE : REASON_NONE;
}

static void set_windows(struct scene *scene, enum renew_valid valid, unsigned int expired)
{
	static const enum renew_expired rules[] = { RENEW_EXPIRED_NEVER, RENEW_EXPIRED_IN_WINDOW,
						    RENEW_EXPIRED_IN_WINDOW };

	scene->profile->renew_valid = valid;
	scene->profile->renew_expired = rules[expired];
	scene->profile->window_closes_seconds = expired == 2 ? WINDOW_WITHOUT_END : CLOSES;
}

static void set_who(struct scene *scene, const struct stock *stock, const unsigned int *at)
{
	static const enum est_operation operations[] = { EST_SIMPLEENROLL, EST_SIMPLEREENROLL,
							 EST_SERVERKEYGEN, (enum est_operation)99 };
	static const enum auth_method methods[] = { AUTH_TLS_CERTIFICATE, AUTH_PASSPHRASE,
						    AUTH_EITHER, (enum auth_method)99 };
	static const struct {
		enum renew_valid valid;
		unsigned int expired;
	} windows[] = { { RENEW_VALID_ANY_TIME, 0 },
			{ RENEW_VALID_IN_WINDOW, 1 },
			{ RENEW_VALID_IN_WINDOW, 2 },
			{ RENEW_VALID_NEVER, 1 } };

	scene->facts.csr = stock->plain;
	scene->facts.operation = operations[at[0]];
	scene->profile->auth = methods[at[1]];
	scene->facts.address_allowed = at[2] == 0;
	set_passphrase(scene, at[3]);
	show_certificate(scene, stock, at[4]);
	scene->facts.now = moments[at[6]];
	set_record(&scene->record, at[5], scene->facts.now);
	scene->profile->own_certificate = (enum own_certificate)at[7];
	set_windows(scene, windows[at[8]].valid, windows[at[8]].expired);
}

enum { RENEWED_FOUND, RENEWED_ABSENT, RENEWED_OF_OTHER, RENEWED_STATUS };

static void set_renewal_by(struct scene *scene, const struct stock *stock, bool by_ra,
			   bool ra_expired, unsigned int which)
{
	struct certificate *record = by_ra ? &scene->renewed : &scene->record;

	if (by_ra)
		show(scene, IDENTITY_RA, ra_expired ? stock->expired_proxy : stock->proxy);
	else
		show(scene, IDENTITY_OWN, stock->device);
	set_record(&scene->record, 0, 0);
	scene->record.profile_id = PROFILE_ID;
	record->profile_id = which == RENEWED_OF_OTHER ? OTHER_PROFILE_ID : PROFILE_ID;
	set_record(record, which >= RENEWED_STATUS ? which - RENEWED_STATUS + 1 : 0,
		   scene->facts.now);
	set_renewed(scene, which == RENEWED_ABSENT ? NULL : record,
		    which == RENEWED_ABSENT ? NULL : stock->device);
}

static void set_renew(struct scene *scene, const struct stock *stock, const unsigned int *at)
{
	scene->facts.operation = EST_SIMPLEREENROLL;
	scene->facts.now = moments[at[1]];
	set_renewal_by(scene, stock, at[0] == 1, at[2] == 1, at[3]);
	set_windows(scene, (enum renew_valid)at[4], at[5]);
	scene->profile->change_subject = at[7] == 1;
	scene->facts.csr = stock->renewals[at[6]][at[8]];
	scene->profile->renew_key = (enum renew_key)at[9];
}

enum { BY_PASSPHRASE, BY_THIRD_PARTY, BY_OWN, BY_RA };

static void set_enroll_by(struct scene *scene, const struct stock *stock, unsigned int who)
{
	static const unsigned int shown[] = { SHOWS_NONE, SHOWS_THIRD_PARTY, SHOWS_OWN, SHOWS_RA };

	set_passphrase(scene, who == BY_PASSPHRASE ? 1 : 0);
	show_certificate(scene, stock, shown[who]);
}

static void set_key_rule(struct profile *profile, unsigned int which)
{
	for (size_t type = 0; type < KEY_TYPE_COUNT; type++)
		profile->key_allowed[type] = which != 1;
	profile->rsa_bits_min = which == 2 ? 3072 : 2048;
}

static void set_ca(struct scene *scene, const struct stock *stock, unsigned int which)
{
	scene->facts.ca = &scene->ca;
	scene->ca.cert = stock->cas[which];
	scene->ca.state = which == CA_IS_RETIRED ? CA_RETIRED : CA_ACTIVE;
}

static void set_what(struct scene *scene, const struct stock *stock, const unsigned int *at)
{
	static const struct {
		enum binding_finding finding;
		enum binding_rule rule;
	} bindings[] = { { BINDING_ABSENT, BINDING_OPTIONAL },
			 { BINDING_ABSENT, BINDING_REQUIRED },
			 { BINDING_MATCHES, BINDING_REQUIRED },
			 { BINDING_DIFFERS, BINDING_OPTIONAL },
			 { BINDING_NOT_COMPARABLE, BINDING_OPTIONAL },
			 { BINDING_NOT_COMPARABLE, BINDING_REQUIRED } };
	static const struct key_finding uses[] = { { false, false, false },
						   { true, false, false },
						   { true, true, false },
						   { true, false, true } };

	scene->facts.now = NOW - DAY;
	set_enroll_by(scene, stock, at[0]);
	scene->facts.binding = bindings[at[1]].finding;
	scene->profile->binding = bindings[at[1]].rule;
	set_key_rule(scene->profile, at[3]);
	scene->profile->key_reuse = (enum key_reuse)at[4];
	scene->facts.key = uses[at[5]];
	scene->facts.csr = stock->enrolls[at[6]][at[2]][at[8]];
	scene->profile->identity = (enum identity_rule)at[7];
	scene->profile->extension_unlisted =
		at[8] == EXTENSION_CA_REFUSED ? UNLISTED_REFUSE : UNLISTED_DROP;
	set_ca(scene, stock, at[9]);
}

/* The first of two devices is that of the stock's requests and certificates. */
static struct device devices[] = {
	{ .id = 21, .profile_id = PROFILE_ID, .kind = DEVICE_BY_SERIAL, .identity = "dev-1" },
	{ .id = 22, .profile_id = PROFILE_ID, .kind = DEVICE_BY_SERIAL, .identity = "dev-2" },
};

static void set_code(struct scene *scene, unsigned int which, unsigned int owner)
{
	static const enum reason failures[] = { REASON_NONE,         REASON_NONE,
						REASON_BAD_CODE,     REASON_CODE_EXPIRED,
						REASON_CODE_USED_UP, REASON_CODE_LOCKED };
	const struct device *device = which && owner ? &devices[owner - 1] : NULL;

	scene->facts.code = (struct code_finding){ 0 };
	scene->facts.device.by_code = device;
	if (which == 0)
		return;
	scene->facts.code.offered = true;
	scene->facts.code.id = 3;
	scene->facts.code.device_id = device ? device->id : 0;
	scene->facts.code.failure.reason = failures[which];
}

static void set_devices(struct scene *scene, const struct stock *stock, const unsigned int *at)
{
	static const enum est_operation operations[] = { EST_SIMPLEENROLL, EST_SIMPLEREENROLL };
	static const enum auth_method methods[] = { AUTH_DEVICE_CODE, AUTH_CERTIFICATE_AND_CODE,
						    AUTH_TLS_CERTIFICATE, AUTH_EITHER };
	static const unsigned int shown[] = { SHOWS_NONE,        SHOWS_UNTRUSTED, SHOWS_OWN,
					      SHOWS_THIRD_PARTY, SHOWS_RA,        SHOWS_RA_OF_ALL };

	scene->facts.csr = stock->plain;
	scene->facts.now = NOW - DAY;
	scene->facts.operation = operations[at[0]];
	scene->profile->auth = methods[at[1]];
	set_code(scene, at[2], at[3]);
	show_certificate(scene, stock, shown[at[4]]);
	scene->facts.device.by_certificate = at[5] ? &devices[0] : NULL;
	devices[0].suspended_at = at[6];
	scene->profile->devices = (enum device_rule)at[7];
	scene->profile->certificates_per_subject = at[8] ? 2 : 0;
	scene->facts.live = at[8] == 1 ? 1 : 2;
}

static const struct table {
	const char *name;
	void (*set)(struct scene *, const struct stock *, const unsigned int *at);
	unsigned int sizes[DIMENSIONS_MAX]; /* 0 ends them */
} tables[] = {
	{ "who", set_who, { 4, 4, 2, 3, 8, 4, ARRAY_LEN(moments), 4, 4 } },
	{ "renew", set_renew, { 2, ARRAY_LEN(moments), 2, 6, 4, 3, RENEW_NAMES, 2, 2, 4 } },
	{ "what",
	  set_what,
	  { 4, 6, ARRAY_LEN(asked_keys), 3, 4, 4, ASKED_NAMES, 2, EXTENSIONS, CAS } },
	{ "devices", set_devices, { 2, 4, 6, 3, 6, 2, 2, 3, 3 } },
};

/* -- going through -- */

typedef void visitor(const struct table *, const struct scene *, const unsigned int *at);

static size_t combinations(const struct table *table)
{
	size_t count = 1;

	for (size_t i = 0; table->sizes[i]; i++)
		count *= table->sizes[i];
	return count;
}

static void place(const struct table *table, size_t number, unsigned int *ret_at)
{
	for (size_t i = 0; table->sizes[i]; i++) {
		ret_at[i] = (unsigned int)(number % table->sizes[i]);
		number /= table->sizes[i];
	}
}

static void open_table(struct scene *scene, const struct stock *stock)
{
	scene_open(scene, EST_SIMPLEENROLL);
	cert_free(scene->ca.cert);
	scene->profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	scene->profile->san_rules[SAN_URI].source = SAN_DROPPED;
	set_ca(scene, stock, CA_IS_ACTIVE);
}

static void close_table(struct scene *scene)
{
	scene->ca.cert = NULL; /* the stock's */
	scene_close(scene);
}

static void go_through(const struct table *table, size_t step, visitor *visit)
{
	struct stock stock = { 0 };
	struct scene scene;
	unsigned int at[DIMENSIONS_MAX];
	size_t count = combinations(table);

	stock_open(&stock);
	open_table(&scene, &stock);
	for (size_t number = 0; number < count; number += step) {
		place(table, number, at);
		table->set(&scene, &stock, at);
		visit(table, &scene, at);
	}
	close_table(&scene);
	stock_close(&stock);
}

static void print_decision(const struct table *table, const struct scene *scene,
			   const unsigned int *at)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	printf("%s ", table->name);
	for (size_t i = 0; table->sizes[i]; i++)
		putchar((int)('0' + at[i]));
	printf(" %s %d %d %d\n", reason_code(verdict.refusal.reason), verdict.allowed,
	       verdict.authenticated, verdict.renews);
	verdict_done(&verdict);
}

/* V5: whoever is unlisted, revoked or unknown gets nothing, whatever else is so. */
static void check_decision(const struct table *table, const struct scene *scene,
			   const unsigned int *at __attribute__((unused)))
{
	const struct facts *facts = &scene->facts;
	struct verdict verdict;

	policy_decide(scene->profile, facts, &verdict);
	check_verdict(&verdict);
	if (verdict.allowed) {
		assert_true(verdict.authenticated);
		assert_true(facts->address_allowed);
		assert_true(facts->operation == EST_SIMPLEENROLL ||
			    facts->operation == EST_SIMPLEREENROLL);
		assert_true(facts->operation != EST_SIMPLEREENROLL || verdict.renews);
		assert_true(scene->ca.state == CA_ACTIVE);
		assert_true(verdict.grant->not_after <= cert_not_after(scene->ca.cert));
		assert_false(verdict.grant->is_ca);
		assert_non_null(table->name);
	}
	verdict_done(&verdict);
}

TEST(ci_02_what_must_hold_of_any_decision_holds)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		go_through(&tables[i], SAMPLE, check_decision);
}

static int print_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		go_through(&tables[i], 1, print_decision);
	test_keys_done();
	return 0;
}

static int keys_done(void **state __attribute__((unused)))
{
	test_keys_done();
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { RUN(ci_02_what_must_hold_of_any_decision_holds) };

	if (argc == 2 && strcmp(argv[1], "print") == 0)
		return print_all();
	return cmocka_run_group_tests(tests, NULL, keys_done);
}
