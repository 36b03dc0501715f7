/* Lists of certificates by what an operator asks for. The text of the query is put together from
 * the rows below, the values never are part of it. */
#include <ctype.h>

#include "base/hex.h"
#include "store/certificate_row.h"
#include "store/search_text.h"
#include "store/store_certificate.h"
#include "store/store_search.h"

#define LIST_MAX 1000
#define SEARCH_TEXT_MAX 1024
#define CONDITIONS_MAX 26
#define TERMS_MAX 4
#define TAIL_MAX 20000 /* certificates not yet entered that are compared one by one */
#define FEW_MAX 1000   /* matches that are named by their ids */
/* Sorts behind whatever a text goes on with: U+10FFFF, which no name holds. */
static const char behind_all[] = "\xf4\x8f\xbf\xbf";

struct value {
	enum { VALUE_NUMBER, VALUE_TEXT, VALUE_BYTES } kind;
	int64_t number;
	const char *text;
	struct bytes bytes;
};

/* One of the words that were typed. */
struct term {
	struct buffer pattern, from, to;
	int64_t count; /* entries that begin so, as far as counted */
};

struct list_query {
	struct buffer sql;
	struct value values[CONDITIONS_MAX];
	int count;
	/* what some values point to */
	struct buffer subject_pattern, san_pattern;
	struct buffer begins_from, begins_to;
	bool few_begin_so;
	struct term terms[TERMS_MAX];
	size_t term_count;
	const struct term *rarest; /* whose entries name the ids; NULL: all rows are walked */
	int64_t mark;              /* up to which certificates are entered */
	unsigned char serial_from[CERT_SERIAL_MAX + 1], serial_to[CERT_SERIAL_MAX + 1];
};

static void list_query_done(struct list_query *query)
{
	buffer_done(&query->sql);
	buffer_done(&query->subject_pattern);
	buffer_done(&query->san_pattern);
	buffer_done(&query->begins_from);
	buffer_done(&query->begins_to);
	for (size_t i = 0; i < query->term_count; i++) {
		buffer_done(&query->terms[i].pattern);
		buffer_done(&query->terms[i].from);
		buffer_done(&query->terms[i].to);
	}
}

/* `condition` holds one %d: the place of its value. */
#define ADD(query, condition, ...)                                                                 \
	do {                                                                                       \
		(query)->values[(query)->count++] = (struct value){ __VA_ARGS__ };                 \
		buffer_printf(&(query)->sql, condition, (query)->count);                           \
	} while (0)

static void add_number(struct list_query *query, int64_t number)
{
	query->values[query->count++] = (struct value){ .kind = VALUE_NUMBER, .number = number };
}

/* -- conditions -- */

/* The list goes down the account's ids until it is full and tests row by row. A database that knows
 * nothing of the values would rather collect and sort half the table, so `+column` keeps it from
 * using an index; where few rows can match, a subquery names their ids from an index alone. */

/* "What expires soon" is a short range; ends without a beginning hold all of the past. */
static bool has_short_range(const struct store_certificate_filter *filter)
{
	return filter->only_valid && filter->expires_before;
}

static void filter_objects(struct list_query *query, const struct store_certificate_filter *filter)
{
	bool ids_are_named = filter->serial_prefix || has_short_range(filter) ||
			     query->few_begin_so || query->rarest;

	ADD(query, ids_are_named ? " WHERE +account_id = $%d" : " WHERE account_id = $%d",
	    .kind = VALUE_NUMBER, .number = filter->account_id);
	if (filter->before_id)
		ADD(query, " AND id < $%d", .kind = VALUE_NUMBER, .number = filter->before_id);
	if (filter->ca_id)
		ADD(query, " AND +ca_id = $%d", .kind = VALUE_NUMBER, .number = filter->ca_id);
	if (filter->profile_id)
		ADD(query, " AND profile_id = $%d", .kind = VALUE_NUMBER,
		    .number = filter->profile_id);
	/* a number, not a value: only so is the partial index of use */
	if (filter->state == CERTIFICATE_ISSUED)
		buffer_append_text(&query->sql, " AND +state = 1");
	else if (filter->state >= 0)
		buffer_printf(&query->sql, " AND state <> 1 AND state = %d", filter->state);
}

