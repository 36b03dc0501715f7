/* The status codes that we speak. */
#pragma once

#include "base/reason.h"

const char *status_phrase(unsigned int status); /* "Status" for one that has no row */
/* The catalogue's reason for a status with which http refuses a request by itself. */
enum reason status_reason(unsigned int status);
