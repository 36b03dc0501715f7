#include "ca/serial.h"

#include "base/clock.h"
#include "base/random.h"

#define FIRST_OCTET_MIN 0x01
#define FIRST_OCTET_MAX 0x7f /* the number stays positive */
#define PLACE_MS 64          /* a few pages of the index, however many are made */

/* It comes round every twelve days, which moves the place and spreads nothing. */
static void put_place(unsigned char into[SERIAL_PLACE_LEN])
{
	uint64_t place = realtime_ms() / PLACE_MS;

	for (size_t i = SERIAL_PLACE_LEN; i > 0; i--, place >>= 8)
		into[i - 1] = (unsigned char)place;
}

bool serial_new(int64_t restorations, unsigned char ret[SERIAL_LEN], struct error *err)
{
	unsigned char *place = ret + 1, *random = place + SERIAL_PLACE_LEN;

	ret[0] = (unsigned char)(FIRST_OCTET_MIN + restorations % FIRST_OCTET_MAX);
	put_place(place);
	return random_fill(random, SERIAL_RANDOM_LEN, err);
}
