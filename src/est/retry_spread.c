#include "est/retry_spread.h"

#include <limits.h>

#include "base/random.h"

unsigned int retry_spread(unsigned int seconds)
{
	unsigned char coin = 0;

	if (seconds > RETRY_AFTER_MAX)
		return RETRY_AFTER_MAX;
	(void)!random_fill(&coin, 1, NULL);
	unsigned int spread = seconds + seconds * coin / UCHAR_MAX;
	return spread < RETRY_AFTER_MAX ? spread : RETRY_AFTER_MAX;
}
