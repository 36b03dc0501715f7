#include "est/binding.h"

#include <string.h>

bool binding_names_session(const struct channel_binding *binding, const char *text)
{
	return (binding->tls_exporter[0] && strcmp(text, binding->tls_exporter) == 0) ||
	       (binding->tls_unique[0] && strcmp(text, binding->tls_unique) == 0);
}
