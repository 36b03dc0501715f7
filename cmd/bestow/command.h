/* bestow's commands as rows. */
#pragma once

#include "bestow/options.h"

struct command {
	const char *name;
	const char *place; /* "NAME", "[NAME]" or "" */
	const char *summary;
	const char *examples; /* lines, without "bestow" */
	int (*run)(struct options *options);
};

int cmd_init(struct options *options);
int cmd_cacerts(struct options *options);
int cmd_enroll(struct options *options);
int cmd_renew(struct options *options);
int cmd_csrattrs(struct options *options);
int cmd_status(struct options *options);
int cmd_doctor(struct options *options);
int cmd_agent(struct options *options);
int cmd_conformance(struct options *options);

extern const struct command commands[];
extern const size_t command_count;

/* -- help -- */
void help_overview(FILE *to);
void help_command(FILE *to, const struct command *command);
