/* The members of a profile's JSON: how each is written and read. A table says which field a member
 * is; a form says what its value looks like. */
#pragma once

#include <jansson.h>

#include "model/profile.h"

#define MEMBER_PATH_MAX 96

/* Where values go. */
struct reading {
	struct profile *profile;        /* to be thrown away when a value was refused */
	const struct profile *defaults; /* what null resets to; NULL: null clears a text */
	bool whole;                     /* a stored profile, not a patch: ids are taken too */
};

struct member;

struct form {
	/* A new reference, NULL when memory is out. */
	json_t *(*write)(const struct member *member, const struct profile *profile);
	/* Takes any value; refuses with REASON_INVALID and `path`. */
	bool (*read)(const struct member *member, const json_t *json, const struct reading *reading,
		     const char *path, struct error *err);
};

struct member {
	const char *name;
	const struct form *form;
	size_t offset;      /* of the field in struct profile, for the forms of any field */
	const void *detail; /* as the form wants it */
	bool given;         /* by us, never by a patch */
};

struct members {
	const struct member *rows;
	size_t count;
};

/* -- forms of any field; what detail is stands in brackets -- */
extern const struct form form_words; /* an enum (struct words) */
extern const struct form form_boolean;
extern const struct form form_text;      /* a string, or null for none */
extern const struct form form_id;        /* int64_t, not negative */
extern const struct form form_bits;      /* unsigned int */
extern const struct form form_origin;    /* struct origin, or null for ORIGIN_SAME */
extern const struct form form_duration;  /* int64_t seconds */
extern const struct form form_window;    /* the same, or "never" for WINDOW_WITHOUT_END */
extern const struct form form_not_after; /* int64_t: null, a time, or "never" */
extern const struct form form_urls;      /* struct texts */
extern const struct form form_object;    /* fields grouped in an object (struct members) */

/* -- forms of one field each: lists and sets (profile_json_list.c) -- */
extern const struct form form_aliases, form_subject, form_key_types, form_key_usage,
	form_ext_key_usage, form_signature;
/* …and of what the certificate says besides (profile_json_content.c) */
extern const struct form form_policies, form_private_extensions;

json_t *members_write(const struct members *members, const struct profile *profile);
/* Reads the members that `object` names; unknown ones are refused. */
MUST_CHECK bool members_read(const struct members *members, const json_t *object,
			     const struct reading *reading, const char *path, struct error *err);

/* -- what forms share -- */
#define MEMBER_TEXT_MAX 255
/* Views a JSON string, which must be without NUL inside and of at most MEMBER_TEXT_MAX bytes. */
MUST_CHECK bool member_text(const json_t *json, const char *path, const char **ret,
			    struct error *err);
MUST_CHECK bool member_text_up_to(const json_t *json, size_t max, const char *path,
				  const char **ret, struct error *err);
void *member_field(const struct member *member, struct profile *profile);
const void *member_const_field(const struct member *member, const struct profile *profile);
/* `to_stored` gives the heap text to keep for one item; NULL when memory is out. */
MUST_CHECK bool texts_read(const json_t *json, size_t max, char *(*to_stored)(const char *),
			   const char *path, struct texts *ret, struct error *err);
json_t *texts_write(char *const *texts, size_t count, const char *(*to_shown)(const char *));
/* A word of origin_text(), or null for ORIGIN_SAME. */
MUST_CHECK bool member_origin(const json_t *json, const char *path, struct origin *ret,
			      struct error *err);
