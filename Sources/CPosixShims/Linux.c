// What Linux has and other systems do otherwise.
#ifdef __linux__
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(GODWIT_O_TMPFILE == O_TMPFILE, "not this architecture's O_TMPFILE");
_Static_assert(GODWIT_O_PATH == O_PATH, "not this architecture's O_PATH");

// --- Files ---------------------------------------------------------------------------------------

int godwit_fallocate(int fd, int mode, int64_t offset, int64_t length) {
  return fallocate(fd, mode, offset, length);
}

void godwit_begin_writeback(int fd) { sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE); }

int godwit_pipe(int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  fcntl(ends[0], F_SETPIPE_SZ, 1 << 20);
  return 0;
}

int godwit_replace_descriptor(int fd, int place) { return dup3(fd, place, 0); }

// --- Sockets -------------------------------------------------------------------------------------

int godwit_socket_unix(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

int godwit_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC); }

ssize_t godwit_send(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int godwit_peer_process(int fd, int32_t *process) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *process = credentials.pid;
  return 0;
}

const char *godwit_program_path(void) { return "/proc/self/exe"; }

int godwit_peer_user(int fd, uint32_t *user) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  *user = credentials.uid;
  return 0;
}

// --- Waiting -------------------------------------------------------------------------------------

int godwit_poll(struct pollfd *items, nfds_t count, int64_t timeout) {
  struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
  return ppoll(items, count, timeout < 0 ? NULL : &limit, NULL);
}

int godwit_waker_open(int ends[2]) {
  ends[0] = ends[1] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return ends[0] < 0 ? -1 : 0;
}

void godwit_waker_drain(int end) {
  uint64_t count;
  ssize_t ignored = read(end, &count, sizeof count);
  (void)ignored;
}

// --- The machine ---------------------------------------------------------------------------------

int godwit_random(void *buffer, size_t count) {
  for (char *next = buffer; count > 0;) {
    ssize_t got = getrandom(next, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return -1;
    next += got;
    count -= (size_t)got;
  }
  return 0;
}

uint64_t godwit_peak_resident_bytes(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return (uint64_t)usage.ru_maxrss * 1024;
}

int godwit_processor_count(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long count = sysconf(_SC_NPROCESSORS_ONLN);
  return count > 0 ? (int)count : 1;
}

static int give_back(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  (void)context;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  // The program itself has no name. What has one that is no path is no file, but the kernel's.
  if (object->dlpi_name[0] != '\0' && object->dlpi_name[0] != '/') return 0;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    // What nobody may write is as in the file.
    if (part->p_type != PT_LOAD || part->p_flags & PF_W) continue;
    uintptr_t first = (object->dlpi_addr + part->p_vaddr) & ~(page - 1);
    uintptr_t end = object->dlpi_addr + part->p_vaddr + part->p_memsz;
    madvise((void *)first, end - first, MADV_DONTNEED);
  }
  return 0;
}

void godwit_give_back_code(void) { dl_iterate_phdr(give_back, NULL); }

// On Linux, a nice value is a thread's own (setpriority(2)).
void godwit_thread_lower_priority(void) { setpriority(PRIO_PROCESS, 0, 19); }

#endif
