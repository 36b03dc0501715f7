#include "node/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/random.h"
#include "node/landlock.h"
#include "node/lockdown.h"

/* -- attempts: true when they succeed -- */

static bool opens(const char *path)
{
	CLEANUP(fd_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

static bool open_passwd(void)
{
	return opens("/etc/passwd");
}

static bool open_config(void)
{
	/* whether it is there or not, the answer must be that it may not be asked */
	return opens("/etc/bestowd/bestowd.conf") || errno == ENOENT;
}

static bool create_file(void)
{
	CLEANUP(fd_closep) int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd >= 0 || (errno != EPERM && errno != EACCES);
}

static bool make_socket(int family)
{
	CLEANUP(fd_closep) int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 || errno == EAFNOSUPPORT;
}

static bool make_internet_socket(void)
{
	return make_socket(AF_INET);
}

static bool make_netlink_socket(void)
{
	return make_socket(AF_NETLINK);
}

static bool make_local_socket(void)
{
	return make_socket(AF_UNIX);
}

static bool connect_out(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(9) };

	/* even a descriptor that was open before */
	return connect(STDIN_FILENO, (struct sockaddr *)&address, sizeof address) == 0 ||
	       errno != EPERM;
}

/* To a port that nobody was allowed. */
static bool connect_elsewhere(void)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(9),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	CLEANUP(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ||
			   errno != EACCES);
}

static bool listen_here(void)
{
	CLEANUP(fd_closep) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && listen(fd, 1) == 0;
}

static bool run_program(void)
{
	char *const arguments[] = { "true", NULL };

	execv("/bin/true", arguments);
	return errno == ENOENT;
}

static bool fork_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid >= 0;
}

static bool signal_parent(void)
{
	return kill(getppid(), 0) == 0;
}

static bool trace_parent(void)
{
	return ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0 || errno != EPERM;
}

static bool make_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return page != MAP_FAILED;
}

static bool become_root(void)
{
	return syscall(SYS_setuid, 0) == 0;
}

static bool dump_core(void)
{
	return prctl(PR_GET_DUMPABLE) == 1;
}

static bool draw_randomness(void)
{
	unsigned char octets[16];

	return random_fill(octets, sizeof octets, NULL);
}

static bool allocate(void)
{
	CLEANUP(freep) char *memory = malloc(8 * 1024 * 1024);

	if (!memory)
		return false;
	memset(memory, 1, 8 * 1024 * 1024);
	return memory[4096] == 1;
}

static void *do_nothing(void *context)
{
	return context;
}

static bool start_thread(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, do_nothing, NULL) == 0 &&
	       pthread_join(thread, NULL) == 0;
}

/* -- the table -- */

enum lock_kind { LOCK_NETWORK, LOCK_AUTHORITY, LOCK_AUTHORITY_NETWORK, LOCK_UPSTREAM, LOCK_COUNT };

struct attempt {
	const char *words;
	bool (*try)(void);
	bool may[LOCK_COUNT]; /* succeed */
};

/* By the columns of enum lock_kind. */
static const struct attempt attempts[] = {
	{ "open /etc/passwd", open_passwd, { false, true, true, true } },
	{ "open the configuration", open_config, { false, true, true, true } },
	{ "create a file", create_file, { false, true, true, false } },
	{ "make an internet socket", make_internet_socket, { false, false, true, true } },
	{ "make a netlink socket", make_netlink_socket, { false, false, false, false } },
	{ "make a local socket", make_local_socket, { false, true, true, false } },
	{ "connect a descriptor", connect_out, { false, true, true, true } },
	{ "connect to any port", connect_elsewhere, { false, false, true, false } },
	{ "listen", listen_here, { false, false, true, false } },
	{ "execute a program", run_program, { false, false, false, false } },
	{ "fork", fork_child, { false, false, false, false } },
	{ "signal the supervisor", signal_parent, { false, false, false, false } },
	{ "trace the supervisor", trace_parent, { false, false, false, false } },
	{ "map memory as code", make_code, { false, true, true, false } },
	{ "become root", become_root, { false, true, true, false } },
	{ "leave a core dump", dump_core, { false, false, false, false } },
	{ "start a thread", start_thread, { false, true, true, true } },
	{ "draw randomness", draw_randomness, { true, true, true, true } },
	{ "allocate memory", allocate, { true, true, true, true } },
};

static const struct lock {
	const char *name;
	bool (*lock)(const struct lockdown_options *options, struct error *err);
	enum lock_kind kind;
} locks[] = {
	{ "edge", lockdown_edge, LOCK_NETWORK },
	{ "admin", lockdown_admin, LOCK_NETWORK },
	{ "authority", lockdown_authority, LOCK_AUTHORITY },
	{ "authority with a token in the network", lockdown_authority, LOCK_AUTHORITY_NETWORK },
	{ "upstream", lockdown_upstream, LOCK_UPSTREAM },
};

/* -- trying -- */

enum outcome { OUTCOME_DONE, OUTCOME_REFUSED, OUTCOME_KILLED, OUTCOME_UNLOCKED };

static int lock_and_try(const struct lock *lock, const struct attempt *attempt)
{
	const struct lockdown_options options = { .required = true,
						  .token_network =
							  lock->kind == LOCK_AUTHORITY_NETWORK };
	struct error err;

	if (!lock->lock(&options, &err)) {
		fprintf(stderr, "%s: %s\n", lock->name, err.detail);
		return OUTCOME_UNLOCKED;
	}
	return attempt->try() ? OUTCOME_DONE : OUTCOME_REFUSED;
}

static enum outcome outcome_of(const struct lock *lock, const struct attempt *attempt)
{
	int how = 0;

	(void)fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		_exit(lock_and_try(lock, attempt));
	if (pid < 0 || waitpid(pid, &how, 0) != pid)
		return OUTCOME_UNLOCKED;
	if (WIFSIGNALED(how))
		return WTERMSIG(how) == SIGSYS ? OUTCOME_KILLED : OUTCOME_UNLOCKED;
	return (enum outcome)WEXITSTATUS(how);
}

static bool report(const struct lock *lock, const struct attempt *attempt)
{
	static const char *const words[] = {
		[OUTCOME_DONE] = "possible",
		[OUTCOME_REFUSED] = "refused",
		[OUTCOME_KILLED] = "refused, and the process killed",
		[OUTCOME_UNLOCKED] = "not tried: the lock failed",
	};
	bool is_authority = lock->kind == LOCK_AUTHORITY || lock->kind == LOCK_AUTHORITY_NETWORK;
	bool allowed = attempt->may[lock->kind];
	if (attempt->try == connect_elsewhere && !landlock_knows_ports())
		return true;
	enum outcome outcome = outcome_of(lock, attempt);
	bool as_wanted = allowed ? outcome == OUTCOME_DONE
				 : outcome == OUTCOME_REFUSED || outcome == OUTCOME_KILLED;
	/* the authority may do it as far as its user may */
	if (is_authority && allowed && attempt->try == become_root)
		as_wanted = outcome != OUTCOME_UNLOCKED;

	printf("%-9s  %-24s  %s%s\n", lock->name, attempt->words, words[outcome],
	       as_wanted ? "" : "  <- WRONG");
	return as_wanted;
}

int selftest_lockdown(void)
{
	bool sound = true;

	for (size_t i = 0; i < ARRAY_LEN(locks); i++)
		for (size_t j = 0; j < ARRAY_LEN(attempts); j++)
			if (!report(&locks[i], &attempts[j]))
				sound = false;
	puts(sound ? "ok" : "This machine does not hold the locks.");
	return sound ? EXIT_SUCCESS : EXIT_FAILURE;
}
