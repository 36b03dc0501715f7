/* Files of tests/vectors, read for a test. */
#pragma once

#include "test.h"

#include "base/bytes.h"
#include "base/file.h"

#define VECTOR_MAX (1024 * 1024)

/* The file `csr/NAME.der` under tests/vectors; the caller's. */
static inline struct buffer vector_load(const char *folder, const char *name)
{
	char path[512];
	struct buffer ret = { 0 };
	struct error err = { 0 };

	snprintf(path, sizeof path, "%s/%s/%s.der", TEST_VECTORS, folder, name);
	EXPECT_OK(file_load(path, VECTOR_MAX, &ret, &err), err);
	return ret;
}
