#include <string.h>

#include "model/operation.h"
#include "model/profile.h"

static bool is_reserved(const char *segment)
{
	return strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0 ||
	       est_operation_by_text(segment) != EST_OPERATION_COUNT;
}

static bool check_segment(const char *segment, struct error *err)
{
	if (!*segment)
		return error_set(err, REASON_INVALID, "a label with an empty segment");
	if (is_reserved(segment))
		return error_set(err, REASON_INVALID, "\"%s\" cannot be part of a label", segment);
	return true;
}

static bool check_characters(const char *label, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~-/";
	size_t len = strlen(label);

	if (len == 0 || len > PROFILE_LABEL_MAX)
		return error_set(err, REASON_INVALID, "a label has 1 to %d characters",
				 PROFILE_LABEL_MAX);
	if (strspn(label, allowed) != len)
		return error_set(err, REASON_INVALID,
				 "label \"%s\": only letters, digits and ._~-/", label);
	return true;
}

bool label_check(const char *label, struct error *err)
{
	char segment[PROFILE_LABEL_MAX + 1];

	if (!check_characters(label, err))
		return false;
	for (;;) {
		size_t len = strcspn(label, "/");
		memcpy(segment, label, len);
		segment[len] = '\0';
		if (!check_segment(segment, err))
			return false;
		if (!label[len])
			return true;
		label += len + 1;
	}
}