static void filter_times(struct list_query *query, const struct store_certificate_filter *filter)
{
	if (filter->only_expired)
		ADD(query, " AND +not_after < $%d", .kind = VALUE_NUMBER, .number = filter->now);
	if (filter->only_valid) {
		ADD(query, " AND +not_after >= $%d", .kind = VALUE_NUMBER, .number = filter->now);
		buffer_printf(&query->sql, " AND (+state = 1 OR (+state = 2 AND revoked_at > $%d))",
			      query->count);
	}
	if (filter->expires_before)
		ADD(query, " AND +not_after < $%d", .kind = VALUE_NUMBER,
		    .number = filter->expires_before);
	if (has_short_range(filter))
		buffer_printf(&query->sql,
			      " AND id IN (SELECT c.id FROM certificate c WHERE c.account_id = $1 "
			      "AND c.not_after >= $%d AND c.not_after < $%d)",
			      query->count - 1, query->count);
}

/* Threat CO-11: what the operator typed is text; a wildcard in it stands for itself. Letters match
 * in either case. */
static bool make_pattern(const char *text, struct buffer *ret, struct error *err)
{
	if (strlen(text) > SEARCH_TEXT_MAX)
		return error_set(err, REASON_TOO_LARGE, "a search text over %d bytes",
				 SEARCH_TEXT_MAX);
	buffer_append_byte(ret, '%');
	for (; *text; text++) {
		if (strchr("%_\\", *text))
			buffer_append_byte(ret, '\\');
		buffer_append_byte(ret, (unsigned char)tolower((unsigned char)*text));
	}
	buffer_append_byte(ret, '%');
	return buffer_cstring(ret) || error_set(err, REASON_NO_MEMORY, "search");
}

static bool make_range(const char *text, struct list_query *query, struct error *err)
{
	if (strlen(text) > SEARCH_TEXT_MAX)
		return error_set(err, REASON_TOO_LARGE, "a search text over %d bytes",
				 SEARCH_TEXT_MAX);
	for (; *text; text++)
		buffer_append_byte(&query->begins_from,
				   (unsigned char)tolower((unsigned char)*text));
	buffer_append(&query->begins_to, buffer_view(&query->begins_from));
	buffer_append_text(&query->begins_to, behind_all);
	return (buffer_cstring(&query->begins_from) && buffer_cstring(&query->begins_to)) ||
	       error_set(err, REASON_NO_MEMORY, "search");
}

/* Few are fetched by their ids and sorted; where many begin so, the walk down the ids meets them
 * soon, and the empty text keeps the database from collecting them all. */
static void filter_begin(struct list_query *query, const struct store_certificate_filter *filter)
{
	const char *from = (const char *)query->begins_from.data;
	const char *to = (const char *)query->begins_to.data;

	if (!filter->subject_begins)
		return;
	if (query->few_begin_so) {
		ADD(query,
		    " AND id IN (SELECT c.id FROM certificate c WHERE c.account_id = $1 "
		    "AND lower(c.subject) >= $%d",
		    .kind = VALUE_TEXT, .text = from);
		ADD(query, " AND lower(c.subject) < $%d)", .kind = VALUE_TEXT, .text = to);
	} else {
		ADD(query, " AND lower(subject) || '' >= $%d", .kind = VALUE_TEXT, .text = from);
		ADD(query, " AND lower(subject) || '' < $%d", .kind = VALUE_TEXT, .text = to);
	}
}

static bool count_begin(struct db *db, const struct store_certificate_filter *filter,
			struct list_query *query, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *counting = NULL;

	if (!filter->subject_begins)
		return true;
	if (!make_range(filter->subject_begins, query, err) ||
	    !db_prepare(db,
			"SELECT count(*) FROM (SELECT c.id FROM certificate c "
			"WHERE c.account_id = $1 AND lower(c.subject) >= $2 "
			"AND lower(c.subject) < $3 LIMIT $4)",
			&counting, err))
		return false;
	db_bind_int64(counting, 1, filter->account_id);
	db_bind_text(counting, 2, (const char *)query->begins_from.data);
	db_bind_text(counting, 3, (const char *)query->begins_to.data);
	db_bind_int64(counting, 4, FEW_MAX + 1);
	if (!db_step_row(counting, err))
		return false;
	query->few_begin_so = db_int64(counting, 0) <= FEW_MAX;
	return true;
}

