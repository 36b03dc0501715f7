/* The subject's rules among a profile's members: [{"attribute": "CN", "source": "csr-required"}].
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile_json_member.h"
#include "model/profile_words.h"

/* "s?" writes null for NULL. */
static json_t *write_rule(const struct subject_rule *rule)
{
	return json_pack("{s:s, s:s, s:s?, s:s?, s:s?}", "attribute",
			 name_attribute_text(rule->attribute), "source",
			 words_text(&subject_source_words, rule->source), "from",
			 origin_text(rule->from), "value", rule->value, "pattern", rule->pattern);
}

static json_t *write_subject(const struct member *member, const struct profile *profile)
{
	json_t *array = json_array();

	(void)member;
	for (size_t i = 0; array && i < profile->subject_rule_count; i++) {
		if (json_array_append_new(array, write_rule(&profile->subject_rules[i])) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static bool read_attribute(const json_t *json, struct subject_rule *rule, const char *path,
			   struct error *err)
{
	const char *text;

	if (!member_text(json, path, &text, err))
		return false;
	rule->attribute = name_attribute_by_text(text);
	if (rule->attribute == NAME_UNKNOWN)
		return error_set(err, REASON_INVALID, "%s: \"%s\" is not known", path, text);
	return true;
}

static bool read_source(const json_t *json, struct subject_rule *rule, const char *path,
			struct error *err)
{
	const char *text;
	unsigned int source;

	if (!member_text(json, path, &text, err))
		return false;
	if (!words_find(&subject_source_words, text, &source))
		return error_set(err, REASON_INVALID, "%s: \"%s\" is not known", path, text);
	rule->source = (enum subject_source)source;
	return true;
}

static bool read_optional(const json_t *json, char **ret, const char *path, struct error *err)
{
	if (json_is_null(json))
		return true;

	const char *text;
	if (!member_text(json, path, &text, err))
		return false;
	*ret = strdup(text);
	return *ret || error_set(err, REASON_NO_MEMORY, "%s", path);
}

static bool read_from(const json_t *json, struct subject_rule *rule, const char *path,
		      struct error *err)
{
	return member_origin(json, path, &rule->from, err);
}

static bool read_value(const json_t *json, struct subject_rule *rule, const char *path,
		       struct error *err)
{
	return read_optional(json, &rule->value, path, err);
}

static bool read_pattern(const json_t *json, struct subject_rule *rule, const char *path,
			 struct error *err)
{
	return read_optional(json, &rule->pattern, path, err);
}

static const struct part {
	const char *name;
	bool (*read)(const json_t *, struct subject_rule *, const char *, struct error *);
	bool required;
} parts[] = {
	{ "attribute", read_attribute, true }, { "source", read_source, true },
	{ "from", read_from, false },          { "value", read_value, false },
	{ "pattern", read_pattern, false },
};

static bool read_rule(const json_t *json, struct subject_rule *rule, const char *path,
		      struct error *err)
{
	char inner[MEMBER_PATH_MAX + 16];
	size_t known = 0;

	if (!json_is_object(json))
		return error_set(err, REASON_INVALID, "%s: not an object", path);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const json_t *value = json_object_get(json, parts[i].name);
		snprintf(inner, sizeof inner, "%s.%s", path, parts[i].name);
		if (!value && parts[i].required)
			return error_set(err, REASON_INVALID, "%s: missing", inner);
		if (value && !parts[i].read(value, rule, inner, err))
			return false;
		known += value ? 1 : 0;
	}
	if (known != json_object_size(json))
		return error_set(err, REASON_INVALID, "%s: a member that is not known", path);
	return true;
}

static void rules_free(struct subject_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(rules[i].value);
		free(rules[i].pattern);
	}
	free(rules);
}

static bool read_rules(const json_t *json, struct subject_rule *rules, const char *path,
		       struct error *err)
{
	char inner[MEMBER_PATH_MAX];

	for (size_t i = 0; i < json_array_size(json); i++) {
		snprintf(inner, sizeof inner, "%s[%zu]", path, i);
		if (!read_rule(json_array_get(json, i), &rules[i], inner, err))
			return false;
	}
	return true;
}

static bool read_subject(const struct member *member, const json_t *json,
			 const struct reading *reading, const char *path, struct error *err)
{
	struct profile *profile = reading->profile;
	size_t count = json_array_size(json);

	(void)member;
	if (!json_is_array(json) || count > PROFILE_RULES_MAX)
		return error_set(err, REASON_INVALID, "%s: a list of at most %d rules", path,
				 PROFILE_RULES_MAX);

	struct subject_rule *rules = calloc(count + 1, sizeof *rules);
	if (!rules)
		return error_set(err, REASON_NO_MEMORY, "%s", path);
	if (!read_rules(json, rules, path, err)) {
		rules_free(rules, count);
		return false;
	}
	rules_free(profile->subject_rules, profile->subject_rule_count);
	profile->subject_rules = rules;
	profile->subject_rule_count = count;
	return true;
}

const struct form form_subject = { write_subject, read_subject };
