/* The character classes of RFC 9110 section 5, without a locale. */
#pragma once

#include <stdbool.h>

bool text_is_digit(unsigned char c);
bool text_is_capital(unsigned char c);
bool text_is_letter(unsigned char c);
int text_hex_value(unsigned char c);       /* -1 when it is no hexadecimal digit */
bool text_is_field_octet(unsigned char c); /* VCHAR, SP, HTAB, obs-text */
bool text_is_token_octet(unsigned char c);
bool text_is_token(const char *text);
/* Cuts spaces and tabs off both ends, in place. */
char *text_trim(char *text);
/* Is `word` a member of this comma-separated list? In any case. */
bool text_list_holds(const char *list, const char *word);
