/* What the admin process passes on. */
#include "model/api_request.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct api_request request;

	if (api_request_unpack((struct bytes){ data, size }, &request, NULL) &&
	    (request.credential.len > CREDENTIAL_MAX || request.kind >= CREDENTIAL_COUNT ||
	     request.certificate.len > CLIENT_CERTIFICATE_MAX))
		abort();
	return 0;
}
