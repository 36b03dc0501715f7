/* The threads that answer what an ipc_server has read: in batches that share one settling, and
 * again a moment later where an answer was not ready. */
#pragma once

#include "ipc/ipc.h"
#include "ipc/work.h"

struct workers;
/* Starts options->workers threads, some for operators, one for what is asked again, and one for
 * what waits aside. */
MUST_CHECK bool workers_new(const struct ipc_server_options *options, struct workers **ret,
			    struct error *err);
/* Joins them first. */
void workers_free(struct workers *workers);
DEFINE_CLEANUP(struct workers *, workers_free)
/* False, and nothing taken, when there is no room. What gathers is nobody's before workers_wake().
 */
bool workers_put(struct workers *workers, const struct work *work);
void workers_wake(struct workers *workers);
/* Whether what was handed out is being answered. */
bool workers_are_busy(struct workers *workers);
/* Whether messages of this kind are put several at once; the others wake their thread themselves.
 */
bool workers_are_gathering(enum ipc_kind kind);
/* Lets them finish what they hold. */
void workers_join(struct workers *workers);
