#include "ca/serial.h"

#include "base/random.h"

#define FIRST_OCTET_MIN 0x01
#define FIRST_OCTET_MAX 0x7f /* the number stays positive */

bool serial_new(int64_t restorations, unsigned char ret[SERIAL_LEN], struct error *err)
{
	ret[0] = (unsigned char)(FIRST_OCTET_MIN + restorations % FIRST_OCTET_MAX);
	return random_fill(ret + 1, SERIAL_LEN - 1, err);
}
