#include "config/value.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"

static bool replace(char **into, char *with, struct error *err)
{
	if (!with)
		return error_set(err, REASON_NO_MEMORY, "configuration");
	free(*into);
	*into = with;
	return true;
}

static bool clear(char **into)
{
	free(*into);
	*into = NULL;
	return true;
}

bool parse_path(const struct value *value, void *into, struct error *err)
{
	CLEANUP(buffer_done) struct buffer path = { 0 };

	if (!*value->text)
		return error_set(err, REASON_CONFIG, "a path is missing");
	if (value->text[0] != '/')
		buffer_printf(&path, "%s/", value->folder);
	buffer_append_text(&path, value->text);
	if (path.len >= PATH_MAX)
		return error_set(err, REASON_CONFIG, "the path is too long");
	return replace(into, buffer_ok(&path) ? bytes_to_string(buffer_view(&path)) : NULL, err);
}

bool parse_auto_path(const struct value *value, void *into, struct error *err)
{
	if (!*value->text || strcmp(value->text, "auto") == 0)
		return clear(into);
	return parse_path(value, into, err);
}

/* systemd says in the environment where a service's credentials are; what they hold it does not. */
static bool parse_credential(const char *name, void *into, struct error *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	CLEANUP(buffer_done) struct buffer path = { 0 };

	if (!*name || strchr(name, '/') || name[0] == '.')
		return error_set(err, REASON_CONFIG, "\"%s\" is no credential's name", name);
	if (!folder)
		return error_set(err, REASON_CONFIG,
				 "there are no credentials: not started by systemd with "
				 "LoadCredential= or LoadCredentialEncrypted=");
	buffer_printf(&path, "%s/%s", folder, name);
	return replace(into, buffer_ok(&path) ? bytes_to_string(buffer_view(&path)) : NULL, err);
}

bool parse_secret_path(const struct value *value, void *into, struct error *err)
{
	static const char credential[] = "credential:";

	if (strcmp(value->text, SECRET_PROMPT) == 0)
		return replace(into, strdup(value->text), err);
	if (strncmp(value->text, credential, strlen(credential)) == 0)
		return parse_credential(value->text + strlen(credential), into, err);
	return parse_auto_path(value, into, err);
}

bool parse_label(const struct value *value, void *into, struct error *err)
{
	if (!*value->text)
		return clear(into);
	if (strlen(value->text) > value->rule->max)
		return error_set(err, REASON_CONFIG, "a token's label has at most %llu octets",
				 (unsigned long long)value->rule->max);
	return replace(into, strdup(value->text), err);
}

bool section_name_check(const char *name, struct error *err)
{
	if (strlen(name) > SECTION_NAME_MAX)
		return error_set(err, REASON_CONFIG, "a section's name has at most %d characters",
				 SECTION_NAME_MAX);
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("_-", *name))
			return error_set(err, REASON_CONFIG,
					 "a section's name holds letters, digits, _ and - only");
	return true;
}

bool parse_name(const struct value *value, void *into, struct error *err)
{
	if (!*value->text)
		return clear(into);
	return section_name_check(value->text, err) && replace(into, strdup(value->text), err);
}

