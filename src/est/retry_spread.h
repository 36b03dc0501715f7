/* When those who were sent away are to come back. */
#pragma once

#define RETRY_AFTER_MAX 172800 /* seconds: clients give up on more than two days */

/* LD-09: between what was asked for and twice that, or all who were sent away at once come back at
 * once. */
unsigned int retry_spread(unsigned int seconds);
