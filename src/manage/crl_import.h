#pragma once

#include "manage/verb.h"

/* Revokes what a CRL of one of the account's CAs lists and the store does not have as revoked: that
 * of a node whose backup was restored, or that of a CA from before it was imported. */
MUST_CHECK bool crl_import(const struct call *call, json_t **ret, struct error *err);
