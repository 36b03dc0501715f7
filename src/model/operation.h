/* The EST operations (RFC 7030 3.2.2). */
#pragma once

enum est_operation {
	EST_CACERTS,
	EST_SIMPLEENROLL,
	EST_SIMPLEREENROLL,
	EST_CSRATTRS,
	EST_SERVERKEYGEN,
	EST_FULLCMC,
	EST_OPERATION_COUNT,
};

/* The URL's last segment: "simpleenroll" … */
const char *est_operation_text(enum est_operation operation);
/* Exact; EST_OPERATION_COUNT when unknown. */
enum est_operation est_operation_by_text(const char *text);
