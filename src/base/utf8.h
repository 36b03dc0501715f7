/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include "base/bytes.h"

#define UTF8_INVALID UINT32_MAX

/* Takes one character off the front of *text, which must not be empty, and yields its code point;
 * UTF8_INVALID, and one byte taken, where none begins. */
uint32_t utf8_take(struct bytes *text);
/* True for what a line, a terminal or a reader must not be steered by: C0 and C1 controls, DEL, the
 * line and paragraph separators, and the invisible marks that reorder or hide text. */
bool utf8_is_unprintable(uint32_t code_point);
/* Puts '?' for what is no UTF-8 or unprintable, so that the text may be shown and stored. */
void utf8_clean(char *text);
