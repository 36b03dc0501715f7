/* For terminals: names come from certificates, and words from servers, that somebody else wrote. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

/* As vfprintf(); of what would steer a terminal only the line ends stay. */
void print_clean(FILE *to, const char *format, va_list args);
