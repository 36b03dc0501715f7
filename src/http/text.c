#include "http/text.h"

#include <string.h>
#include <strings.h>

#define OWS " \t"

bool text_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

bool text_is_capital(unsigned char c)
{
	return c >= 'A' && c <= 'Z';
}

bool text_is_letter(unsigned char c)
{
	return text_is_capital(c) || (c >= 'a' && c <= 'z');
}

int text_hex_value(unsigned char c)
{
	if (text_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool text_is_field_octet(unsigned char c)
{
	return c == '\t' || (c >= ' ' && c != 0x7f);
}

bool text_is_token_octet(unsigned char c)
{
	return text_is_digit(c) || text_is_letter(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

bool text_is_token(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text; text++)
		if (!text_is_token_octet((unsigned char)*text))
			return false;
	return true;
}

char *text_trim(char *text)
{
	text += strspn(text, OWS);
	size_t len = strlen(text);
	while (len > 0 && strchr(OWS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

bool text_list_holds(const char *list, const char *word)
{
	size_t word_len = strlen(word);

	while (*list) {
		list += strspn(list, OWS ",");
		size_t len = strcspn(list, OWS ",");
		if (len == word_len && strncasecmp(list, word, len) == 0)
			return true;
		list += len;
	}
	return false;
}
