/* bestowd: an authority and who operates it, behind edges. */
#include <string.h>

#include "bestowd/admin.h"
#include "bestowd/after_restore.h"
#include "bestowd/authority.h"
#include "node/selftest.h"
#include "node/family.h"
#include "node/monitor.h"

#define DEFAULT_CONFIG "/etc/bestowd/bestowd.conf"

static const char help[] =
	"bestowd issues certificates to devices by EST (RFC 7030).\n"
	"\n"
	"Examples:\n"
	"  bestowd                                   run the node of " DEFAULT_CONFIG "\n"
	"  bestowd --config ./bestowd.conf           run another\n"
	"  bestowd --check-config                    say what is wrong with the configuration\n"
	"  bestowd --print-config                    all values in force, and where they come "
	"from\n"
	"  bestowd --after-restore                   take over a backup that was put in place\n"
	"  bestowd --self-test=lockdown              does this machine hold the processes' locks?\n"
	"\n"
	"Options:\n"
	"  -c, --config FILE     the configuration; conf.d/*.conf beside it is read after it\n"
	"      --check-config    check and end: 0 sound, 1 not\n"
	"      --print-config    print and end\n"
	"      --after-restore   make a restored backup the node's store, and end: 0 done, 1 not;\n"
	"                        =snapshot: one that came as a copy of a disk\n"
	"      --self-test=TEST  run a test of the machine and end: lockdown\n"
	"  -V, --version         print the version and end\n"
	"  -h, --help            print this and end\n"
	"\n"
	"SIGHUP reads the configuration anew; SIGTERM drains and ends, a second one ends at once.\n"
	"Manual: bestowd(8), bestowd.conf(5). The node is operated with bestowctl(1).\n";

static int run_authority(struct family *family, const struct process *process, int control_fd)
{
	const struct config_node *node = &process->generation->config->node;
	const struct config_va *va = &process->generation->config->va;
	struct family_line *lines = calloc(family->count, sizeof *lines);
	const struct error no_memory = { .reason = REASON_NO_MEMORY, .detail = "lines" };

	if (!lines)
		return control_refuse(control_fd, &no_memory);
	struct authority_options options = {
		.lines = lines,
		.line_count = family_lines(family, lines),
		.control_fd = control_fd,
		.state_dir = node->state_dir,
		.key_passphrase_file = node->key_passphrase_file,
		.token = &process->generation->config->token,
		.workers = node->workers,
		.est_url = family->est_url,
		.console_url = family->console_url,
		.has_certificate_file = process->generation->config->est.certificate != NULL,
		.va_url = va->url,
		.crl_schedule = { .validity = va->crl_validity_ms / 1000,
				  .interval = va->crl_interval_ms / 1000,
				  .after_revocation = va->crl_after_revocation_ms / 1000,
				  .delta_interval = va->crl_delta_interval_ms / 1000 },
		.ocsp_validity = va->ocsp_validity_ms / 1000,
		.ocsp_responder_validity = va->ocsp_responder_validity_ms / 1000,
		.board = family->board,
		.page = family->page,
		.lockdown = process->generation->lockdown,
	};
	options.lockdown.token_network = options.token->module && options.token->network;

	int result = authority_main(&options);
	free(lines);
	return result;
}

static int run_admin(struct family *family, const struct process *process, int control_fd)
{
	const struct config_est *est = &process->generation->config->est;
	struct http_listener_options *listeners = NULL;
	size_t listener_count = 0;
	struct error err;

	if (!generation_listeners_of(process->generation, LISTENER_ADMIN, &listeners,
				     &listener_count, &err))
		return control_refuse(control_fd, &err);
	const struct admin_options options = {
		.listeners = listeners,
		.listener_count = listener_count,
		.certificate_path = est->certificate,
		.private_key_path = est->private_key,
		.line_fd = process->line[1],
		.control_fd = control_fd,
		.listen_fd = family->admin_fd,
		.page = family->page,
		.uid = process->generation->lockdown.uid,
		.lockdown = process->generation->lockdown,
	};

	int result = admin_main(&options);
	free(listeners);
	return result;
}

/* The admin process lives by what is current when it starts. */
static bool admin_must_restart(const struct generation *before, const struct generation *now)
{
	return !generation_shares(before, now, LISTENER_ADMIN);
}

static const struct part parts[] = {
	{ PROCESS_SERVICE, "authority", run_authority, NULL, NULL },
	{ PROCESS_ADMIN, "admin", run_admin, admin_must_restart, NULL },
	MONITOR_PART,
};

static const struct program bestowd = {
	.name = "bestowd",
	.config_path = DEFAULT_CONFIG,
	.help = help,
	.dialect = CONFIG_BESTOWD,
	.parts = parts,
	.part_count = ARRAY_LEN(parts),
	.self_test = selftest_lockdown,
	.after_restore = after_restore,
};

int main(int argc, char **argv)
{
	return program_main(&bestowd, argc, argv);
}
