#include "node/lockdown.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <seccomp.h>

#include "base/log.h"
#include "base/random.h"
#include "node/landlock.h"
#include "node/sanitizer.h"

/* A row of a filter: a system call, what becomes of it, and the one argument that it depends on. */
struct filter_row {
	int call; /* SCMP_SYS() */
	uint32_t action;
	enum scmp_compare compare; /* _SCMP_CMP_MIN: whatever its arguments are */
	unsigned int argument;
	scmp_datum_t first, second;
};

#define ALWAYS _SCMP_CMP_MIN, 0, 0, 0
#define CALL(name)                                                                                 \
	{                                                                                          \
		SCMP_SYS(name), SCMP_ACT_ALLOW, ALWAYS                                             \
	}
#define REFUSE(name)                                                                               \
	{                                                                                          \
		SCMP_SYS(name), SCMP_ACT_ERRNO(EPERM), ALWAYS                                      \
	}
/* What no library does by accident: whoever calls it is not us any more. */
#define KILL(name)                                                                                 \
	{                                                                                          \
		SCMP_SYS(name), SCMP_ACT_KILL_PROCESS, ALWAYS                                      \
	}

static const struct filter_row killed[] = {
	KILL(execve), KILL(execveat), KILL(ptrace), KILL(process_vm_readv), KILL(process_vm_writev),
};

/* All that an event loop needs; everything else is EPERM, so that a library which tries to open
 * some file of its own goes on without it. */
static const struct filter_row network_calls[] = {
	CALL(read),
	CALL(readv),
	CALL(write),
	CALL(writev),
	CALL(recvmsg),
	CALL(recvmmsg),
	CALL(recvfrom),
	CALL(sendmsg),
	CALL(sendmmsg),
	CALL(sendto),
	CALL(accept),
	CALL(accept4),
	CALL(shutdown),
	CALL(close),
	CALL(getsockopt),
	CALL(setsockopt),
	CALL(getpeername),
	CALL(getsockname),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(poll),
	CALL(ppoll),
	CALL(timerfd_create),
	CALL(timerfd_settime),
	CALL(eventfd2),
	CALL(fcntl),
	CALL(fstat),
	CALL(lseek),
	CALL(pread64),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(brk),
	CALL(futex),
	CALL(membarrier),
	CALL(rseq),
	CALL(set_robust_list),
	CALL(sched_yield),
	CALL(sysinfo),
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(time),
	CALL(getpid),
	CALL(gettid),
	CALL(getppid),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
	CALL(getrandom),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(restart_syscall),
	CALL(exit),
	CALL(exit_group),
	/* no code is made at run time */
	{ SCMP_SYS(mmap), SCMP_ACT_ALLOW, SCMP_CMP_MASKED_EQ, 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), SCMP_ACT_ALLOW, SCMP_CMP_MASKED_EQ, 2, PROT_EXEC, 0 },
	/* what glibc makes of fstat(); a path beside the flag would tell size and times, no more */
	{ SCMP_SYS(newfstatat), SCMP_ACT_ALLOW, SCMP_CMP_MASKED_EQ, 3, AT_EMPTY_PATH,
	  AT_EMPTY_PATH },
	{ SCMP_SYS(ioctl), SCMP_ACT_ALLOW, SCMP_CMP_EQ, 1, FIONREAD, 0 },
	{ SCMP_SYS(ioctl), SCMP_ACT_ALLOW, SCMP_CMP_EQ, 1, FIONBIO, 0 },
	SANITIZER_CALLS
};

/* What asking a server takes beside: sockets of the internet, threads for the resolver, its files,
 * and memory files for what edges are told. */
static const struct filter_row upstream_calls[] = {
	CALL(connect),
	CALL(socketpair),
	CALL(pipe2),
	CALL(memfd_create),
	CALL(ftruncate),
	CALL(newfstatat),
	CALL(statx),
	CALL(access),
	CALL(faccessat),
	CALL(uname),
	CALL(rt_sigtimedwait),
	CALL(setpriority),
	{ SCMP_SYS(socket), SCMP_ACT_ALLOW, SCMP_CMP_EQ, 0, AF_INET, 0 },
	{ SCMP_SYS(socket), SCMP_ACT_ALLOW, SCMP_CMP_EQ, 0, AF_INET6, 0 },
	{ SCMP_SYS(openat), SCMP_ACT_ALLOW, SCMP_CMP_MASKED_EQ, 2, O_ACCMODE | O_CREAT | O_TRUNC,
	  O_RDONLY },
	/* threads, but no processes; clone3 hides its flags, and glibc asks for clone without it */
	{ SCMP_SYS(clone), SCMP_ACT_ALLOW, SCMP_CMP_MASKED_EQ, 0, CLONE_THREAD, CLONE_THREAD },
	{ SCMP_SYS(clone3), SCMP_ACT_ERRNO(ENOSYS), ALWAYS },
};

