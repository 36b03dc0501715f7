#include "model/operation.h"

#include <string.h>

static const char *const texts[EST_OPERATION_COUNT] = {
	[EST_CACERTS] = "cacerts",
	[EST_SIMPLEENROLL] = "simpleenroll",
	[EST_SIMPLEREENROLL] = "simplereenroll",
	[EST_CSRATTRS] = "csrattrs",
	[EST_SERVERKEYGEN] = "serverkeygen",
	[EST_FULLCMC] = "fullcmc",
};

const char *est_operation_text(enum est_operation operation)
{
	return (unsigned int)operation < EST_OPERATION_COUNT ? texts[operation] : "none";
}

enum est_operation est_operation_by_text(const char *text)
{
	enum est_operation operation = EST_CACERTS;

	while (operation < EST_OPERATION_COUNT && strcmp(texts[operation], text) != 0)
		operation++;
	return operation;
}