/* -- words -- */

static bool read_term(struct list_query *query, const char *text, size_t len, struct error *err)
{
	struct term *term = &query->terms[query->term_count];

	if (query->term_count == TERMS_MAX)
		return error_set(err, REASON_INVALID, "a search has at most %d words", TERMS_MAX);
	query->term_count++;
	if (!search_term_read(text, len, &term->pattern, &term->from, err))
		return false;
	buffer_append(&term->to, buffer_view(&term->from));
	buffer_append_text(&term->to, behind_all);
	return buffer_cstring(&term->to) || error_set(err, REASON_NO_MEMORY, "search");
}

static bool read_terms(struct list_query *query, const char *text, struct error *err)
{
	if (strlen(text) > SEARCH_TEXT_MAX)
		return error_set(err, REASON_TOO_LARGE, "a search text over %d bytes",
				 SEARCH_TEXT_MAX);
	bool is_blank = text[strspn(text, " ")] == '\0';
	while (*text) {
		size_t len = strcspn(text, " ");

		if (search_term_holds_word(text, len) && !read_term(query, text, len, err))
			return false;
		text += len + (text[len] == ' ');
	}
	return is_blank || query->term_count > 0 ||
	       error_set(err, REASON_INVALID, "a search text needs a letter or a digit");
}

static bool count_term(struct db *db, int64_t account_id, struct term *term, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *counting = NULL;

	if (!db_prepare(db,
			"SELECT count(*) FROM (SELECT w.certificate_id FROM certificate_word w "
			"WHERE w.account_id = $1 AND w.word >= $2 AND w.word < $3 LIMIT $4)",
			&counting, err))
		return false;
	db_bind_int64(counting, 1, account_id);
	db_bind_text(counting, 2, (const char *)term->from.data);
	db_bind_text(counting, 3, (const char *)term->to.data);
	db_bind_int64(counting, 4, SEARCH_FEW_MAX + 1);
	if (!db_step_row(counting, err))
		return false;
	term->count = db_int64(counting, 0);
	return true;
}

/* *ret is false where more than a few are not entered yet, as after an update from an old release.
 */
static bool tail_is_short(struct db *db, struct list_query *query, bool *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *looking = NULL;

	if (!db_prepare(db,
			"SELECT certificate_id, (SELECT count(*) FROM (SELECT c.id FROM "
			"certificate c WHERE c.id > certificate_id LIMIT $1)) "
			"FROM search_mark WHERE id = 1",
			&looking, err))
		return false;
	db_bind_int64(looking, 1, TAIL_MAX + 1);
	if (!db_step_row(looking, err))
		return false;
	query->mark = db_int64(looking, 0);
	*ret = db_int64(looking, 1) <= TAIL_MAX;
	return true;
}

static bool choose_rarest(struct db *db, const struct store_certificate_filter *filter,
			  struct list_query *query, struct error *err)
{
	const struct term *rarest = NULL;
	bool is_short = false;

	if (!filter->text)
		return true;
	if (!read_terms(query, filter->text, err) || !tail_is_short(db, query, &is_short, err))
		return false;
	for (size_t i = 0; i < query->term_count; i++) {
		if (!count_term(db, filter->account_id, &query->terms[i], err))
			return false;
		if (!rarest || query->terms[i].count < rarest->count)
			rarest = &query->terms[i];
	}
	if (rarest && rarest->count <= SEARCH_FEW_MAX && is_short)
		query->rarest = rarest;
	return true;
}

