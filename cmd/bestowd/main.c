/* bestowd: the arguments, and then the node. */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "bestowd/selftest.h"
#include "bestowd/supervisor.h"
#include "bestowd/user.h"
#include "config/config.h"

#define DEFAULT_CONFIG "/etc/bestowd/bestowd.conf"
#define EXIT_USAGE 2

static const char help[] =
	"bestowd issues certificates to devices by EST (RFC 7030).\n"
	"\n"
	"Examples:\n"
	"  bestowd                                   run the node of " DEFAULT_CONFIG "\n"
	"  bestowd --config ./bestowd.conf           run another\n"
	"  bestowd --check-config                    say what is wrong with the configuration\n"
	"  bestowd --print-config                    all values in force, and where they come "
	"from\n"
	"  bestowd --self-test=lockdown              does this machine hold the processes' locks?\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE     the configuration; conf.d/*.conf beside it is read after it\n"
	"      --check-config    check and end: 0 sound, 1 not\n"
	"      --print-config    print and end\n"
	"      --self-test=TEST  run a test of the machine and end: lockdown\n"
	"  -V, --version         print the version and end\n"
	"  -h, --help            print this and end\n"
	"\n"
	"SIGHUP reads the configuration anew; SIGTERM drains and ends, a second one ends at once.\n"
	"Manual: bestowd(8), bestowd.conf(5). The node is operated with bestowctl(1).\n";

enum command {
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_PRINT,
	COMMAND_SELF_TEST,
	COMMAND_VERSION,
	COMMAND_HELP,
	COMMAND_USAGE,
};

struct arguments {
	enum command command;
	const char *config_path;
};

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "check-config", no_argument, NULL, 'k' },
	{ "print-config", no_argument, NULL, 'p' },
	{ "self-test", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum command command_of_test(const char *test)
{
	if (strcmp(test, "lockdown") == 0)
		return COMMAND_SELF_TEST;
	fprintf(stderr, "bestowd: there is no self-test \"%s\"; there is: lockdown\n", test);
	return COMMAND_USAGE;
}

static void take_option(int option, struct arguments *arguments)
{
	switch (option) {
	case 'c':
		arguments->config_path = optarg;
		return;
	case 'k':
		arguments->command = COMMAND_CHECK;
		return;
	case 'p':
		arguments->command = COMMAND_PRINT;
		return;
	case 't':
		arguments->command = command_of_test(optarg);
		return;
	case 'V':
		arguments->command = COMMAND_VERSION;
		return;
	case 'h':
		arguments->command = COMMAND_HELP;
		return;
	default:
		arguments->command = COMMAND_USAGE;
		return;
	}
}

static struct arguments read_arguments(int argc, char **argv)
{
	struct arguments arguments = { COMMAND_RUN, DEFAULT_CONFIG };

	while (arguments.command != COMMAND_USAGE) {
		int option = getopt_long(argc, argv, "c:Vh", long_options, NULL);
		if (option < 0)
			break;
		take_option(option, &arguments);
	}
	if (arguments.command != COMMAND_USAGE && optind < argc) {
		fprintf(stderr, "bestowd: unexpected \"%s\"\n", argv[optind]);
		arguments.command = COMMAND_USAGE;
	}
	return arguments;
}

/* Every problem, one line each, for a person and for an editor that jumps to FILE:LINE:COLUMN. */
static bool load(const char *path, struct config **ret)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err;

	if (config_load(path, ret, &problems, &err))
		return true;
	config_problems_print(&problems, &text);
	const char *printed = buffer_cstring(&text);
	fputs(printed && *printed ? printed : err.detail, stderr);
	return false;
}

static int check_config(const char *path)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct error err;

	if (!load(path, &config))
		return EXIT_FAILURE;
	if (!preflight(config, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.detail);
		return EXIT_FAILURE;
	}
	puts("ok");
	return EXIT_SUCCESS;
}

static int print_config(const char *path)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!load(path, &config))
		return EXIT_FAILURE;
	config_print(config, &text);
	const char *printed = buffer_cstring(&text);
	if (!printed || fputs(printed, stdout) == EOF)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static int run(const char *path)
{
	struct config *config = NULL;

	if (!load(path, &config))
		return EXIT_FAILURE;
	log_open(config->node.log_format, config->node.log_level, "bestowd");
	return supervise(&(struct supervisor_options){ .config_path = path, .config = config });
}

/* A descriptor that is closed at start would be given to a socket, and then be written to. */
static bool hold_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int main(int argc, char **argv)
{
	if (!hold_standard_descriptors())
		return EXIT_FAILURE;

	struct arguments arguments = read_arguments(argc, argv);
	switch (arguments.command) {
	case COMMAND_RUN:
		return run(arguments.config_path);
	case COMMAND_CHECK:
		return check_config(arguments.config_path);
	case COMMAND_PRINT:
		return print_config(arguments.config_path);
	case COMMAND_SELF_TEST:
		return selftest_lockdown();
	case COMMAND_VERSION:
		puts("bestowd " BESTOW_VERSION);
		return EXIT_SUCCESS;
	case COMMAND_HELP:
		fputs(help, stdout);
		return EXIT_SUCCESS;
	case COMMAND_USAGE:
		break;
	}
	fputs("Try: bestowd --help\n", stderr);
	return EXIT_USAGE;
}
