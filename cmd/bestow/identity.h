/* An identity's places: its file, and the folder of its keys and certificates.
 *
 *   STATE/NAME/current -> pair-…    what services use: cert.pem and key.pem, both of one pair
 *   STATE/NAME/previous -> pair-…   what they used before
 *   STATE/NAME/pending -> pair-…    a key whose certificate is on its way
 *   STATE/NAME/cacerts.pem          the server's CA certificates
 *   STATE/NAME/state                what the agent remembers
 *
 * A renewal fills the pending pair, syncs it, and renames the link `pending` over `current`: one
 * step, before which the old pair is whole and current, and after which the new one is. */
#pragma once

#include <limits.h>

#include "bestow/bestow.h"
#include "bestow/options.h"

#define CONFIG_DIR_DEFAULT "/etc/bestow-agent"
#define STATE_DIR_DEFAULT "/var/lib/bestow-agent"
#define IDENTITY_NAME_MAX 64

/* Letters, digits, '-', '_' and '.', not first: a name is a file's name. REASON_INVALID. */
MUST_CHECK bool identity_check_name(const char *name, struct error *err);
MUST_CHECK bool identity_config_path(const struct options *options, char into[PATH_MAX],
				     struct error *err);
/* STATE/NAME[/entry[/file]]; NULLs end it early. */
MUST_CHECK bool identity_path(const struct options *options, const char *entry, const char *file,
			      char into[PATH_MAX], struct error *err);
/* Makes STATE/NAME where it is missing and locks it against other runs; *ret_lock is closed by the
 * caller. REASON_CONFLICT while another run holds it. */
MUST_CHECK bool identity_lock(const struct options *options, int *ret_lock, struct error *err);
