/* Replacing a CA's key (RFC 7030 4.1.3, RFC 4210 4.4): what the verbs of a rollover share. */
#pragma once

#include "manage/change.h"

/* The rollover under way that replaces the CA of this name. REASON_NOT_FOUND. */
MUST_CHECK bool rollover_find(const struct catalog *catalog, const struct account *account,
			      const char *old_name, const struct ca_rollover **ret,
			      struct error *err);
/* Both ends, devices of each counted; REASON_STORE_UNAVAILABLE and the like. */
MUST_CHECK bool rollover_describe(const struct call *call, const struct catalog *catalog,
				  const struct ca_rollover *rollover, json_t **ret,
				  struct error *err);
/* Names of the active profiles that issue from the CA or one below it. */
json_t *rollover_profiles_below(const struct catalog *catalog, const struct ca *ca);
/* Where /cacerts of an active profile would not fit one TLS record. */
json_t *rollover_warnings(const struct catalog *catalog, const struct account *account);

/* {name, successor, existing, subject, key, parent, validity, no_trust} */
MUST_CHECK bool rollover_start(const struct call *call, json_t **ret, struct error *err);
