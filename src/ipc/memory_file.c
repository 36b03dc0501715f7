#include "ipc/memory_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* A file that can still change or shrink would change a reader's facts, or end it by SIGBUS. */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

bool memory_file_make(struct bytes payload, int *ret, struct error *err)
{
	CLEANUP(fd_closep) int fd = memfd_create("bestow", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return error_set(err, REASON_INTERNAL, "memory file: %s", strerror(errno));
	if (!fd_write_all(fd, payload, err))
		return false;
	if (fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_SEAL) != 0)
		return error_set(err, REASON_INTERNAL, "sealing: %s", strerror(errno));
	*ret = fd;
	fd = -1;
	return true;
}

bool ipc_map_file(int fd, struct bytes *ret, struct error *err)
{
	struct stat file;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & SEALS) != SEALS)
		return error_set(err, REASON_PROTOCOL, "a memory file that is not sealed");
	if (fstat(fd, &file) != 0)
		return error_set(err, REASON_PROTOCOL, "memory file: %s", strerror(errno));
	if (file.st_size <= 0 || file.st_size > IPC_FILE_MAX)
		return error_set(err, REASON_PROTOCOL, "a memory file of %lld bytes",
				 (long long)file.st_size);

	size_t len = (size_t)file.st_size;
	void *mapped = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
	if (mapped == MAP_FAILED)
		return error_set(err, REASON_NO_MEMORY, "mapping %zu bytes: %s", len,
				 strerror(errno));
	*ret = (struct bytes){ mapped, len };
	return true;
}

void ipc_unmap_file(struct bytes mapped)
{
	if (mapped.data)
		munmap((void *)(uintptr_t)mapped.data, mapped.len);
}
