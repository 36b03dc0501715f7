/* Help at every level; examples lead. */
#pragma once

#include <stdio.h>

#include "bestowctl/command.h"

void help_overview(FILE *to);
void help_noun(FILE *to, const char *noun);
void help_command(FILE *to, const struct command *command);