/* The authority opens files and makes threads, so it is the other way round: what it never does. */
static const struct filter_row authority_refusals[] = {
	/* threads, but no processes; clone3 hides its flags, and glibc asks for clone without it */
	REFUSE(fork),
	REFUSE(vfork),
	{ SCMP_SYS(clone), SCMP_ACT_ERRNO(EPERM), SCMP_CMP_MASKED_EQ, 0, CLONE_THREAD, 0 },
	{ SCMP_SYS(clone3), SCMP_ACT_ERRNO(ENOSYS), ALWAYS },
	REFUSE(kill),
	REFUSE(tkill),
	REFUSE(rt_sigqueueinfo),
	REFUSE(rt_tgsigqueueinfo),
	REFUSE(pidfd_open),
	REFUSE(pidfd_getfd),
	REFUSE(pidfd_send_signal),
	REFUSE(kcmp),
	REFUSE(setns),
	REFUSE(unshare),
	REFUSE(chroot),
	REFUSE(pivot_root),
	REFUSE(mount),
	REFUSE(umount2),
	REFUSE(open_tree),
	REFUSE(move_mount),
	REFUSE(fsopen),
	REFUSE(fsmount),
	REFUSE(fsconfig),
	REFUSE(open_by_handle_at),
	REFUSE(bpf),
	REFUSE(perf_event_open),
	REFUSE(userfaultfd),
	REFUSE(io_uring_setup),
	REFUSE(io_uring_enter),
	REFUSE(io_uring_register),
	REFUSE(keyctl),
	REFUSE(add_key),
	REFUSE(request_key),
	REFUSE(kexec_load),
	REFUSE(kexec_file_load),
	REFUSE(init_module),
	REFUSE(finit_module),
	REFUSE(delete_module),
	REFUSE(swapon),
	REFUSE(swapoff),
	REFUSE(reboot),
	REFUSE(acct),
	REFUSE(quotactl),
	REFUSE(settimeofday),
	REFUSE(clock_settime),
	REFUSE(adjtimex),
	REFUSE(clock_adjtime),
	REFUSE(personality),
	REFUSE(mknod),
	REFUSE(mknodat),
};

#define SOCKET(compare, family)                                                                    \
	{                                                                                          \
		SCMP_SYS(socket), SCMP_ACT_ERRNO(EPERM), compare, 0, family, 0                     \
	}

/* A token's module is the only one in the authority that may have somebody to talk to: a daemon on
 * this machine (pcscd) by AF_UNIX, or an HSM by IP where the configuration says so. */
static const struct filter_row local_sockets[] = { SOCKET(SCMP_CMP_NE, AF_UNIX) };
/* All families but AF_UNIX (1), AF_INET (2) and AF_INET6 (10); a row compares an argument once. */
static const struct filter_row ip_sockets[] = {
	SOCKET(SCMP_CMP_EQ, AF_UNSPEC), SOCKET(SCMP_CMP_EQ, 3), SOCKET(SCMP_CMP_EQ, 4),
	SOCKET(SCMP_CMP_EQ, 5),         SOCKET(SCMP_CMP_EQ, 6), SOCKET(SCMP_CMP_EQ, 7),
	SOCKET(SCMP_CMP_EQ, 8),         SOCKET(SCMP_CMP_EQ, 9), SOCKET(SCMP_CMP_GT, AF_INET6),
};

/* -- building a filter -- */

static inline void filter_freep(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static bool add_row(scmp_filter_ctx filter, const struct filter_row *row)
{
	const struct scmp_arg_cmp condition = {
		.arg = row->argument,
		.op = row->compare,
		.datum_a = row->first,
		.datum_b = row->second,
	};
	unsigned int count = row->compare == _SCMP_CMP_MIN ? 0 : 1;

	return seccomp_rule_add_array(filter, row->action, row->call, count, &condition) == 0;
}

static bool add_rows(scmp_filter_ctx filter, const struct filter_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!add_row(filter, &rows[i]))
			return false;
	return true;
}

/* abort() signals its own process; nobody else's. */
static bool add_own_signal(scmp_filter_ctx filter, uint32_t action, enum scmp_compare compare)
{
	const struct filter_row row = { SCMP_SYS(tgkill),       action, compare, 0,
					(scmp_datum_t)getpid(), 0 };

	return add_row(filter, &row);
}

static bool load(scmp_filter_ctx filter, struct error *err)
{
	/* a filter that only some threads have is none; a tree costs less than a list of 70 */
	if (seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
	    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0 ||
	    !add_rows(filter, killed, ARRAY_LEN(killed)))
		return error_set(err, REASON_INTERNAL, "the system call filter cannot be built");
	int failed = seccomp_load(filter);
	if (failed)
		return error_set(err, REASON_INTERNAL, "seccomp: %s", strerror(-failed));
	return true;
}

