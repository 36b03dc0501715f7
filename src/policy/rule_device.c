#include "policy/rule.h"

/* Who is turned away here has not proven to be anybody whom the profile knows, so it reads no more
 * than any stranger does: being off the list and being suspended look alike. */
static bool turn_away(struct decision *decision)
{
	decision->identity = IDENTITY_NONE;
	return false;
}

/* A code is good for the device that it was given to, not for whoever has got hold of it. */
static bool check_same_device(const struct decision *decision, struct error *err)
{
	const struct device_finding *found = &decision->facts->device;

	if (!decision->by_code || !found->by_code || !decision_by_certificate(decision))
		return true;
	if (found->by_certificate && found->by_certificate->id == found->by_code->id)
		return true;
	return error_set(err, REASON_BAD_CODE,
			 "the code is that of device %s, and the certificate is not",
			 found->by_code->identity);
}

static const struct device *find_device(const struct decision *decision)
{
	const struct device_finding *found = &decision->facts->device;

	if (decision_by_certificate(decision))
		return found->by_certificate;
	return decision->by_code ? found->by_code : NULL;
}

/* Nobody's but this profile's list counts. */
static bool is_on_list(const struct device *device, const struct profile *profile)
{
	return device && device->profile_id == profile->id;
}

static bool check_listed(const struct decision *decision, const struct device *device,
			 struct error *err)
{
	switch (decision->profile->devices) {
	case DEVICES_ANY:
		return true;
	case DEVICES_REGISTERED:
		return is_on_list(device, decision->profile) ||
		       error_set(err, REASON_DEVICE_NOT_REGISTERED,
				 "%s proves no registered device of profile %s",
				 identity_kind_text(decision->identity), decision->profile->name);
	}
	return error_set(err, REASON_INTERNAL, "the unknown device rule %d",
			 (int)decision->profile->devices);
}

bool device_check(const struct device *device, struct error *err)
{
	return !device || !device->suspended_at ||
	       error_set(err, REASON_DEVICE_SUSPENDED, "device %s is suspended", device->identity);
}

bool rule_device(struct decision *decision, struct error *err)
{
	const struct device *device = find_device(decision);

	if (!check_same_device(decision, err) || !check_listed(decision, device, err) ||
	    !device_check(device, err))
		return turn_away(decision);
	decision_note(decision, device ? "a registered device" : "no registered device");
	return true;
}
