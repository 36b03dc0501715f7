#include "bestow/names.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pki/cert.h"

#define PLACE_MAX 64
#define IDEVID "idevid:"

/* RFC 4514 2.4: what would end the value or begin another one. */
static void append_escaped(struct buffer *to, const char *value)
{
	for (; *value; value++) {
		if (strchr(",+\"\\<>;=", *value))
			buffer_append_byte(to, '\\');
		buffer_append_byte(to, (unsigned char)*value);
	}
}

static bool fill_hostname(struct buffer *to, struct error *err)
{
	char host[256] = "";

	if (gethostname(host, sizeof host - 1) != 0 || !*host)
		return error_set(err, REASON_INVALID, "the device has no host name");
	append_escaped(to, host);
	return true;
}

static bool fill_idevid(const char *attribute, const struct bestow_certs *born, struct buffer *to,
			struct error *err)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;
	struct bytes der = { 0 };

	if (!born)
		return error_set(err, REASON_INVALID,
				 "{" IDEVID "%s}: no certificate is named by --cert", attribute);
	der.data = bestow_cert_der(born, 0, &der.len);
	if (!cert_parse(der, &cert, err))
		return false;
	const char *value = name_find(cert_subject(cert), name_attribute_by_text(attribute));
	if (!value)
		return error_set(err, REASON_INVALID, "the device's certificate names no %s",
				 attribute);
	append_escaped(to, value);
	return true;
}

static bool fill_place(const char *place, const struct bestow_certs *born, struct buffer *to,
		       struct error *err)
{
	if (strcmp(place, "hostname") == 0)
		return fill_hostname(to, err);
	if (strncmp(place, IDEVID, strlen(IDEVID)) == 0)
		return fill_idevid(place + strlen(IDEVID), born, to, err);
	return error_set(err, REASON_INVALID, "{%s}: {hostname} or {" IDEVID "serialNumber}",
			 place);
}

bool names_fill(const char *written, const struct bestow_certs *born, struct buffer *ret,
		struct error *err)
{
	for (;;) {
		size_t plain = strcspn(written, "{");
		char place[PLACE_MAX];

		buffer_append(ret, (struct bytes){ (const unsigned char *)written, plain });
		written += plain;
		if (!*written)
			break;
		size_t len = strcspn(written, "}");
		if (!written[len] || len > sizeof place)
			return error_set(err, REASON_INVALID, "%s: { without }", written);
		snprintf(place, sizeof place, "%.*s", (int)len - 1, written + 1);
		if (!fill_place(place, born, ret, err))
			return false;
		written += len + 1;
	}
	return buffer_cstring(ret) || error_set(err, REASON_NO_MEMORY, "names");
}