/* Whether it is an operation's name is for who serves it to say. */
static bool check_est_label(const struct value *value, struct error *err)
{
	if (strlen(value->text) > value->rule->max)
		return error_set(err, REASON_CONFIG, "a label has at most %llu characters",
				 (unsigned long long)value->rule->max);
	for (const char *at = value->text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._~-/", *at))
			return error_set(err, REASON_CONFIG, "'%c' in a label", *at);
	return true;
}

bool parse_est_label(const struct value *value, void *into, struct error *err)
{
	if (!*value->text)
		return clear(into);
	return check_est_label(value, err) && replace(into, strdup(value->text), err);
}

bool parse_est_labels(const struct value *value, void *into, struct error *err)
{
	struct config_labels *labels = into;

	if (!*value->text)
		return error_set(err, REASON_CONFIG, "a label is missing");
	if (labels->count == CONFIG_LABELS_MAX)
		return error_set(err, REASON_CONFIG, "more than %d labels", CONFIG_LABELS_MAX);
	if (!check_est_label(value, err) ||
	    !replace(&labels->texts[labels->count], strdup(value->text), err))
		return false;
	labels->count++;
	return true;
}

static bool is_user_character(char character)
{
	return isalnum((unsigned char)character) || strchr("_-.$", character);
}

bool parse_user(const struct value *value, void *into, struct error *err)
{
	if (!*value->text)
		return clear(into);
	for (const char *at = value->text; *at; at++)
		if (!is_user_character(*at))
			return error_set(err, REASON_CONFIG, "\"%s\" is no user name", value->text);
	return replace(into, strdup(value->text), err);
}

static bool parse_url_of(const char *scheme, const struct value *value, void *into,
			 struct error *err)
{
	const size_t len = strlen(value->text);

	if (len == 0)
		return clear(into);
	if (strncmp(value->text, scheme, strlen(scheme)) != 0 || len == strlen(scheme) ||
	    value->text[len - 1] == '/')
		return error_set(err, REASON_CONFIG,
				 "\"%s\" is not %sHOST[:PORT] without a slash at its end",
				 value->text, scheme);
	for (const char *at = value->text; *at; at++)
		if (!isgraph((unsigned char)*at) || strchr("\"<>\\^`{|}?#", *at))
			return error_set(err, REASON_CONFIG, "\"%s\" has a character no URL has",
					 value->text);
	return replace(into, strdup(value->text), err);
}

bool parse_url(const struct value *value, void *into, struct error *err)
{
	return parse_url_of("https://", value, into, err);
}

/* Plain: whoever fetches a CRL is about to find out whom to trust. */
bool parse_va_url(const struct value *value, void *into, struct error *err)
{
	if (strlen(value->text) > 256)
		return error_set(err, REASON_CONFIG, "a URL has at most 256 characters here");
	return parse_url_of("http://", value, into, err);
}

/* As http compares it: decoded, so nothing that needs decoding is taken. */
bool parse_base_path(const struct value *value, void *into, struct error *err)
{
	const size_t len = strlen(value->text);

	if (len == 0)
		return replace(into, strdup(""), err);
	if (value->text[0] != '/' || value->text[len - 1] == '/' || len > value->rule->max)
		return error_set(err, REASON_CONFIG,
				 "a base path begins with a slash, does not end in one, and has at "
				 "most %llu characters, as /pki",
				 (unsigned long long)value->rule->max);
	for (const char *at = value->text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("/-._~", *at))
			return error_set(err, REASON_CONFIG, "'%c' in a base path", *at);
	if (strstr(value->text, "//") || strstr(value->text, "/."))
		return error_set(err, REASON_CONFIG, "an empty or dotted part in a base path");
	return replace(into, strdup(value->text), err);
}

static const struct choice flags[] = { { "yes", true }, { "no", false }, { NULL, 0 } };

static bool find_choice(const struct choice *choices, const char *text, int *ret)
{
	for (; choices && choices->name; choices++)
		if (strcmp(choices->name, text) == 0) {
			*ret = choices->value;
			return true;
		}
	return false;
}

static bool refuse_choice(const struct choice *choices, const char *text, struct error *err)
{
	char list[128] = "";

	for (size_t len = 0; choices->name && len < sizeof list; choices++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", len ? ", " : "",
					choices->name);
	return error_set(err, REASON_CONFIG, "\"%s\" is none of: %s", text, list);
}

bool parse_flag(const struct value *value, void *into, struct error *err)
{
	int flag = 0;

	if (!find_choice(flags, value->text, &flag))
		return refuse_choice(flags, value->text, err);
	*(bool *)into = flag;
	return true;
}

bool parse_choice(const struct value *value, void *into, struct error *err)
{
	if (!find_choice(value->rule->choices, value->text, into))
		return refuse_choice(value->rule->choices, value->text, err);
	return true;
}

static bool check_bounds(const struct value *value, uint64_t number, const char *unit,
			 struct error *err)
{
	const struct value_rule *rule = value->rule;

	if (number < rule->min || number > rule->max)
		return error_set(err, REASON_CONFIG, "%s is not from %llu to %llu%s", value->text,
				 (unsigned long long)rule->min, (unsigned long long)rule->max,
				 unit);
	return true;
}

/* Decimal digits, and what follows them. */
static bool read_number(const char *text, uint64_t *ret, const char **ret_end)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	errno = 0;
	*ret = strtoull(text, &end, 10);
	*ret_end = end;
	return errno == 0;
}

bool parse_count(const struct value *value, void *into, struct error *err)
{
	const char *end;
	uint64_t number;
	int special = 0;

	if (find_choice(value->rule->choices, value->text, &special)) {
		*(unsigned int *)into = (unsigned int)special;
		return true;
	}
	if (!read_number(value->text, &number, &end) || *end)
		return error_set(err, REASON_CONFIG, "\"%s\" is not a number", value->text);
	if (!check_bounds(value, number, "", err))
		return false;
	*(unsigned int *)into = (unsigned int)number;
	return true;
}

bool parse_size(const struct value *value, void *into, struct error *err)
{
	static const struct choice units[] = { { "", 1 },
					       { "k", 1024 },
					       { "K", 1024 },
					       { "m", 1024 * 1024 },
					       { "M", 1024 * 1024 },
					       { NULL, 0 } };
	const char *end = "";
	uint64_t number;
	int unit = 1;

	if (!read_number(value->text, &number, &end) || !find_choice(units, end, &unit))
		return error_set(err, REASON_CONFIG,
				 "\"%s\" is not a size: octets, or a number with k or m",
				 value->text);
	if (number > SIZE_MAX / (1024 * 1024))
		number = SIZE_MAX / (1024 * 1024);
	number *= (uint64_t)unit;
	if (!check_bounds(value, number, " octets", err))
		return false;
	*(size_t *)into = number;
	return true;
}

bool parse_ms(const struct value *value, void *into, struct error *err)
{
	int64_t seconds;

	if (!duration_from_text(value->text, &seconds))
		return error_set(err, REASON_CONFIG,
				 "\"%s\" is not a duration: a number with s, m or h", value->text);
	if (!check_bounds(value, (uint64_t)seconds, " seconds", err))
		return false;
	*(uint32_t *)into = (uint32_t)seconds * 1000;
	return true;
}
