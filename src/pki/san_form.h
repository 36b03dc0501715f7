/* One row per type of name in a SAN: how it is tagged, said and judged. */
#pragma once

#include "pki/san.h"

struct san_form {
	const char *text;
	unsigned int tag; /* GeneralName's, 0 where we write none */
	/* The value as it is kept, from text; REASON_NAME_INVALID when it has not the type's form.
	 */
	bool (*normalize)(const char *value, char **ret, struct error *err);
	/* Writes the GeneralName of a value in the form that normalize() gave it. */
	bool (*write)(unsigned int tag, const char *value, struct buffer *to, struct error *err);
};

/* -- otherName hardwareModuleName (san_hardware.c) -- */
extern const struct bytes oid_hardware_module_name;
bool hardware_module_normalize(const char *value, char **ret, struct error *err);
bool hardware_module_write(unsigned int tag, const char *value, struct buffer *to,
			   struct error *err);
/* From the otherName's value, after its OID. */
MUST_CHECK bool hardware_module_parse(struct bytes value, char **ret, struct error *err);

const struct san_form *san_form(enum san_type type); /* SAN_OTHER has no normalize */
enum san_type san_type_by_tag(unsigned int tag);     /* SAN_OTHER when it is none of ours */
/* Adds the entry and takes over its value, also when it fails. */
MUST_CHECK bool san_push(struct san *san, enum san_type type, char *value, struct error *err);
