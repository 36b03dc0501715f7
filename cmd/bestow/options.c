#include "bestow/options.h"

#include <string.h>

#include "bestow/say.h"

#define TEXT(field) OPTION_TEXT, offsetof(struct options, field)
#define LIST(field) OPTION_LIST, offsetof(struct options, field)
#define FLAG(field) OPTION_FLAG, offsetof(struct options, field)

const struct option option_rows[] = {
	{ "--url", "server", "url", TEXT(url), "URL",
	  "the EST service: https://HOST/.well-known/est/LABEL" },
	{ "--ca", "server", "ca", TEXT(ca), "FILE",
	  "trust anchors as PEM; \"system\" for the system's" },
	{ "--fingerprint", "server", "fingerprint", TEXT(fingerprint), "SHA256",
	  "of a CA certificate, to begin with" },
	{ "--timeout", "server", "timeout", TEXT(timeout), "DURATION", "for one call; 60s" },
	{ "--user", "credential", "user", TEXT(user), "NAME", "for HTTP Basic or Digest" },
	{ "--pass-file", "credential", "passphrase_file", TEXT(passphrase_file), "FILE",
	  "its passphrase; - reads standard input, fd:N a descriptor" },
	{ "--cert", "credential", "certificate", TEXT(certificate), "FILE",
	  "TLS certificate for the first enrollment" },
	{ "--key", "credential", "key", TEXT(key), "KEY",
	  "its key: a file, pkcs11:… or handle:0x…" },
	{ "--pin-file", "credential", "pin_file", TEXT(pin_file), "FILE",
	  "passphrase or PIN of keys" },
	{ "--subject", "request", "subject", TEXT(subject), "NAME",
	  "CN=…,O=…; {hostname} and {idevid:serialNumber} are filled in" },
	{ "--san", "request", "san", LIST(sans), "TYPE:VALUE",
	  "dns:, ip:, email: or uri:; may stand several times" },
	{ "--new-key", "request", "key", TEXT(new_key), "KIND",
	  "p256, p384, p521, ed25519, rsa2048 …; server, server-encrypted: it makes the key; or "
	  "one "
	  "that stays: FILE, pkcs11:…, handle:…" },
	{ "--binding", "request", "binding", TEXT(binding), "HOW",
	  "auto, none, challenge or linking (RFC 7894)" },
	{ "--challenge-file", "request", "challenge_file", TEXT(challenge_file), "FILE",
	  "a code for challengePassword" },
	{ "--window", "renewal", "window", TEXT(window), "SHARE",
	  "renew in the last SHARE of the validity: 33%, or 10d" },
	{ "--metrics", "renewal", "metrics", TEXT(metrics), "DIR",
	  "folder of node_exporter's textfile collector" },
	{ "--group", "after", "group", TEXT(group), "GROUP",
	  "whose members may read the key, besides its owner" },
	{ "--reload", "after", "reload", TEXT(reload), "UNIT",
	  "systemd unit that is reloaded or restarted after a change" },
	{ "--command", "after", "command", LIST(command), "WORD",
	  "program and arguments to run instead, one word each time" },

	{ "--config-dir", NULL, NULL, TEXT(config_dir), "DIR", "/etc/bestow-agent" },
	{ "--state-dir", NULL, NULL, TEXT(state_dir), "DIR", "/var/lib/bestow-agent" },
	{ "--csr", NULL, NULL, TEXT(csr), "FILE",
	  "without an identity: a finished CSR, PEM or DER, instead of a key of ours" },
	{ "--out-key", NULL, NULL, TEXT(out_key), "FILE",
	  "without an identity: where the key goes; device.key" },
	{ "--out-cert", NULL, NULL, TEXT(out_certificate), "FILE",
	  "and the certificate; device.crt" },
	{ "--out-ca", NULL, NULL, TEXT(out_ca), "FILE", "and the CA certificates; ca.pem" },
	{ "--wait", NULL, NULL, TEXT(wait), "DURATION",
	  "how long to wait for a server that has not decided" },
	{ "--check", NULL, NULL, FLAG(check), NULL,
	  "only tell whether a renewal is due: exit 0, or 9" },
	{ "--if-due", NULL, NULL, FLAG(if_due), NULL, "renew only if it is due" },
	{ "--once", NULL, NULL, FLAG(once), NULL, "agent: one round instead of for ever" },
	{ "--force", NULL, NULL, FLAG(force), NULL, "replace what is there" },
	{ "--junit", NULL, NULL, TEXT(junit), "FILE", "conformance: a report as JUnit XML too" },
	{ "--max-certificates", NULL, NULL, TEXT(max_certificates), "N",
	  "conformance: ask for no more; 16" },
	{ "--no-enroll", NULL, NULL, FLAG(no_enroll), NULL,
	  "conformance: send nothing that could get a certificate" },
	{ "--only", NULL, NULL, LIST(only), "ITEM",
	  "conformance: an item, or all that begin so; may stand several times" },
	{ "--json", NULL, NULL, FLAG(json), NULL, "one JSON document" },
	{ "--quiet", NULL, NULL, FLAG(quiet), NULL, "no progress" },
	{ "--help", NULL, NULL, FLAG(help), NULL, "this text" },
	{ "--version", NULL, NULL, FLAG(version), NULL, "the version" },
};
const size_t option_count = ARRAY_LEN(option_rows);

