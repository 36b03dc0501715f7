#include "bestow/memory.h"

#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/file.h"

#ifndef BESTOW_BUILD_TIME
#error "the build says when it was made"
#endif

#define MEMORY_MAX 4096

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "saved", offsetof(struct memory, saved) },
	{ "last_try", offsetof(struct memory, last_try) },
	{ "last_success", offsetof(struct memory, last_success) },
	{ "next_try", offsetof(struct memory, next_try) },
	{ "failures", offsetof(struct memory, failures) },
	{ "failures_total", offsetof(struct memory, failures_total) },
};

static int64_t *number_at(const struct memory *memory, size_t i)
{
	return (int64_t *)((char *)(uintptr_t)memory + numbers[i].offset);
}

void memory_load(const struct options *options, struct memory *ret)
{
	char path[PATH_MAX];
	CLEANUP(buffer_done) struct buffer text = { 0 };
	json_t *document = NULL;

	*ret = (struct memory){ 0 };
	if (identity_path(options, "state", NULL, path, NULL) &&
	    file_load(path, MEMORY_MAX, &text, NULL))
		document = json_loadb((const char *)text.data, text.len, 0, NULL);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		*number_at(ret, i) = json_integer_value(json_object_get(document, numbers[i].name));

	const char *code = json_string_value(json_object_get(document, "last_code"));
	const char *detail = json_string_value(json_object_get(document, "last_detail"));
	snprintf(ret->last_code, sizeof ret->last_code, "%s", code ? code : "");
	snprintf(ret->last_detail, sizeof ret->last_detail, "%s", detail ? detail : "");
	json_decref(document);
}

bool memory_save(const struct options *options, const struct memory *memory, struct error *err)
{
	char path[PATH_MAX];
	json_t *document = json_object();
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		json_object_set_new(document, numbers[i].name, json_integer(*number_at(memory, i)));
	json_object_set_new(document, "last_code", json_string(memory->last_code));
	json_object_set_new(document, "last_detail", json_string(memory->last_detail));

	CLEANUP(freep) char *text = json_dumps(document, JSON_INDENT(1));
	json_decref(document);
	if (!text)
		return error_set(err, REASON_NO_MEMORY, "state");
	return identity_path(options, "state", NULL, path, err) &&
	       file_save(path, bytes_of_string(text), 0644, err);
}

int64_t memory_floor(void)
{
	return BESTOW_BUILD_TIME;
}

int64_t memory_now(const struct memory *memory)
{
	int64_t now = clock_now(&clock_system);
	int64_t floor = memory->saved > memory_floor() ? memory->saved : memory_floor();

	return now > floor ? now : floor;
}
