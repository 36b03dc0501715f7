#include "bestow/describe.h"

#include <ctype.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"

#define NAME_MAX_SHOWN 256

json_t *describe_cert(const struct bestow_certs *certs, size_t index)
{
	char subject[NAME_MAX_SHOWN], issuer[NAME_MAX_SHOWN], serial[64], fingerprint[65];
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

	bestow_cert_subject(certs, index, subject, sizeof subject);
	bestow_cert_issuer(certs, index, issuer, sizeof issuer);
	bestow_cert_serial(certs, index, serial, sizeof serial);
	bestow_cert_fingerprint(certs, index, fingerprint);
	utf8_clean(subject);
	utf8_clean(issuer);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "subject", subject, "issuer", issuer,
			 "serial", serial, "sha256", fingerprint, "not_before",
			 time_to_text(bestow_cert_not_before(certs, index), from), "not_after",
			 time_to_text(bestow_cert_not_after(certs, index), to));
}

void describe_ca(const struct bestow_certs *certs, size_t index, struct buffer *to)
{
	char subject[NAME_MAX_SHOWN], fingerprint[65], until[TIME_TEXT_MAX];

	bestow_cert_subject(certs, index, subject, sizeof subject);
	bestow_cert_fingerprint(certs, index, fingerprint);
	buffer_printf(to, "%s%s, until %.10s%s\n  SHA-256 ", index ? "\n" : "", subject,
		      time_to_text(bestow_cert_not_after(certs, index), until),
		      bestow_cert_is_root(certs, index) ? " (root)" : "");
	for (size_t i = 0; fingerprint[i]; i++) {
		if (i && i % 2 == 0)
			buffer_append_byte(to, ':');
		buffer_append_byte(to, (unsigned char)toupper((unsigned char)fingerprint[i]));
	}
}

const char *describe_span(int64_t seconds, char into[SPAN_TEXT_MAX])
{
	static const struct {
		int64_t seconds;
		const char *unit;
	} units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };

	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (seconds >= 2 * units[i].seconds || units[i].seconds == 1) {
			snprintf(into, SPAN_TEXT_MAX, "%lld %s",
				 (long long)(seconds / units[i].seconds), units[i].unit);
			break;
		}
	return into;
}
