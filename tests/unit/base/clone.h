/* A machine's snapshot that is started twice, as its processes see it: the memory of both is one
 * and the same, and so is the process id. What `act` writes in either is compared. */
#pragma once

#include "test.h"

#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLONE_OUTPUT 64

/* Stands before the C library's, for OpenSSL too, which knows a fork by it. */
__attribute__((visibility("default"))) pid_t getpid(void);
pid_t getpid(void)
{
	return 4711;
}

/* The other copy runs the same code until it has written, and is gone. */
static bool clones_differ(void (*act)(unsigned char into[CLONE_OUTPUT]))
{
	unsigned char ours[CLONE_OUTPUT] = { 0 }, theirs[CLONE_OUTPUT] = { 0 };
	int ends[2], status = -1;

	assert_int_equal(pipe(ends), 0);
	pid_t other = fork();
	assert_true(other >= 0);
	act(ours);
	if (other == 0)
		_exit(write(ends[1], ours, sizeof ours) == sizeof ours ? 0 : 1);
	assert_int_equal(read(ends[0], theirs, sizeof theirs), sizeof theirs);
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(status, 0);
	close(ends[0]);
	close(ends[1]);
	return memcmp(ours, theirs, sizeof ours) != 0;
}
