#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/device_commands.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "IDENTITY", "identity", LOOK_TEXT }, { "KIND", "kind", LOOK_TEXT },
	{ "STATE", "state", LOOK_TEXT },       { "NAME", "name", LOOK_TEXT },
	{ "REMARK", "remark", LOOK_TEXT },     { "SINCE", "created", LOOK_DATE },
};
static const struct column fields[] = {
	{ "identity", "device.identity", LOOK_TEXT },
	{ "kind", "device.kind", LOOK_TEXT },
	{ "state", "device.state", LOOK_TEXT },
	{ "name", "device.name", LOOK_TEXT },
	{ "remark", "device.remark", LOOK_TEXT },
	{ "registered", "device.created", LOOK_TIME },
	{ "suspended", "device.suspended_at", LOOK_TIME },
	{ "newest certificate", "device.certificate_id", LOOK_TEXT },
	{ "code", "code.state", LOOK_TEXT },
	{ "code made", "code.created", LOOK_TIME },
	{ "code ends", "code.ends", LOOK_TIME },
	{ "code uses", "code.uses", LOOK_TEXT },
	{ "code uses at most", "code.uses_max", LOOK_TEXT },
	{ "wrong tries", "code.failures", LOOK_TEXT },
	{ "code locked", "code.locked_at", LOOK_TIME },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	const json_t *next = json_at(result, "next");

	print_table(invocation, json_at(result, "devices"), columns, ARRAY_LEN(columns),
		    "no device is on this profile's list; bestowctl device import puts them there");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there may be more: --after %lld",
			   (long long)json_integer_value(next));
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(result, fields, ARRAY_LEN(fields));
}

static void show_state(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%s is %s\n", json_text_at(result, "device.identity"),
	       json_text_at(result, "device.state"));
}

static void show_removed(const struct invocation *invocation, const json_t *result)
{
	printf("%s is off the list\n", json_text_at(result, "removed"));
	print_hint(invocation, "its certificates stay valid: bestowctl cert revoke ends them");
}

#define PROFILE_ARGUMENT                                                                           \
	{                                                                                          \
		"--profile", "profile", ARGUMENT_TEXT, true, "PROFILE", "whose list"               \
	}

static const struct argument import_arguments[] = {
	{ "FILE", NULL, ARGUMENT_TEXT, true, NULL,
	  "CSV with a first line; - reads standard input" },
	PROFILE_ARGUMENT,
	{ "--uses", "uses", ARGUMENT_NUMBER, false, "COUNT",
	  "of each code whose line says nothing; 1 unless told" },
	{ "--ends", "ends", ARGUMENT_TEXT, false, "TIME",
	  "how long those codes hold, such as 30d; else without end" },
	{ "--replace-codes", "replace_codes", ARGUMENT_FLAG, false, NULL,
	  "also of devices that are on the list already" },
	{ "--dry-run", "dry_run", ARGUMENT_FLAG, false, NULL,
	  "tell what would come of it, and change nothing" },
	{ 0 },
};
static const struct argument list_arguments[] = {
	PROFILE_ARGUMENT,
	{ "--state", "state", ARGUMENT_TEXT, false, "STATE", "registered, enrolled or suspended" },
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "COUNT", "50 unless told, at most 1000" },
	{ "--after", "after", ARGUMENT_NUMBER, false, "ID", "those behind this one" },
	{ 0 },
};
static const struct argument add_arguments[] = {
	PROFILE_ARGUMENT,
	{ "--serial", "serial", ARGUMENT_TEXT, false, "NUMBER",
	  "the serialNumber attribute of its certificate's subject" },
	{ "--fingerprint", "fingerprint", ARGUMENT_TEXT, false, "SHA-256", "of its certificate" },
	{ "--name", "name", ARGUMENT_TEXT, false, "NAME", "what it may be called beside" },
	{ "--remark", "remark", ARGUMENT_TEXT, false, "TEXT", "for people" },
	{ 0 },
};
static const struct argument device_arguments[] = {
	{ "DEVICE", "device", ARGUMENT_TEXT, true, NULL, "its serial number or fingerprint" },
	PROFILE_ARGUMENT,
	{ 0 },
};
static const struct argument codes_arguments[] = {
	PROFILE_ARGUMENT,
	{ "--device", "devices", ARGUMENT_TEXTS, false, "DEVICE",
	  "for this one; its present code ends" },
	{ "--count", "count", ARGUMENT_NUMBER, false, "COUNT",
	  "so many that are good for any device" },
	{ "--uses", "uses", ARGUMENT_NUMBER, false, "COUNT", "of each; 1 unless told" },
	{ "--ends", "ends", ARGUMENT_TEXT, false, "TIME",
	  "how long they hold, such as 30d; else without end" },
	{ "--out", NULL, ARGUMENT_TEXT, false, "FILE", "as CSV, mode 0600, never over a file" },
	{ 0 },
};

static const struct command commands[] = {
	{ "device", "import", NULL, "Puts devices on a profile's list, with their codes",
	  "device import fleet.csv --profile sensors\n"
	  "device import codes.csv --profile sensors --ends 30d\n"
	  "device import fleet.csv --profile sensors --dry-run\n",
	  import_arguments, NULL, device_import },
	{ "device", "list", "device.list", "Lists the devices of a profile",
	  "device list --profile sensors --state suspended\n", list_arguments, show_list, NULL },
	{ "device", "show", "device.show", "Shows one, and how its code stands",
	  "device show SN-0042 --profile sensors\n", device_arguments, show_one, NULL },
	{ "device", "add", "device.add", "Puts one on the list",
	  "device add --profile sensors --serial SN-0042 --name gate-7\n", add_arguments,
	  show_state, NULL },
	{ "device", "suspend", "device.suspend", "Turns one away until it is resumed",
	  "device suspend SN-0042 --profile sensors\n", device_arguments, show_state, NULL },
	{ "device", "resume", "device.resume", "Ends a suspension, and the lock of its code",
	  "device resume SN-0042 --profile sensors\n", device_arguments, show_state, NULL },
	{ "device", "remove", "device.remove", "Takes one off the list, with its code",
	  "device remove SN-0042 --profile sensors\n", device_arguments, show_removed, NULL },
	{ "device", "codes", NULL,
	  "Makes enrollment codes: for devices, or for those that have none yet",
	  "device codes --profile sensors --out codes.csv\n"
	  "device codes --profile sensors --device SN-0042 --ends 7d\n"
	  "device codes --profile trial --count 20 --out codes.csv\n",
	  codes_arguments, NULL, device_codes },
};
const struct command_table device_commands = { commands, ARRAY_LEN(commands) };
