/* Memory files: what many processes read travels once. */
#pragma once

#include "ipc/ipc.h"

/* A sealed memory file that holds a copy of the payload; *ret is the caller's to close. */
MUST_CHECK bool memory_file_make(struct bytes payload, int *ret, struct error *err);