/* Whatever names the ids, each row is compared with all that was typed: so it finds the same. */
static void filter_terms(struct list_query *query)
{
	if (query->rarest) {
		ADD(query,
		    " AND id IN (SELECT w.certificate_id FROM certificate_word w "
		    "WHERE w.account_id = $1 AND w.word >= $%d",
		    .kind = VALUE_TEXT, .text = (const char *)query->rarest->from.data);
		ADD(query, " AND w.word < $%d", .kind = VALUE_TEXT,
		    .text = (const char *)query->rarest->to.data);
		ADD(query, " UNION ALL SELECT c.id FROM certificate c WHERE c.id > $%d)",
		    .kind = VALUE_NUMBER, .number = query->mark);
	}
	for (size_t i = 0; i < query->term_count; i++) {
		buffer_append_text(&query->sql, " AND ");
		search_text_sql(&query->sql);
		ADD(query, " LIKE $%d ESCAPE '\\'", .kind = VALUE_TEXT,
		    .text = (const char *)query->terms[i].pattern.data);
	}
}

static bool filter_texts(struct list_query *query, const struct store_certificate_filter *filter,
			 struct error *err)
{
	if (filter->subject_holds) {
		if (!make_pattern(filter->subject_holds, &query->subject_pattern, err))
			return false;
		ADD(query, " AND lower(subject) LIKE $%d ESCAPE '\\'", .kind = VALUE_TEXT,
		    .text = (const char *)query->subject_pattern.data);
	}
	if (filter->san_holds) {
		if (!make_pattern(filter->san_holds, &query->san_pattern, err))
			return false;
		ADD(query, " AND lower(san) LIKE $%d ESCAPE '\\'", .kind = VALUE_TEXT,
		    .text = (const char *)query->san_pattern.data);
	}
	return true;
}

/* Digits without separators; led by the 00 that the INTEGER has where a tool shows the number
 * alone. */
static bool serial_digits(const char *text, char into[2 * CERT_SERIAL_MAX + 1], struct error *err)
{
	size_t len = 0;

	if (*text && strchr("89abcdefABCDEF", *text))
		while (len < 2)
			into[len++] = '0';
	for (; *text; text++) {
		if (*text == ':')
			continue;
		if (!isxdigit((unsigned char)*text) || len >= 2 * CERT_SERIAL_MAX)
			return error_set(err, REASON_INVALID,
					 "a serial is up to %d hexadecimal digits",
					 2 * CERT_SERIAL_MAX);
		into[len++] = *text;
	}
	into[len] = '\0';
	return true;
}

/* The least octets above all that start with these digits: the last octet, plus one in its last
 * digit given. */
static bool add_one(unsigned char *octets, size_t len, unsigned char step)
{
	for (size_t i = len; i > 0; i--) {
		unsigned int sum = (unsigned int)octets[i - 1] + step;

		octets[i - 1] = (unsigned char)sum;
		if (sum <= 0xff)
			return true;
		step = 1;
	}
	return false;
}

static bool filter_serial(struct list_query *query, const char *prefix, struct error *err)
{
	char digits[2 * CERT_SERIAL_MAX + 2];
	size_t len = 0;

	if (!serial_digits(prefix, digits, err))
		return false;
	size_t count = strlen(digits);
	bool half = count % 2;
	if (half)
		memcpy(digits + count, "0", 2);
	if (!hex_decode(digits, query->serial_from, sizeof query->serial_from, &len))
		return error_set(err, REASON_INVALID, "a serial is hexadecimal");
	memcpy(query->serial_to, query->serial_from, len);
	/* 0 stands for the issuer of a root */
	ADD(query,
	    " AND id IN (SELECT c.id FROM certificate c WHERE c.ca_id IN "
	    "(SELECT 0 UNION ALL SELECT ca.id FROM ca WHERE ca.account_id = $1) "
	    "AND c.serial >= $%d",
	    .kind = VALUE_BYTES, .bytes = { query->serial_from, len });
	if (add_one(query->serial_to, len, half ? 0x10 : 1))
		ADD(query, " AND c.serial < $%d", .kind = VALUE_BYTES,
		    .bytes = { query->serial_to, len });
	buffer_append_byte(&query->sql, ')');
	return true;
}

static bool check_filter(const struct store_certificate_filter *filter, struct error *err)
{
	if (!filter->account_id)
		return error_set(err, REASON_INVALID, "no account");
	if (filter->limit < 1 || filter->limit > LIST_MAX)
		return error_set(err, REASON_INVALID, "limit is 1 to %d", LIST_MAX);
	if (filter->state < -1 || filter->state > CERTIFICATE_ABANDONED)
		return error_set(err, REASON_INVALID, "state %d", filter->state);
	return true;
}

