/* Any text as an operator's request, over a real store with an account and nothing else: a verb
 * that needs a key to be made is not reached without a valid request, so this stays fast. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manage/manage.h"

static struct manage manage;

static bool begin(struct error *err)
{
	static char folder[] = "/tmp/bestow-fuzz-manage-XXXXXX";
	char path[64];

	if (!mkdtemp(folder))
		return false;
	snprintf(path, sizeof path, "%s/store.db", folder);
	manage.clock = &clock_system;
	manage.pepper = BYTES_LITERAL("0123456789abcdef0123456789abcdef");
	manage.key_secret = BYTES_LITERAL("fedcba9876543210fedcba9876543210");
	manage.est_url = "https://est.test";
	return store_open(path, &manage.store, err) &&
	       signer_open(folder, BYTES_LITERAL("for fuzzing only"), &manage.signer, err);
}

static void ask(struct bytes request)
{
	struct buffer reply = { 0 };

	manage_answer(&manage, "operator:fuzz", request, &reply);
	if (reply.len == 0 || reply.data[0] != '{')
		abort(); /* every request is answered */
	buffer_done(&reply);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct error err = { 0 };

	(void)argc;
	(void)argv;
	if (!begin(&err)) {
		fprintf(stderr, "%s\n", err.detail);
		abort();
	}
	ask(BYTES_LITERAL("{\"verb\":\"account.create\",\"params\":{\"name\":\"one\"}}"));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ask((struct bytes){ data, size });
	return 0;
}
