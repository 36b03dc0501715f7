/* What unpacks lies in the message, and packs to what unpacks again; a path that names something
 * names it by hexadecimal digits only. */
#include <stdlib.h>
#include <string.h>

#include "model/publication.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void try_path(const unsigned char *data, size_t size)
{
	CLEANUP(freep) char *path = bytes_to_string((struct bytes){ data, size });
	char name[PUBLICATION_NAME_MAX + 1];
	enum publication_kind kind;

	if (path && publication_path_parse(path, &kind, name) &&
	    strspn(name, "0123456789abcdef") != PUBLICATION_NAME_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct publication publication, back;
	struct error err;

	try_path(data, size);
	if (!publication_unpack((struct bytes){ data, size }, &publication, &err))
		return 0;
	if (publication.body.len > size)
		abort();
	publication_pack(&publication, &packed);
	if (!publication_unpack(buffer_view(&packed), &back, &err))
		abort();
	return 0;
}
