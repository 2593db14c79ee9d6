// Core files: who leaves one, what it is called, and what is in it: the memory, and each thread with its registers.
#include "check.h"
#include <elf.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/procfs.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char folder[64];
// What is not to be in it.
static char *secret;
static volatile char mark[] = "a mark to be found in the core file";

static void limit(rlim_t bytes) {
  struct rlimit limit;
  OK(getrlimit(RLIMIT_CORE, &limit));
  limit.rlim_cur = bytes;
  OK(setrlimit(RLIMIT_CORE, &limit));
}

static volatile pid_t sleeping;

static void *sleeper(void *unused) {
  sleeping = syscall(SYS_gettid);
  for (;;) pause();
  return unused;
}

static pid_t dying;
// Whether its first thread is the one that dies.
static int is_first = 1;

static int run(void (*body)(void)) {
  int status;
  dying = OK(fork());
  if (!dying) {
    OK(chdir(folder));
    body();
    _exit(0);
  }
  EQ(OK(waitpid(dying, &status, 0)), dying);
  return status;
}

static void none(void) { raise(SIGQUIT); }
static void with_limit(void) {
  pthread_t thread;
  limit(64 << 20);
  EQ(pthread_create(&thread, NULL, sleeper, NULL), 0);
  raise(SIGQUIT);
}
static void hits_other(void) {
  pthread_t thread;
  limit(64 << 20);
  EQ(pthread_create(&thread, NULL, sleeper, NULL), 0);
  while (!sleeping) sched_yield();
  OK(syscall(SYS_tgkill, getpid(), sleeping, SIGQUIT));
  for (;;) pause();
}
static void faulting(void) {
  limit(64 << 20);
  *(volatile int *)(uintptr_t)getpagesize() = 1;
}
static void hidden(void) {
  limit(64 << 20);
  OK(prctl(PR_SET_DUMPABLE, 0));
  raise(SIGQUIT);
}
static void terminated(void) {
  limit(64 << 20);
  raise(SIGTERM);
}

// Takes the core file out of the folder, by whichever name this system gives it; its size, 0 if there is none.
static long take(char **bytes) {
  char path[128];
  snprintf(path, sizeof path, "%s/core", folder);
  int fd = open(path, O_RDONLY);
  if (fd == -1) {
    snprintf(path, sizeof path, "%s/core.%d", folder, dying);
    fd = open(path, O_RDONLY);
  }
  if (fd == -1) return 0;
  struct stat status;
  OK(fstat(fd, &status));
  EQ(status.st_mode & 0777, 0600);
  *bytes = malloc(status.st_size);
  EQ(OK(read(fd, *bytes, status.st_size)), status.st_size);
  OK(close(fd));
  OK(unlink(path));
  return status.st_size;
}

