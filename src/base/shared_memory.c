#include "base/shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1; the C library's headers may be older */
#endif

static bool map(int fd, int protection, size_t len, void **ret, const char *name, struct error *err)
{
	void *view = mmap(NULL, len, protection, MAP_SHARED, fd, 0);

	if (view == MAP_FAILED)
		return error_set(err, REASON_NO_MEMORY, "%s: %s", name, strerror(errno));
	*ret = view;
	return true;
}

bool shared_memory_new(const char *name, size_t len, struct shared_memory *ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *written = NULL, *read = NULL;

	if (fd < 0 || ftruncate(fd, (off_t)len) != 0)
		return error_set(err, REASON_INTERNAL, "%s: %s", name, strerror(errno));
	if (!map(fd, PROT_READ | PROT_WRITE, len, &written, name, err))
		return false;
	*ret = (struct shared_memory){ .written = written, .len = len };
	bool sealed =
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE) == 0 ||
		error_set(err, REASON_INTERNAL, "sealing %s: %s", name, strerror(errno));
	if (!sealed || !map(fd, PROT_READ, len, &read, name, err)) {
		shared_memory_done(ret);
		return false;
	}
	ret->read = read;
	return true;
}

void shared_memory_only_read(struct shared_memory *memory)
{
	if (memory->written)
		munmap(memory->written, memory->len);
	memory->written = NULL;
}

static void stop_reading(struct shared_memory *memory)
{
	if (memory->read)
		munmap((void *)(uintptr_t)memory->read, memory->len);
	memory->read = NULL;
}

void shared_memory_keep(struct shared_memory *memory, size_t from, size_t len)
{
	if (from > 0)
		munmap(memory->written, from);
	if (from + len < memory->len)
		munmap(memory->written + from + len, memory->len - from - len);
	memory->written = NULL; /* what is left of it stays to the process's end */
	stop_reading(memory);
}

void shared_memory_done(struct shared_memory *memory)
{
	shared_memory_only_read(memory);
	stop_reading(memory);
	*memory = (struct shared_memory){ 0 };
}