static char **text_of(const struct options *options, const struct option *row)
{
	return (char **)((char *)(uintptr_t)options + row->offset);
}

static struct option_list *list_of(const struct options *options, const struct option *row)
{
	return (struct option_list *)((char *)(uintptr_t)options + row->offset);
}

static bool *flag_of(const struct options *options, const struct option *row)
{
	return (bool *)((char *)(uintptr_t)options + row->offset);
}

const char *option_text(const struct options *options, const struct option *row)
{
	return row->type == OPTION_TEXT ? *text_of(options, row) : NULL;
}

const struct option *option_by_key(const char *section, const char *key)
{
	for (size_t i = 0; i < option_count; i++)
		if (option_rows[i].section && strcmp(option_rows[i].section, section) == 0 &&
		    strcmp(option_rows[i].key, key) == 0)
			return &option_rows[i];
	return NULL;
}

static bool list_add(struct option_list *list, const char *value)
{
	if (list->count == OPTION_LIST_MAX)
		return false;
	list->items[list->count] = strdup(value);
	return list->items[list->count++] != NULL;
}

bool option_set(struct options *options, const struct option *row, const char *value)
{
	switch (row->type) {
	case OPTION_TEXT:
		if (!*text_of(options, row))
			*text_of(options, row) = strdup(value);
		return *text_of(options, row) != NULL;
	case OPTION_LIST:
		return list_add(list_of(options, row), value);
	case OPTION_FLAG:
		*flag_of(options, row) = true;
		return true;
	}
	return false;
}

bool option_replace(struct options *options, const struct option *row, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return false;
	free(*text_of(options, row));
	*text_of(options, row) = copy;
	return true;
}

/* -- argv -- */

static const struct option *find(const char *text, size_t len)
{
	for (size_t i = 0; i < option_count; i++)
		if (strlen(option_rows[i].name) == len &&
		    strncmp(option_rows[i].name, text, len) == 0)
			return &option_rows[i];
	return NULL;
}

static int set_from_line(struct options *options, const struct option *row, const char *value)
{
	if (row->type == OPTION_TEXT && *text_of(options, row))
		return fail_usage("%s stands twice", row->name);
	return option_set(options, row, value) ? 0 : fail_usage("%s: too much", row->name);
}

static int read_option(struct options *options, int argc, char **argv, int *i)
{
	const char *equals = strchr(argv[*i], '=');
	size_t len = equals ? (size_t)(equals - argv[*i]) : strlen(argv[*i]);
	const struct option *row = find(argv[*i], len);

	if (!row)
		return fail_usage("there is no %.*s; see bestow --help", (int)len, argv[*i]);
	if (row->type == OPTION_FLAG)
		return equals ? fail_usage("%s takes no value", row->name)
			      : set_from_line(options, row, "");
	if (equals)
		return set_from_line(options, row, equals + 1);
	if (*i + 1 == argc)
		return fail_usage("%s needs a value: %s", row->name, row->placeholder);
	return set_from_line(options, row, argv[++*i]);
}

int options_read(struct options *options, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		int code = 0;

		if (strncmp(argv[i], "--", 2) == 0)
			code = read_option(options, argc, argv, &i);
		else if (options->name)
			code = fail_usage("%s is one word too many", argv[i]);
		else
			options->name = strdup(argv[i]);
		if (code)
			return code;
	}
	return 0;
}

/* -- the file's form -- */

static void print_row(const struct options *options, const struct option *row, struct buffer *to)
{
	if (row->type == OPTION_TEXT && option_text(options, row))
		buffer_printf(to, "%s = %s\n", row->key, option_text(options, row));
	for (size_t i = 0; row->type == OPTION_LIST && i < list_of(options, row)->count; i++)
		buffer_printf(to, "%s = %s\n", row->key, list_of(options, row)->items[i]);
}

void options_print(const struct options *options, struct buffer *to)
{
	const char *section = "";

	for (size_t i = 0; i < option_count; i++) {
		CLEANUP(buffer_done) struct buffer row = { 0 };

		if (!option_rows[i].section)
			continue;
		print_row(options, &option_rows[i], &row);
		if (!row.len)
			continue;
		if (strcmp(section, option_rows[i].section) != 0)
			buffer_printf(to, "%s[%s]\n", *section ? "\n" : "", option_rows[i].section);
		section = option_rows[i].section;
		buffer_append(to, buffer_view(&row));
	}
}

void options_done(struct options *options)
{
	for (size_t i = 0; i < option_count; i++) {
		if (option_rows[i].type == OPTION_TEXT)
			free(*text_of(options, &option_rows[i]));
		for (size_t k = 0; option_rows[i].type == OPTION_LIST &&
				   k < list_of(options, &option_rows[i])->count;
		     k++)
			free(list_of(options, &option_rows[i])->items[k]);
	}
	free(options->name);
	*options = (struct options){ 0 };
}
