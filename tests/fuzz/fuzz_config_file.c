/* The node's file. Whatever is refused says why; whatever is taken can be printed. */
#include <stdlib.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err;

	if (config_parse(CONFIG_BESTOWD, "/etc/bestowd/bestowd.conf", (struct bytes){ data, size },
			 &config, &problems, &err))
		config_print(config, &text);
	else if (!problems.count)
		abort();
	config_problems_print(&problems, &text);
	return 0;
}
