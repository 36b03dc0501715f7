#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

/* A hostile value must not forge a log line or steer a terminal. */
static void replace_control_characters(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void error_fill(struct error *err, enum reason reason, uint32_t retry_after, const char *format,
		...)
{
	va_list args;

	if (!err)
		return;
	err->reason = reason;
	err->retry_after = retry_after;
	va_start(args, format);
	vsnprintf(err->detail, sizeof err->detail, format, args);
	va_end(args);
	replace_control_characters(err->detail);
}
