/* Never issue what is not recorded, never sign what was not checked: prepare, sign, record.
 *
 *   tx: ca_prepare()    builds, lints, enters the intent      (the transaction may end lazily)
 *       ca_sign()       outside any transaction: keys may be slow
 *   tx: ca_record()     completes the record; the certificate may leave once this is committed
 *
 * Where the key is in this very process a signature is a matter of microseconds, and what a crash
 * cuts off there is gone with its memory: then intent and record are one row, written by
 * ca_record(). */
#pragma once

#include "ca/signer.h"
#include "model/grant.h"
#include "store/store.h"

/* One certificate about to be: linted and entered in the store as an intent. One use. */
struct issuance;
void issuance_free(struct issuance *issuance);
DEFINE_CLEANUP(struct issuance *, issuance_free)

enum ca_intent {
	INTENT_ENTERED, /* in the store before anything is signed */
	INTENT_KEPT     /* in memory until ca_record() */
};

/* What is the node's: its clock, and where relying parties reach it ("http://host"; NULL: nobody
 * told, and certificates say nothing of it). */
struct ca_context {
	const struct clock *clock;
	const char *va_url;
};

/* Builds the TBSCertificate with a fresh serial, lints it, and keeps or enters the intent. Consumes
 * the grant. `issuer` is NULL for a self-signed root; else it must outlive the issuance. */
MUST_CHECK bool ca_prepare(struct store_tx *tx, struct grant *grant, const struct ca *issuer,
			   const struct ca_context *context, enum ca_intent intent,
			   struct issuance **ret, struct error *err);
/* What ca_prepare() would make of the grant, built and linted by the same code: nothing is written,
 * and the serial is of no meaning. */
struct ca_preview {
	struct buffer tbs;
	char *subject, *san; /* texts as in struct certificate */
};
MUST_CHECK bool ca_preview(struct store_tx *tx, const struct grant *grant, const struct ca *issuer,
			   const struct ca_context *context, struct ca_preview *ret,
			   struct error *err);
void ca_preview_done(struct ca_preview *preview);
/* Signs with the key of that name. Consumes the issuance, whose issuer must still be there. *ret is
 * the record with the certificate's DER; certificate_done() is the caller's. */
MUST_CHECK bool ca_sign(struct signer *signer, const char *key_name, struct issuance *issuance,
			struct certificate *ret, struct error *err);
/* Completes the record in the store: from an intent to an issued certificate, which has its id from
 * then on. */
MUST_CHECK bool ca_record(struct store_tx *tx, struct certificate *certificate, struct error *err);
