/* What a key's text may be: one parser per type. */
#pragma once

#include "config/config.h"

#define SECTION_NAME_MAX 32

/* A name of a section "KIND NAME". */
MUST_CHECK bool section_name_check(const char *name, struct error *err);

/* A name and what it stands for; the last one's name is NULL. */
struct choice {
	const char *name;
	int value;
};

struct value_rule {
	const struct choice *choices; /* parse_choice; parse_count: words for special numbers */
	uint64_t min, max;            /* parse_count, parse_size, parse_seconds */
};

struct value {
	const struct value_rule *rule;
	const char *text;
	const char *folder; /* that relative paths begin at */
};

/* Each writes to *into, whose type it names; what was there is released. */
typedef bool value_parser(const struct value *value, void *into, struct error *err);
value_parser parse_path;        /* char *, absolute */
value_parser parse_auto_path;   /* char *; NULL for "auto" and "" */
value_parser parse_secret_path; /* char *; also credential:NAME, and "prompt" as it is */
value_parser parse_label;       /* char *, of a token; NULL for "" */
value_parser parse_name;        /* char *, of a section; NULL for "" */
value_parser parse_est_label;   /* char *; NULL for "" */
value_parser parse_est_labels;  /* struct config_labels: adds one */
value_parser parse_user;        /* char *; NULL for "" */
value_parser parse_url;         /* char *; NULL for "" */
value_parser parse_va_url;      /* char *; NULL for "": http://HOST[:PORT][/PATH] */
value_parser parse_base_path;   /* char *; "" or "/x", never with a slash at its end */
value_parser parse_flag;        /* bool: yes, no */
value_parser parse_choice;      /* int-sized enum */
value_parser parse_count;       /* unsigned int */
value_parser parse_size;        /* size_t: 8192, 8k, 1m */
value_parser parse_ms;          /* uint32_t milliseconds: 10s, 5m, 1h */
value_parser parse_listens;     /* struct config_listener: adds an address */
value_parser parse_proxies;     /* struct address_set: adds a list of addresses */
