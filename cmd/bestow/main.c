/* bestow: the device's command. Finds the command among the rows, reads its options, and what the
 * identity's file says besides. */
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "bestow/command.h"
#include "bestow/say.h"

const struct command commands[] = {
	{ "init", "NAME", "write an identity's file",
	  "init sensors --url https://pki.example/.well-known/est/sensors --ca /etc/ssl/root.pem "
	  "\\\n"
	  "    --user device --pass-file /etc/bestow-agent/sensors.pass --reload "
	  "mosquitto.service\n"
	  "init sensors --url https://pki.example/.well-known/est/sensors --fingerprint 3F:9A:… "
	  "\\\n"
	  "    --cert /etc/idevid/cert.pem --key 'pkcs11:token=tpm;object=idevid' --subject "
	  "'CN={idevid:serialNumber}'",
	  cmd_init },
	{ "enroll", "[NAME]", "get a first certificate",
	  "enroll sensors\n"
	  "enroll --url https://localhost:8443/.well-known/est/demo --fingerprint 3F:9A:… --user "
	  "demo --pass-file pass\n"
	  "enroll --url https://pki.example/.well-known/est/sensors --ca root.pem --user device "
	  "--pass-file pass --csr dev-1.csr",
	  cmd_enroll },
	{ "renew", "NAME", "get the next certificate",
	  "renew sensors\nrenew sensors --if-due\nrenew sensors --check", cmd_renew },
	{ "cacerts", "[NAME]", "fetch the CA certificates",
	  "cacerts sensors\ncacerts --url https://pki.example/.well-known/est/sensors",
	  cmd_cacerts },
	{ "csrattrs", "[NAME]", "show what the server wants in a request", "csrattrs sensors",
	  cmd_csrattrs },
	{ "status", "[NAME]", "show what there is, until when, and what comes next",
	  "status\nstatus sensors --json", cmd_status },
	{ "doctor", "[NAME]", "find out which link to a certificate is broken",
	  "doctor sensors\ndoctor sensors --json", cmd_doctor },
	{ "agent", "[NAME]", "renew whatever is due, for ever",
	  "agent\nagent sensors\nagent sensors --once", cmd_agent },
	{ "conformance", "[NAME]", "try what a server of EST must do",
	  "conformance --url https://pki.example/.well-known/est/test --ca root.pem --user test "
	  "--pass-file pass\n"
	  "conformance --url https://pki.example/.well-known/est --ca root.pem --no-enroll --junit "
	  "est.xml",
	  cmd_conformance },
};
const size_t command_count = ARRAY_LEN(commands);

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int run(const struct command *command, struct options *options)
{
	struct error err = { 0 };

	if (options->help) {
		help_command(stdout, command);
		return 0;
	}
	if (options->name && command->run != cmd_init && !options_load(options, &err))
		return fail_here(options, &err);
	return command->run(options);
}

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	struct options options = { 0 };

	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	if (argc > 1 && strcmp(argv[1], "--version") == 0)
		return puts("bestow " BESTOW_VERSION) < 0;
	if (argc < 2 || strcmp(argv[1], "--help") == 0) {
		help_overview(argc < 2 ? stderr : stdout);
		return argc < 2 ? BESTOW_MISUSED : 0;
	}
	if (!command)
		return fail_usage("there is no %s; bestow --help shows what there is", argv[1]);

	int code = options_read(&options, argc - 2, argv + 2);
	if (code == 0)
		code = run(command, &options);
	options_done(&options);
	return code;
}
