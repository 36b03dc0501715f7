/* The process that decides and signs: RA, policy, CA keys, store, audit, periodic jobs. */
#pragma once

#include "base/change_board.h"
#include "node/lockdown.h"
#include "ca/crl_issuer.h"
#include "config/config.h"
#include "ipc/ipc.h"
#include "node/family.h"

/* Everything is borrowed from the supervisor's memory as it was at fork; authority_main may keep
 * it. */
struct authority_options {
	const struct family_line *lines; /* of the edges and the admin: ipc_server_add_line */
	size_t line_count;
	/* To the supervisor: ipc_server_add_line with IPC_ROLE_SUPERVISOR, so that the server takes
	 * IPC_LINE from it; control_ready() when the lines are served. */
	int control_fd;
	const char *state_dir;            /* exists, belongs to the user */
	const char *key_passphrase_file;  /* NULL: none; read before lockdown_authority() */
	const struct config_token *token; /* its module NULL: none is used */
	unsigned int workers;
	const char *est_url; /* "https://host:8443"; configured, or guessed from host name and first
				listener */
	const char *console_url;   /* "https://host:9443", or NULL: there is no console */
	bool has_certificate_file; /* the configuration names one, for devices and the console */
	const char *va_url;        /* "http://host", or NULL: see config_va */
	struct crl_schedule crl_schedule;
	int64_t ocsp_validity, ocsp_responder_validity; /* seconds */
	struct change_board *board;                     /* which OCSP answers are void */
	struct metrics_page *page;                      /* what this process counts */
	struct lockdown_options lockdown;
};

/* Runs until SIGTERM, which it must catch (blocked by nobody, default action at entry): stop
 * reading, finish what is held, close the store. Returns an enum process_exit. The log is open as
 * "authority"; SIGPIPE, SIGHUP and SIGINT are ignored. */
int authority_main(const struct authority_options *options);
