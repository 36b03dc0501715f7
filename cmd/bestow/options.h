/* What a command is told: by its words, and by the identity's file. One table serves both, so that
 * `bestow init` writes what any command understands. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/error.h"

#define OPTION_LIST_MAX 64

struct option_list {
	char *items[OPTION_LIST_MAX];
	size_t count;
};

/* Every text is owned; NULL when nobody said anything. */
struct options {
	/* the identity's */
	char *url, *ca, *fingerprint;
	char *user, *passphrase_file, *certificate, *key, *pin_file;
	char *subject, *new_key, *binding, *challenge_file;
	struct option_list sans;
	char *window, *timeout, *metrics;
	char *group, *reload;
	struct option_list command;

	/* the command line's */
	char *name, *config_dir, *state_dir, *csr, *out_key, *out_certificate, *out_ca, *wait;
	char *junit, *max_certificates;
	struct option_list only;
	bool no_enroll, json, quiet, help, version, check, once, force, if_due;
};

enum option_type { OPTION_TEXT, OPTION_LIST, OPTION_FLAG };

struct option {
	const char *name;          /* "--url" */
	const char *section, *key; /* in the identity's file; NULL: not there */
	enum option_type type;
	size_t offset; /* into struct options */
	const char *placeholder, *help;
};

extern const struct option option_rows[];
extern const size_t option_count;

const struct option *option_by_key(const char *section, const char *key);
/* A text that is set stays as it is: the command line wins over the file. False when memory is out
 * or the list full. */
bool option_set(struct options *options, const struct option *row, const char *value);
/* Puts another text in the place of one that is set. False when memory is out. */
bool option_replace(struct options *options, const struct option *row, const char *value);
const char *option_text(const struct options *options, const struct option *row);

/* Reads argv behind the command's word. 0, or an exit code after saying why. */
int options_read(struct options *options, int argc, char **argv);
/* Adds what DIR/NAME.conf says. REASON_CONFIG with FILE:LINE in the detail. */
MUST_CHECK bool options_load(struct options *options, struct error *err);
/* What the identity's file would have to say, appended. */
void options_print(const struct options *options, struct buffer *to);
void options_done(struct options *options);

/* A file of one secret, "-" for standard input or "fd:N": NUL-terminated, to be wiped.
 * REASON_SECRET_FILE. */
MUST_CHECK bool option_secret(const char *source, struct buffer *ret, struct error *err);