static bool build(struct list_query *query, const struct store_certificate_filter *filter,
		  struct error *err)
{
	buffer_append_text(&query->sql, "SELECT " CERTIFICATE_COLUMNS " FROM certificate");
	filter_objects(query, filter);
	filter_times(query, filter);
	filter_begin(query, filter);
	filter_terms(query);
	if (!filter_texts(query, filter, err) ||
	    (filter->serial_prefix && !filter_serial(query, filter->serial_prefix, err)))
		return false;
	add_number(query, filter->limit);
	buffer_printf(&query->sql, " ORDER BY id DESC LIMIT $%d", query->count);
	return buffer_cstring(&query->sql) || error_set(err, REASON_NO_MEMORY, "search");
}

/* -- running -- */

static void bind_values(struct db_statement *statement, const struct list_query *query)
{
	for (int i = 0; i < query->count; i++) {
		const struct value *value = &query->values[i];

		switch (value->kind) {
		case VALUE_NUMBER:
			db_bind_int64(statement, i + 1, value->number);
			break;
		case VALUE_TEXT:
			db_bind_text(statement, i + 1, value->text);
			break;
		case VALUE_BYTES:
			db_bind_bytes(statement, i + 1, value->bytes);
			break;
		}
	}
}

/* *ret_go_on is false when there is no further row or none is wanted. */
static bool list_next(struct db_statement *statement,
		      bool (*each)(void *context, const struct certificate *certificate),
		      void *context, bool *ret_go_on, struct error *err)
{
	CLEANUP(certificate_done) struct certificate certificate = { 0 };

	if (!db_step(statement, ret_go_on, err))
		return false;
	if (!*ret_go_on)
		return true;
	if (!certificate_of_row(statement, &certificate, err))
		return false;
	*ret_go_on = each(context, &certificate);
	return true;
}

bool store_certificate_list(struct store *store, const struct store_certificate_filter *filter,
			    bool (*each)(void *context, const struct certificate *certificate),
			    void *context, struct error *err)
{
	CLEANUP(list_query_done) struct list_query query = { 0 };
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *statement = NULL;
	bool go_on = true;

	if (!check_filter(filter, err) || !reader_take(store, &reader, err) ||
	    !count_begin(reader.db, filter, &query, err) ||
	    !choose_rarest(reader.db, filter, &query, err) || !build(&query, filter, err) ||
	    !db_prepare_once(reader.db, (const char *)query.sql.data, &statement, err))
		return false;
	bind_values(statement, &query);
	while (go_on)
		if (!list_next(statement, each, context, &go_on, err))
			return false;
	return true;
}

bool store_certificate_count(struct store *store, int64_t account_id, int64_t now,
			     int64_t *ret_valid, int64_t *ret_expired, int64_t *ret_revoked,
			     struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	/* Those that end after now and those that ended, less the exceptions among them; a
	 * revocation yet to come is none. All three are ranges of an index. */
	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT "
			"(SELECT count(*) FROM certificate "
			"WHERE account_id = $1 AND not_after >= $2) - "
			"(SELECT count(*) FROM certificate WHERE state <> 1 "
			"AND state IN (0, 2, 3) AND account_id = $1 AND +not_after >= $2 "
			"AND NOT (state = 2 AND revoked_at > $2)), "
			"(SELECT count(*) FROM certificate "
			"WHERE account_id = $1 AND not_after < $2) - "
			"(SELECT count(*) FROM certificate WHERE state <> 1 "
			"AND state IN (0, 2, 3) AND account_id = $1 AND +not_after < $2 "
			"AND NOT (state = 2 AND revoked_at > $2)), "
			"(SELECT count(*) FROM certificate "
			"WHERE state <> 1 AND state = 2 AND account_id = $1 AND revoked_at <= $2)",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	db_bind_int64(query, 2, now);
	if (!db_step_row(query, err))
		return false;
	*ret_valid = db_int64(query, 0);
	*ret_expired = db_int64(query, 1);
	*ret_revoked = db_int64(query, 2);
	return true;
}
