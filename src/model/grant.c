#include "model/grant.h"

#include <stdlib.h>

void grant_free(struct grant *grant)
{
	if (!grant)
		return;
	name_done(&grant->subject);
	buffer_done(&grant->subject_der);
	buffer_done(&grant->key_id);
	san_done(&grant->san);
	buffer_done(&grant->name_constraints);
	public_key_free(grant->key);
	for (size_t i = 0; i < grant->ext_key_usage_count; i++)
		free(grant->ext_key_usages[i]);
	free(grant->ext_key_usages);
	buffer_done(&grant->extensions);
	free(grant->requested_by);
	free(grant->peer);
	free(grant->request_id);
	free(grant);
}