static bool filter_network(const struct lockdown_options *options, struct error *err)
{

	CLEANUP(filter_freep) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	(void)options;
	if (!filter || !add_rows(filter, network_calls, ARRAY_LEN(network_calls)) ||
	    !add_own_signal(filter, SCMP_ACT_ALLOW, SCMP_CMP_EQ))
		return error_set(err, REASON_INTERNAL, "the system call filter cannot be built");
	return load(filter, err);
}

/* newfstatat stands in both lists; the wider of two rows counts. */
static bool filter_upstream(const struct lockdown_options *options, struct error *err)
{
	CLEANUP(filter_freep) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!landlock_allow_ports(options->ports, options->port_count, err))
		return false;
	if (!filter || !add_rows(filter, upstream_calls, ARRAY_LEN(upstream_calls)) ||
	    !add_rows(filter, network_calls, ARRAY_LEN(network_calls)) ||
	    !add_own_signal(filter, SCMP_ACT_ALLOW, SCMP_CMP_EQ))
		return error_set(err, REASON_INTERNAL, "the system call filter cannot be built");
	return load(filter, err);
}

static bool filter_authority(const struct lockdown_options *options, struct error *err)
{
	const struct filter_row *sockets = options->token_network ? ip_sockets : local_sockets;
	size_t socket_rows =
		options->token_network ? ARRAY_LEN(ip_sockets) : ARRAY_LEN(local_sockets);
	CLEANUP(filter_freep) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter || !add_rows(filter, authority_refusals, ARRAY_LEN(authority_refusals)) ||
	    !add_rows(filter, sockets, socket_rows) ||
	    !add_own_signal(filter, SCMP_ACT_ERRNO(EPERM), SCMP_CMP_NE))
		return error_set(err, REASON_INTERNAL, "the system call filter cannot be built");
	return load(filter, err);
}

/* -- the other locks -- */

static bool switch_user(const struct lockdown_options *options, struct error *err)
{
	if (!options->switch_user)
		return true;
	if (setgroups(1, &options->gid) != 0 ||
	    setresgid(options->gid, options->gid, options->gid) != 0 ||
	    setresuid(options->uid, options->uid, options->uid) != 0)
		return error_set(err, REASON_INTERNAL, "switching to user %u: %s", options->uid,
				 strerror(errno));
	if (options->uid != 0 && setuid(0) == 0)
		return error_set(err, REASON_INTERNAL, "user %u can become root again",
				 options->uid);
	return true;
}

/* A change of user also cancels the wish to die with the parent. */
static bool die_with_parent(pid_t parent, struct error *err)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		return error_set(err, REASON_INTERNAL, "the supervisor is gone");
	return true;
}

static bool give_up_privileges(struct error *err)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 ||
	    setrlimit(RLIMIT_CORE, &none) != 0)
		return error_set(err, REASON_INTERNAL, "giving up privileges: %s", strerror(errno));
	return true;
}

/* What libraries open once, they must open before nothing can be opened any more: the time zone,
 * and OpenSSL's configuration. */
static bool open_what_libraries_open(struct error *err)
{
	unsigned char byte;

	tzset();
	return random_fill(&byte, sizeof byte, err);
}

static bool lock(const struct lockdown_options *options,
		 bool (*filter)(const struct lockdown_options *options, struct error *err),
		 struct error *err)
{
	pid_t parent = getppid();

	if (!open_what_libraries_open(err) || !switch_user(options, err) ||
	    !die_with_parent(parent, err) || !give_up_privileges(err))
		return false;
	if (filter(options, err))
		return true;
	if (options->required)
		return false;
	log_event(LOG_LEVEL_WARNING, "lockdown.missing", "detail=\"%s\"", err->detail);
	return true;
}

bool lockdown_edge(const struct lockdown_options *options, struct error *err)
{
	return lock(options, filter_network, err);
}

bool lockdown_admin(const struct lockdown_options *options, struct error *err)
{
	return lock(options, filter_network, err);
}

bool lockdown_monitor(const struct lockdown_options *options, struct error *err)
{
	return lock(options, filter_network, err);
}

bool lockdown_authority(const struct lockdown_options *options, struct error *err)
{
	return lock(options, filter_authority, err);
}

bool lockdown_upstream(const struct lockdown_options *options, struct error *err)
{
	return lock(options, filter_upstream, err);
}

#ifdef BESTOW_SANITIZED
/* The leak checker attaches to its own process, which a process that is locked in cannot have. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return prctl(PR_GET_DUMPABLE) == 0;
}
#endif
