/* A CSR as an operator has it. */
#pragma once

#include "manage/params.h"
#include "pki/csr.h"

/* Appends the DER of the one in this file parameter: PEM, DER, or base64 as EST clients send
 * it. Not parsed yet. */
MUST_CHECK bool csr_file_read(const json_t *params, const char *name, struct buffer *ret,
			      struct error *err);
/* The same, parsed, and its own signature verified. */
MUST_CHECK bool csr_file_parse(const json_t *params, const char *name, struct csr **ret,
			       struct error *err);
