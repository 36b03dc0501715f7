/* The process that administrators speak to: a local socket for bestowctl, HTTPS for the console and
 * the REST API. It has neither CA keys nor store; it passes requests to the authority. A browser is
 * never asked for a device's certificate.
 *
 * On the local socket each way a message is a u32 (big-endian) length and that many octets of JSON,
 * one request after another. Only root and the node's own user are answered. */
#pragma once

#include "node/lockdown.h"
#include "http/http.h"
#include "metrics/page.h"

#define ADMIN_MESSAGE_MAX (4u * 1024 * 1024)

struct admin_options {
	int line_fd;    /* to the authority: ipc_client */
	int control_fd; /* to the supervisor: control.h */
	int listen_fd;  /* unix stream socket, listening, non-blocking */
	uid_t uid;      /* the node's user, besides root */
	const struct http_listener_options *listeners; /* of the console and the API */
	size_t listener_count;
	/* PEM chain and key; NULL: the identity comes from the authority */
	const char *certificate_path, *private_key_path;
	struct metrics_page *page; /* what this process counts */
	struct lockdown_options lockdown;
};

/* Runs until retired; returns an enum process_exit. */
int admin_main(const struct admin_options *options);
