/* Names as they are searched: in small letters, with a space for each character that divides words
 * ("CN=pump-7, O=Acme" is " cn pump 7, o acme"). A search finds what begins where a word does. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define SEARCH_WORD_MAX 40    /* octets of an entry; what is longer is compared in the row itself */
#define SEARCH_ENTRIES_MAX 32 /* of one certificate */

/* Appends the SQL that folds the columns subject and san of a row. */
void search_text_sql(struct buffer *to);

/* Appends the folded text of a certificate's names, a space before it. */
void search_text_fold(const char *subject, const char *san, struct buffer *to);
/* The entries of a folded text: from the beginning of each word on, as far as the next '=', ':' or
 * ',' in the text before it was folded. Views into `folded`; none is the beginning of another. */
size_t search_text_entries(const char *subject, const char *san, struct bytes folded,
			   struct bytes ret[SEARCH_ENTRIES_MAX]);

/* Something is left without the characters that divide words. */
bool search_term_holds_word(const char *term, size_t len);
/* What was typed, without spaces: the pattern for LIKE (escaped by '\\'), and how the entry begins
 * that any certificate with it has. REASON_INVALID where it holds nothing to search. */
MUST_CHECK bool search_term_read(const char *term, size_t len, struct buffer *ret_pattern,
				 struct buffer *ret_begin, struct error *err);
