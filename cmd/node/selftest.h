/* bestowd --self-test=lockdown: does this machine hold the locks? Each kind of process locks itself
 * in and then tries what a taken-over one would. */
#pragma once

/* Prints one line per attempt; the exit status is 0 only if each ended as it must. */
int selftest_lockdown(void);
