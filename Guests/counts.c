// BUILD: -pthread
// Counts that programs rely on: links of /proc and of task directories, the memory node, credentials at an end of file,
// protection keys that the processor lacks.
#include "check.h"
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

static nlink_t links(const char *path) {
  struct stat status;
  OK(stat(path, &status));
  return status.st_nlink;
}

static int gate[2];

static void *wait_at_gate(void *unused) {
  char byte;
  EQ(read(gate[0], &byte, 1), 1);
  return unused;
}

static void threads(void) {
  STEP("one link of /proc/self/task for each thread");
  OK(pipe(gate));
  EQ(links("/proc/self/task"), 3);
  pthread_t thread[3];
  for (int i = 0; i < 3; i++) EQ(pthread_create(&thread[i], NULL, wait_at_gate, NULL), 0);
  EQ(links("/proc/self/task"), 6);
  EQ(write(gate[1], "...", 3), 3);
  for (int i = 0; i < 3; i++) EQ(pthread_join(thread[i], NULL), 0);
  // Linux takes a thread off the list a little after the one that joins it goes on.
  while (links("/proc/self/task") > 3) usleep(1000);
  STEP("and one of /proc for each process");
  pid_t child = OK(fork());
  if (child == 0) {
    char byte;
    _exit(read(gate[0], &byte, 1) == 1 ? 0 : 1);
  }
  CHECK(links("/proc") > 4);
  EQ(write(gate[1], ".", 1), 1);
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  EQ(links("/proc/self/fd"), 2);
}

static void credentials(void) {
  STEP("no credentials come with the end of a connection of packets");
  int pair[2], on = 1;
  OK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
  OK(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  EQ(send(pair[0], "x", 1, 0), 1);
  OK(close(pair[0]));
  for (int round = 0; round < 2; round++) {
    char byte, control[100];
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 100};
    EQ(recvmsg(pair[1], &message, 0), round == 0);
    EQ(message.msg_controllen > 0, round == 0);
  }
}

// No two of these have the same number, not while they are there.
static void numbers(void) {
  ino_t seen[64];
  int count = 0, fds[64], pair[2];
  for (int i = 0; i < 4; i++) {
    OK(pipe(pair));
    fds[count++] = pair[0];
    OK(close(pair[1]));
    OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    fds[count++] = pair[0];
    fds[count++] = pair[1];
    fds[count++] = OK(socket(AF_INET, SOCK_STREAM, 0));
    fds[count++] = OK(socket(AF_INET, SOCK_DGRAM, 0));
    fds[count++] = OK(socket(AF_UNIX, SOCK_DGRAM, 0));
    fds[count++] = OK(socket(AF_NETLINK, SOCK_RAW, 0));
    fds[count++] = OK(memfd_create("one", 0));
  }
  for (int i = 0; i < count; i++) {
    struct stat status;
    OK(fstat(fds[i], &status));
    seen[i] = status.st_ino;
    for (int j = 0; j < i; j++) CHECK(seen[j] != seen[i]);
  }
  for (int i = 0; i < count; i++) OK(close(fds[i]));
  STEP("numbers of pipes, sockets and files in memory");
}

static void node(void) {
  STEP("one memory node");
  char text[8] = "";
  int fd = open("/sys/devices/system/node/online", O_RDONLY);
  // Some kernels have no nodes at all.
  if (fd < 0) return;
  CHECK(read(fd, text, 7) > 0);
  EQ(text[0], '0');
  struct stat status;
  OK(stat("/sys/devices/system/node/node0/cpulist", &status));
}

static void keys(void) {
  STEP("no protection keys");
#ifdef __x86_64__
  void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(page != MAP_FAILED);
  FAILS(EINVAL, syscall(SYS_pkey_alloc, 1, 0));
  FAILS(EINVAL, syscall(SYS_pkey_alloc, 0, 4));
  OK(syscall(SYS_pkey_mprotect, page, 4096, PROT_READ | PROT_WRITE, -1));
  *(volatile char *)page = 1;
  FAILS(EINVAL, syscall(SYS_pkey_mprotect, page, 4096, PROT_READ, 20));
  FAILS(EINVAL, syscall(SYS_pkey_free, 20));
#endif
}

int main(void) {
  PART(threads());
  PART(credentials());
  PART(numbers());
  PART(node());
  PART(keys());
  return 0;
}
