#include "model/crl.h"

void crl_done(struct crl *crl)
{
	buffer_done(&crl->der);
	*crl = (struct crl){ 0 };
}

const char *crl_kind_text(enum crl_kind kind)
{
	return kind == CRL_DELTA ? "delta" : "full";
}
