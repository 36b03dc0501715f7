/* How a call of libbestow fails: an outcome for the program, a code for machines, words and a
 * remedy for people. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BESTOW_DETAIL_MAX 240

/* Equal to the exit codes of the programs. */
enum bestow_outcome {
	BESTOW_DONE = 0,
	BESTOW_FAILED = 1,
	BESTOW_MISUSED = 2,         /* an argument makes no sense */
	BESTOW_NOT_FOUND = 3,       /* the server has no such service */
	BESTOW_UNAUTHENTICATED = 4, /* the server does not take the credential */
	BESTOW_REFUSED = 5,         /* the server knows who asks, and says no */
	BESTOW_PENDING = 6,         /* ask again after `retry_after` seconds */
	BESTOW_UNREACHABLE = 7,     /* nobody answers, or answers that it cannot now */
	BESTOW_UNTRUSTED = 8,       /* the server did not prove who it is */
	BESTOW_LOCAL = 10,          /* a key or a file on this side */
};

/* Filled by a call that fails, and not touched by one that does not. It owns nothing: its strings
 * are constants, and it may be copied and passed between threads. */
struct bestow_error {
	enum bestow_outcome outcome;
	uint32_t retry_after; /* seconds; 0: the server did not say */
	const char *code;     /* "server_untrusted" …: stable, never NULL after a failure */
	const char *words;    /* one sentence */
	const char *remedy;   /* what to do about it; "" when nothing */
	char detail[BESTOW_DETAIL_MAX];
};

/* For a transport of one's own: fills *err with BESTOW_UNREACHABLE, BESTOW_UNTRUSTED or
 * BESTOW_LOCAL (any other becomes BESTOW_FAILED) and a copy of these words. Always false. */
bool bestow_fail(struct bestow_error *err, enum bestow_outcome outcome, const char *detail);

#ifdef __cplusplus
}
#endif
