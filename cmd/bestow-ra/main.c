/* bestow-ra: other EST servers, behind the same edges as bestowd's authority. */
#include <string.h>

#include "bestow-ra/load.h"
#include "node/selftest.h"
#include "bestow-ra/upstream_process.h"
#include "node/family.h"
#include "node/monitor.h"

#define DEFAULT_CONFIG "/etc/bestow-ra/bestow-ra.conf"

static const char help[] =
	"bestow-ra is an EST server (RFC 7030) that asks another one: a registration authority\n"
	"for devices that have no route to the CA.\n"
	"\n"
	"Examples:\n"
	"  bestow-ra                                 run the proxy of " DEFAULT_CONFIG "\n"
	"  bestow-ra --config ./bestow-ra.conf       run another\n"
	"  bestow-ra --check-config                  say what is wrong with the configuration\n"
	"  bestow-ra --print-config                  all values in force, and where they come "
	"from\n"
	"  bestow-ra --self-test=lockdown            does this machine hold the processes' locks?\n"
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
	"Manual: bestow-ra(8), bestow-ra.conf(5).\n";

static int run_upstream(struct family *family, const struct process *process, int control_fd)
{
	struct family_line *lines = calloc(family->count, sizeof *lines);
	const struct error no_memory = { .reason = REASON_NO_MEMORY, .detail = "lines" };

	if (!lines)
		return control_refuse(control_fd, &no_memory);
	const struct upstream_process_options options = {
		.lines = lines,
		.line_count = family_lines(family, lines),
		.control_fd = control_fd,
		.config = process->generation->config,
		.via_name = family->via_name,
		.page = family->page,
		.lockdown = process->generation->lockdown,
	};

	int result = upstream_main(&options);
	free(lines);
	return result;
}

/* Profiles and upstreams stand in the configuration, so a reload is one of theirs too. */
static bool always(const struct generation *before, const struct generation *now)
{
	(void)before, (void)now;
	return true;
}

static const struct part parts[] = {
	{ PROCESS_SERVICE, "upstream", run_upstream, always, NULL },
	MONITOR_PART,
};

/* Reads what the configuration names, as the process will. */
static bool check(const struct config *config, struct error *err)
{
	const struct upstream_options nobody = { .via_name = "check" };
	CLEANUP(loaded_freep) struct loaded *loaded = NULL;

	return load_upstream(config, &nobody, &loaded, err);
}

static const struct program bestow_ra = {
	.name = "bestow-ra",
	.config_path = DEFAULT_CONFIG,
	.help = help,
	.dialect = CONFIG_RA,
	.is_proxy = true,
	.parts = parts,
	.part_count = ARRAY_LEN(parts),
	.check = check,
	.self_test = selftest_lockdown,
};

int main(int argc, char **argv)
{
	return program_main(&bestow_ra, argc, argv);
}
