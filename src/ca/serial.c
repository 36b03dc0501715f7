#include "ca/serial.h"

#include "base/random.h"

#define SERIAL_FIRST_OCTET 0x01

bool serial_new(unsigned char ret[SERIAL_LEN], struct error *err)
{
	ret[0] = SERIAL_FIRST_OCTET;
	return random_fill(ret + 1, SERIAL_LEN - 1, err);
}