static void inspect(char *bytes, long size, int signal, int threads) {
  Elf64_Ehdr *head = (Elf64_Ehdr *)bytes;
  CHECK(!memcmp(head->e_ident, ELFMAG, SELFMAG));
  EQ(head->e_type, ET_CORE);
  Elf64_Phdr *segment = (Elf64_Phdr *)(bytes + head->e_phoff);
  int found = 0, seen = 0;
  for (int i = 0; i < head->e_phnum; i++) {
    if (segment[i].p_type == PT_LOAD && segment[i].p_vaddr <= (uintptr_t)mark &&
        (uintptr_t)mark + sizeof mark <= segment[i].p_vaddr + segment[i].p_filesz) {
      STREQ(bytes + segment[i].p_offset + ((uintptr_t)mark - segment[i].p_vaddr), (char *)mark);
      found = 1;
    }
    if (segment[i].p_type == PT_LOAD && segment[i].p_vaddr <= (uintptr_t)secret && (uintptr_t)secret < segment[i].p_vaddr + segment[i].p_memsz)
      EQ(segment[i].p_filesz, 0);
    CHECK((long)(segment[i].p_offset + segment[i].p_filesz) <= size);
    if (segment[i].p_type != PT_NOTE) continue;
    for (char *place = bytes + segment[i].p_offset, *end = place + segment[i].p_filesz; place < end;) {
      Elf64_Nhdr *note = (Elf64_Nhdr *)place;
      char *content = place + sizeof *note + ((note->n_namesz + 3) & ~3);
      if (note->n_type == NT_PRSTATUS) {
        struct elf_prstatus *status = (struct elf_prstatus *)content;
        if (!seen) EQ(status->pr_pid == dying, is_first);
        EQ(status->pr_cursig, signal);
        seen++;
      }
      if (note->n_type == NT_PRPSINFO) STREQ(((struct elf_prpsinfo *)content)->pr_fname, "corefile");
      if (note->n_type == NT_FILE) {
        uint64_t files[2];
        memcpy(files, content, sizeof files);
        CHECK(files[0] >= 1 && 16 + 24 * files[0] < note->n_descsz);
        EQ(files[1], getpagesize());
      }
      if (note->n_type == NT_SIGINFO) EQ(((siginfo_t *)content)->si_signo, signal);
      place = content + ((note->n_descsz + 3) & ~3);
    }
  }
  EQ(found, 1);
  EQ(seen, threads);
  free(bytes);
}

static int says(const char *path, const char *text) {
  char line[64] = "";
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  if (!fgets(line, sizeof line, file)) line[0] = 0;
  fclose(file);
  return !strcmp(line, text);
}

// An older core file, longer than the new one may be, where this system gives them this name.
static void leave_old(void) {
  char path[128];
  if (!says("/proc/sys/kernel/core_pattern", "core\n") || !says("/proc/sys/kernel/core_uses_pid", "0\n")) return;
  snprintf(path, sizeof path, "%s/core", folder);
  int fd = OK(open(path, O_CREAT | O_WRONLY, 0600));
  OK(ftruncate(fd, 100 << 20));
  OK(close(fd));
}

int main(void) {
  char *bytes;
  snprintf(folder, sizeof folder, "/tmp/corefile.%d", getpid());
  OK(mkdir(folder, 0700));
  limit(0);
  int status = run(none);
  EQ(WTERMSIG(status), SIGQUIT);
  CHECK(!WCOREDUMP(status));
  EQ(take(&bytes), 0);
  status = run(terminated);
  CHECK(WIFSIGNALED(status) && !WCOREDUMP(status));
  EQ(take(&bytes), 0);
  status = run(hidden);
  CHECK(WIFSIGNALED(status) && !WCOREDUMP(status));
  EQ(take(&bytes), 0);
  STEP("who leaves none");
  leave_old();
  status = run(with_limit);
  EQ(WTERMSIG(status), SIGQUIT);
  CHECK(WCOREDUMP(status));
  long size = take(&bytes);
  CHECK(size <= 64 << 20);
  if (size) inspect(bytes, size, SIGQUIT, 2);
  status = run(faulting);
  EQ(WTERMSIG(status), SIGSEGV);
  CHECK(WCOREDUMP(status));
  size = take(&bytes);
  if (size) inspect(bytes, size, SIGSEGV, 1);
  STEP("threads and memory");
  secret = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(secret, 's', 65536);
  OK(madvise(secret, 65536, MADV_DONTDUMP));
  OK(madvise(secret + 32768, 32768, MADV_DODUMP));
  status = run(with_limit);
  CHECK(WCOREDUMP(status));
  size = take(&bytes);
  if (size) inspect(bytes, size, SIGQUIT, 2);
  STEP("memory to be left out");
  is_first = 0;
  status = run(hits_other);
  EQ(WTERMSIG(status), SIGQUIT);
  CHECK(WCOREDUMP(status));
  size = take(&bytes);
  if (size) inspect(bytes, size, SIGQUIT, 2);
  STEP("another thread is hit");
  OK(rmdir(folder));
  return 0;
}
