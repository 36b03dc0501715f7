#include "model/identity.h"

const char *identity_kind_text(enum identity_kind kind)
{
	switch (kind) {
	case IDENTITY_OWN:
		return "own-certificate";
	case IDENTITY_THIRD_PARTY:
		return "third-party-certificate";
	case IDENTITY_RA:
		return "ra";
	case IDENTITY_PASSPHRASE:
		return "passphrase";
	case IDENTITY_NOBODY:
		return "nobody";
	case IDENTITY_CODE:
		return "device-code";
	case IDENTITY_NONE:
		break;
	}
	return "none";
}
