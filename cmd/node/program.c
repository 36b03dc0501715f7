/* The arguments, and then the node. */
#include "node/program.h"

#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "node/supervisor.h"
#include "node/user.h"

#define EXIT_USAGE 2
/* Memory that a burst of requests took is kept for the next one: to give it back to the system and
 * to ask for it again costs more processor time than some requests do. */
#define MEMORY_KEPT (16 * 1024 * 1024)
#define MEMORY_STEP (512 * 1024)

enum command {
	COMMAND_RUN,
	COMMAND_CHECK,
	COMMAND_PRINT,
	COMMAND_SELF_TEST,
	COMMAND_AFTER_RESTORE,
	COMMAND_AFTER_SNAPSHOT,
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
	{ "after-restore", optional_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static enum command command_of_test(const struct program *program, const char *test)
{
	if (strcmp(test, "lockdown") == 0)
		return COMMAND_SELF_TEST;
	fprintf(stderr, "%s: there is no self-test \"%s\"; there is: lockdown\n", program->name,
		test);
	return COMMAND_USAGE;
}

static enum command command_of_restore(const struct program *program, const char *kind)
{
	if (program->after_restore && !kind)
		return COMMAND_AFTER_RESTORE;
	if (program->after_restore && strcmp(kind, "snapshot") == 0)
		return COMMAND_AFTER_SNAPSHOT;
	fprintf(stderr, "%s: --after-restore: %s\n", program->name,
		program->after_restore ? "alone, or =snapshot" : "there is no store to restore");
	return COMMAND_USAGE;
}

static void take_option(const struct program *program, int option, struct arguments *arguments)
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
		arguments->command = command_of_test(program, optarg);
		return;
	case 'r':
		arguments->command = command_of_restore(program, optarg);
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

static struct arguments read_arguments(const struct program *program, int argc, char **argv)
{
	struct arguments arguments = { COMMAND_RUN, program->config_path };

	while (arguments.command != COMMAND_USAGE) {
		int option = getopt_long(argc, argv, "c:Vh", long_options, NULL);
		if (option < 0)
			break;
		take_option(program, option, &arguments);
	}
	if (arguments.command != COMMAND_USAGE && optind < argc) {
		fprintf(stderr, "%s: unexpected \"%s\"\n", program->name, argv[optind]);
		arguments.command = COMMAND_USAGE;
	}
	return arguments;
}

/* Every problem, one line each, for a person and for an editor that jumps to FILE:LINE:COLUMN. */
static bool load(const struct program *program, const char *path, struct config **ret)
{
	CLEANUP(config_problems_done) struct config_problems problems = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err;

	if (config_load(program->dialect, path, ret, &problems, &err))
		return true;
	config_problems_print(&problems, &text);
	const char *printed = buffer_cstring(&text);
	fputs(printed && *printed ? printed : err.detail, stderr);
	return false;
}

static int check_config(const struct program *program, const char *path)
{
	CLEANUP(config_freep) struct config *config = NULL;
	struct error err;

	if (!load(program, path, &config))
		return EXIT_FAILURE;
	if (!preflight(config, &err) || (program->check && !program->check(config, &err))) {
		fprintf(stderr, "%s: %s\n", path, err.detail);
		return EXIT_FAILURE;
	}
	puts("ok");
	return EXIT_SUCCESS;
}

static int print_config(const struct program *program, const char *path)
{
	CLEANUP(config_freep) struct config *config = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!load(program, path, &config))
		return EXIT_FAILURE;
	config_print(config, &text);
	const char *printed = buffer_cstring(&text);
	if (!printed || fputs(printed, stdout) == EOF)
		return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

static int take_over(const struct program *program, const char *path, bool unmarked)
{
	CLEANUP(config_freep) struct config *config = NULL;

	if (!load(program, path, &config))
		return EXIT_FAILURE;
	return program->after_restore(config, unmarked);
}

static void keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	(void)mallopt(M_TOP_PAD, MEMORY_STEP);
}

static int run(const struct program *program, const char *path)
{
	struct config *config = NULL;

	if (!load(program, path, &config))
		return EXIT_FAILURE;
	log_open(config->node.log_format, config->node.log_level, program->name);
	return supervise(&(struct supervisor_options){
		.program = program, .config_path = path, .config = config });
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

int program_main(const struct program *program, int argc, char **argv)
{
	if (!hold_standard_descriptors())
		return EXIT_FAILURE;

	struct arguments arguments = read_arguments(program, argc, argv);
	switch (arguments.command) {
	case COMMAND_RUN:
		keep_memory();
		return run(program, arguments.config_path);
	case COMMAND_CHECK:
		return check_config(program, arguments.config_path);
	case COMMAND_PRINT:
		return print_config(program, arguments.config_path);
	case COMMAND_SELF_TEST:
		return program->self_test();
	case COMMAND_AFTER_RESTORE:
	case COMMAND_AFTER_SNAPSHOT:
		return take_over(program, arguments.config_path,
				 arguments.command == COMMAND_AFTER_SNAPSHOT);
	case COMMAND_VERSION:
		printf("%s %s\n", program->name, BESTOW_VERSION);
		return EXIT_SUCCESS;
	case COMMAND_HELP:
		fputs(program->help, stdout);
		return EXIT_SUCCESS;
	case COMMAND_USAGE:
		break;
	}
	fprintf(stderr, "Try: %s --help\n", program->name);
	return EXIT_USAGE;
}
