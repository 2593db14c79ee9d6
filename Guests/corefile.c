// Core files: who leaves one, what it is called, and what is in it: the memory, and each thread with its registers.
#include "check.h"
#include "elfmachine.h"
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
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
// Dies with numbers in registers that this test knows, and signals that wait.
#define NUMBER 0x1234567890abcdefUL
static const double fraction = 0x1.23456789abcdep7;
extern char dies_here[];
static void known(void) {
  sigset_t set;
  limit(64 << 20);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  OK(sigprocmask(SIG_SETMASK, &set, NULL));
  OK(syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1));
  OK(kill(getpid(), SIGUSR2));
  OK(setpriority(PRIO_PROCESS, 0, 3));
#if defined __x86_64__
  __asm__ volatile("movsd %1, %%xmm7\n mov %0, %%r12\n .globl dies_here\ndies_here: movl $1, 4096"
                   :: "r"(NUMBER), "m"(fraction) : "r12", "xmm7");
#elif defined __aarch64__
  __asm__ volatile("ldr d7, %1\n mov x20, %0\n mov x21, #4096\n .globl dies_here\ndies_here: str w20, [x21]"
                   :: "r"(NUMBER), "m"(fraction) : "x20", "x21", "v7");
#else
  __asm__ volatile("fld f7, %1\n mv s2, %0\n li s3, 4096\n .globl dies_here\ndies_here: sw s2, 0(s3)"
                   :: "r"(NUMBER), "m"(fraction) : "s2", "s3", "f7");
#endif
}
static rlim_t largest;
static void limited(void) {
  limit(largest);
  raise(SIGQUIT);
}
// Its highest mapping has nothing in it, and with a limit its file may not be longer than that.
static rlim_t longest;
static void hollow(void) {
  char line[512];
  unsigned long start, end, highest = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps);
  while (fgets(line, sizeof line, maps))
    if (sscanf(line, "%lx-%lx", &start, &end) == 2 && !strstr(line, "[vsyscall]")) highest = end;
  fclose(maps);
  for (long above = 1 << 20; above >= 0; above = above > 4096 ? above / 2 : above - 4096)
    if (mmap((char *)highest + above, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != MAP_FAILED) break;
  limit(64 << 20);
  OK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){longest, RLIM_INFINITY}));
  raise(SIGQUIT);
}
// As another user, hit from outside while it waits.
static int ready[2];
static void waits(void) {
  limit(64 << 20);
  OK(setresgid(1001, 1001, 1001));
  OK(setresuid(1000, 1000, 1000));
  OK(prctl(PR_SET_DUMPABLE, 1));
  EQ(write(ready[1], "x", 1), 1);
  for (;;) pause();
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

// What is in the core file that was taken last, without its holes: by what it takes, by where they are, and by what was written.
static long data, filled, written;

static void measure(int fd) {
  Elf64_Ehdr head;
  Elf64_Phdr notes;
  EQ(pread(fd, &head, sizeof head, 0), sizeof head);
  EQ(pread(fd, &notes, sizeof notes, head.e_phoff), sizeof notes);
  long size = notes.p_offset + notes.p_filesz, end = 0, start;
  filled = 0;
  while ((start = lseek(fd, end, SEEK_DATA)) != -1) {
    end = lseek(fd, start, SEEK_HOLE);
    filled += end - start;
  }
  written = filled - (-size & 4095);
  EQ(lseek(fd, 0, SEEK_SET), 0);
}

static int says(const char *path, const char *text) {
  char line[64] = "";
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  if (!fgets(line, sizeof line, file)) line[0] = 0;
  fclose(file);
  return !strcmp(line, text);
}

// Whether this system gives them this name, so that there must be one.
static int is_plain;

// Takes the core file out of the folder, by whichever name this system gives it, with its bytes unless `bytes` is null; its
// size, 0 if there is none.
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
  data = status.st_blocks * 512;
  measure(fd);
  if (bytes) {
    *bytes = malloc(status.st_size);
    EQ(OK(read(fd, *bytes, status.st_size)), status.st_size);
  }
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

// What is in the note of this type of the first thread; its size. Null if there is none.
static char *note(char *bytes, unsigned type, unsigned *size) {
  Elf64_Phdr *segment = (Elf64_Phdr *)(bytes + ((Elf64_Ehdr *)bytes)->e_phoff);
  while (segment->p_type != PT_NOTE) segment++;
  char *place = bytes + segment->p_offset, *end = place + segment->p_filesz;
  while (place < end) {
    Elf64_Nhdr *note = (Elf64_Nhdr *)place;
    char *content = place + sizeof *note + ((note->n_namesz + 3) & ~3);
    *size = note->n_descsz;
    if (note->n_type == type) return content;
    place = content + ((note->n_descsz + 3) & ~3);
  }
  return NULL;
}

// Mappings of all kinds, each with a letter in it: all that this has by itself is in the file, however it may be used; what files have is not.
#define AREA 16384
static struct { char *place; int is_in; } areas[8];
static void map_areas(void) {
  char path[128];
  snprintf(path, sizeof path, "%s/file", folder);
  int fd = OK(open(path, O_CREAT | O_RDWR, 0600)), count = 0;
  OK(ftruncate(fd, AREA));
#define MAPPED(flags, file, after, is) do { \
    char *place = mmap(NULL, 3 * AREA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); \
    CHECK(mmap(place + AREA, AREA, PROT_READ | PROT_WRITE, flags | MAP_FIXED, file, 0) != MAP_FAILED); \
    place[AREA + 5000] = 'a' + count; \
    OK(mprotect(place + AREA, AREA, after)); \
    areas[count].place = place + AREA, areas[count++].is_in = is; } while (0)
  MAPPED(MAP_PRIVATE | MAP_ANONYMOUS, -1, PROT_READ, 1);
  MAPPED(MAP_PRIVATE | MAP_ANONYMOUS, -1, PROT_READ | PROT_EXEC, 1);
  MAPPED(MAP_PRIVATE | MAP_ANONYMOUS, -1, PROT_READ | PROT_WRITE, 1);
  MAPPED(MAP_SHARED | MAP_ANONYMOUS, -1, PROT_READ | PROT_WRITE, 1);
  MAPPED(MAP_SHARED | MAP_ANONYMOUS, -1, PROT_READ, 1);
  MAPPED(MAP_SHARED, fd, PROT_READ | PROT_WRITE, 0);
  MAPPED(MAP_SHARED, fd, PROT_READ, 0);
  MAPPED(MAP_PRIVATE, fd, PROT_READ | PROT_WRITE, 1);
  OK(close(fd));
}

static void inspect_areas(char *bytes) {
  Elf64_Ehdr *head = (Elf64_Ehdr *)bytes;
  for (unsigned i = 0; i < sizeof areas / sizeof *areas; i++) {
    Elf64_Phdr *segment = (Elf64_Phdr *)(bytes + head->e_phoff);
    int count = head->e_phnum;
    while (count && !(segment->p_type == PT_LOAD && segment->p_vaddr == (uintptr_t)areas[i].place)) segment++, count--;
    CHECK(count);
    if (!count) continue;
    EQ(segment->p_memsz, AREA);
    EQ(segment->p_filesz, areas[i].is_in ? AREA : 0);
    if (segment->p_filesz != AREA) continue;
    char *content = bytes + segment->p_offset;
    EQ(content[5000], 'a' + i);
    for (int j = 0; j < AREA; j++)
      if (j != 5000 && content[j]) EQ(content[j], 0);
  }
}

static void inspect_head(char *bytes) {
  Elf64_Ehdr *head = (Elf64_Ehdr *)bytes;
  const char ident[EI_NIDENT] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
  CHECK(!memcmp(head->e_ident, ident, sizeof ident));
  EQ(head->e_machine, ELF_MACHINE);
  EQ(head->e_version, EV_CURRENT);
  EQ(head->e_entry, 0);
  EQ(head->e_phoff, sizeof *head);
  EQ(head->e_ehsize, sizeof *head);
  EQ(head->e_phentsize, sizeof(Elf64_Phdr));
  EQ(head->e_shoff, 0);
  EQ(head->e_shnum, 0);
  EQ(head->e_shstrndx, 0);
  Elf64_Phdr *segment = (Elf64_Phdr *)(bytes + head->e_phoff);
  EQ(segment->p_type, PT_NOTE);
  EQ(segment->p_offset, head->e_phoff + head->e_phnum * sizeof *segment);
  uint64_t place = segment->p_offset + segment->p_filesz, address = 0;
  for (int i = 1; i < head->e_phnum; i++) {
    segment++;
    EQ(segment->p_type, PT_LOAD);
    EQ(segment->p_align, getpagesize());
    EQ(segment->p_paddr, 0);
    EQ(segment->p_offset % getpagesize(), 0);
    CHECK(segment->p_offset >= place && segment->p_vaddr >= address);
    place = segment->p_offset + segment->p_filesz;
    address = segment->p_vaddr + segment->p_memsz;
    if (segment->p_vaddr <= (uintptr_t)mark && (uintptr_t)mark < address) EQ(segment->p_flags, PF_R | PF_W);
    // Of what the program's file has, there is the page with its headers.
    uintptr_t headers = getauxval(AT_PHDR);
    int has_headers = segment->p_vaddr <= headers && headers < address;
    if (has_headers) EQ(segment->p_filesz, getpagesize());
    if (segment->p_vaddr <= (uintptr_t)run && (uintptr_t)run < address) {
      EQ(segment->p_flags, PF_R | PF_X);
      if (!has_headers) EQ(segment->p_filesz, 0);
    }
  }
}

static void inspect_status(char *bytes) {
  unsigned size;
  struct elf_prstatus *status = (struct elf_prstatus *)note(bytes, NT_PRSTATUS, &size);
  EQ(size, sizeof *status);
  EQ(status->pr_info.si_signo, SIGSEGV);
  EQ(status->pr_cursig, SIGSEGV);
  EQ(status->pr_sigpend, 1UL << (SIGUSR1 - 1));  // what waits for the process is not the thread's
  EQ(status->pr_sighold, 1UL << (SIGUSR1 - 1) | 1UL << (SIGUSR2 - 1));
  EQ(status->pr_ppid, getpid());
  EQ(status->pr_pgrp, getpgrp());
  EQ(status->pr_sid, getsid(0));
  EQ(status->pr_fpvalid, 1);
  unsigned long *registers = (unsigned long *)&status->pr_reg;
#if defined __x86_64__
  EQ(registers[3], NUMBER);
  EQ(registers[16], (uintptr_t)dies_here);
  uintptr_t stack = registers[19];
#elif defined __aarch64__
  EQ(registers[20], NUMBER);
  EQ(registers[21], 4096);
  EQ(registers[32], (uintptr_t)dies_here);
  uintptr_t stack = registers[31];
#else
  EQ(registers[18], NUMBER);
  EQ(registers[19], 4096);
  EQ(registers[0], (uintptr_t)dies_here);
  uintptr_t stack = registers[2];
#endif
  CHECK(stack < (uintptr_t)&size && (uintptr_t)&size - stack < 1 << 16);
#if defined __aarch64__
  unsigned long pointer;
  __asm__("mrs %0, tpidr_el0" : "=r"(pointer));
  char *saved = note(bytes, NT_ARM_TLS, &size);
  CHECK(size >= 8 && !memcmp(saved, &pointer, 8));
#elif defined __x86_64__
  EQ(registers[21], *(unsigned long *)__builtin_thread_pointer());
  EQ(registers[15], -1);  // orig_rax: in no call
#else
  EQ(registers[4], (uintptr_t)__builtin_thread_pointer());
#endif
#if !defined __aarch64__
  CHECK(!note(bytes, NT_ARM_TLS, &size));
#endif
  char *vectors = note(bytes, NT_FPREGSET, &size);
#if defined __x86_64__
  EQ(size, 512);
  CHECK(!memcmp(vectors + 160 + 7 * 16, &fraction, 8));
#elif defined __aarch64__
  EQ(size, 33 * 16);
  CHECK(!memcmp(vectors + 7 * 16, &fraction, 8));
#else
  EQ(size, 33 * 8);
  CHECK(!memcmp(vectors + 7 * 8, &fraction, 8));
#endif
}

static void inspect_process(char *bytes) {
  unsigned size;
  struct elf_prpsinfo *process = (struct elf_prpsinfo *)note(bytes, NT_PRPSINFO, &size);
  EQ(size, sizeof *process);
  EQ(process->pr_state, 0);
  EQ(process->pr_sname, 'R');
  EQ(process->pr_zomb, 0);
  EQ(process->pr_nice, 3);
  EQ(process->pr_uid, getuid());
  EQ(process->pr_gid, getgid());
  EQ(process->pr_pid, dying);
  EQ(process->pr_ppid, getpid());
  EQ(process->pr_pgrp, getpgrp());
  EQ(process->pr_sid, getsid(0));
  // Behind each argument is a space, the last too.
  char arguments[sizeof process->pr_psargs];
  snprintf(arguments, sizeof process->pr_psargs, "%s ", program_invocation_name);
  STREQ(process->pr_psargs, arguments);
  siginfo_t *signal = (siginfo_t *)note(bytes, NT_SIGINFO, &size);
  EQ(size, sizeof *signal);
  EQ(signal->si_code, SEGV_MAPERR);
  EQ((uintptr_t)signal->si_addr, 4096);
  char vector[1024];
  int fd = OK(open("/proc/self/auxv", O_RDONLY));
  long length = OK(read(fd, vector, sizeof vector));
  OK(close(fd));
  char *saved = note(bytes, NT_AUXV, &size);
  CHECK(size >= length && !memcmp(saved, vector, length));
  // The program's own code, where the file has it.
  uint64_t *files = (uint64_t *)note(bytes, NT_FILE, &size);
  char *names = (char *)(files + 2 + 3 * files[0]), code[16];
  int found = 0;
  for (uint64_t i = 0; i < files[0]; i++, names += strlen(names) + 1) {
    uint64_t *file = files + 2 + 3 * i;
    CHECK(file[0] < file[1] && strrchr(names, '/'));
    if (file[0] > (uintptr_t)run || file[1] <= (uintptr_t)run) continue;
    STREQ(strrchr(names, '/') + 1, "corefile");
    fd = OK(open("/proc/self/exe", O_RDONLY));
    EQ(OK(pread(fd, code, sizeof code, file[2] * getpagesize() + (uintptr_t)run - file[0])), sizeof code);
    OK(close(fd));
    CHECK(!memcmp(code, run, sizeof code));
    found++;
  }
  EQ(found, 1);
  EQ(names - (char *)files, size);
}

static int is_asleep(pid_t pid) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  return strrchr(text, ')')[2] == 'S';
}

// Of one that slept it is said that it runs: it had to, to die.
static void inspect_other(char *bytes) {
  unsigned size;
  struct elf_prpsinfo *process = (struct elf_prpsinfo *)note(bytes, NT_PRPSINFO, &size);
  EQ(process->pr_state, 0);
  EQ(process->pr_sname, 'R');
  EQ(process->pr_uid, 1000);
  EQ(process->pr_gid, 1001);
  siginfo_t *signal = (siginfo_t *)note(bytes, NT_SIGINFO, &size);
  EQ(signal->si_signo, SIGQUIT);
  EQ(signal->si_code, SI_USER);
  EQ(signal->si_pid, getpid());
  EQ(signal->si_uid, 0);
  struct elf_prstatus *status = (struct elf_prstatus *)note(bytes, NT_PRSTATUS, &size);
  EQ(status->pr_info.si_code, SI_USER);
}

// An older core file, longer than the new one may be, where this system gives them this name.
static void leave_old(void) {
  char path[128];
  if (!is_plain) return;
  snprintf(path, sizeof path, "%s/core", folder);
  int fd = OK(open(path, O_CREAT | O_WRONLY, 0600));
  OK(ftruncate(fd, 100 << 20));
  OK(close(fd));
}

int main(void) {
  char *bytes;
  // A shell may have had it ignored.
  signal(SIGQUIT, SIG_DFL);
  snprintf(folder, sizeof folder, "/tmp/corefile.%d", getpid());
  OK(mkdir(folder, 0700));
  is_plain = says("/proc/sys/kernel/core_pattern", "core\n") && says("/proc/sys/kernel/core_uses_pid", "0\n");
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
  CHECK(size || !is_plain);
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
  is_first = 1;
  status = run(known);
  EQ(WTERMSIG(status), SIGSEGV);
  CHECK(WCOREDUMP(status));
  size = take(&bytes);
  if (size) inspect_head(bytes);
  STEP("the file's own headers");
  if (size) inspect_status(bytes);
  STEP("the registers and signals of a thread");
  if (size) inspect_process(bytes), free(bytes);
  STEP("what is told of the process");
  if (size) {
    // The memory of this process is that of the child: nothing is read, so that it stays as it is. Holes do not count.
    largest = 64 << 20;
    run(limited);
    size = take(NULL);
    largest = data;
    CHECK(WCOREDUMP(run(limited)));
    EQ(take(NULL), size);
    EQ(data, largest);
    largest = data / 2;
    run(limited);
    long cut = take(NULL);
    CHECK(cut >= 4096 && cut < size);
    CHECK(data <= (long)largest + 4096);
    largest = 4096;
    CHECK(WCOREDUMP(run(limited)));
    CHECK(take(NULL) > 0);
    largest = 4095;
    CHECK(!WCOREDUMP(run(limited)));
    EQ(take(NULL), 0);
    // To the byte.
    largest = 64 << 20;
    run(limited);
    size = take(NULL);
    largest = written;
    long all = filled;
    CHECK(WCOREDUMP(run(limited)));
    EQ(take(NULL), size);
    EQ(filled, all);
    // What fills up notes, and the last page if only its end is there, does not count.
    largest -= 5000;
    run(limited);
    CHECK(take(NULL) > 0 && filled < all);
  }
  STEP("a limit");
  if (size) {
    longest = RLIM_INFINITY;
    CHECK(WCOREDUMP(run(hollow)));
    size = take(NULL);
    longest = size;
    CHECK(WCOREDUMP(run(hollow)));
    EQ(take(NULL), size);
    longest = size / 2 & -4096;
    run(hollow);
    long cut = take(NULL);
    CHECK(cut > 0 && cut <= (long)longest);
  }
  STEP("a limit of the file's size");
  if (is_plain) {
    // It is a file like others: made, opened, written and closed.
    char events[4096];
    uint32_t seen = 0;
    int watch = OK(inotify_init1(IN_NONBLOCK));
    OK(inotify_add_watch(watch, folder, IN_CREATE | IN_OPEN | IN_MODIFY | IN_CLOSE));
    run(with_limit);
    long n = OK(read(watch, events, sizeof events));
    for (char *place = events; place < events + n; place += sizeof(struct inotify_event) + ((struct inotify_event *)place)->len) {
      struct inotify_event *event = (struct inotify_event *)place;
      if (event->len && !strcmp(event->name, "core")) seen |= event->mask;
    }
    EQ(seen, IN_CREATE | IN_OPEN | IN_MODIFY | IN_CLOSE_WRITE);
    OK(close(watch));
    CHECK(take(NULL) > 0);
  }
  STEP("events of the file");
  if (!geteuid()) {
    OK(chmod(folder, 0777));
    OK(pipe(ready));
    char byte;
    int ended;
    dying = OK(fork());
    if (!dying) {
      OK(chdir(folder));
      waits();
    }
    EQ(read(ready[0], &byte, 1), 1);
    do pause_ms(1);
    while (!is_asleep(dying));
    OK(kill(dying, SIGQUIT));
    EQ(OK(waitpid(dying, &ended, 0)), dying);
    CHECK(WCOREDUMP(ended));
    size = take(&bytes);
    CHECK(size || !is_plain);
    if (size) inspect_other(bytes), free(bytes);
  }
  STEP("another user's");
  PART(map_areas());
  CHECK(WCOREDUMP(run(with_limit)));
  char path[128];
  snprintf(path, sizeof path, "%s/file", folder);
  OK(unlink(path));
  size = take(&bytes);
  if (size) inspect_areas(bytes), free(bytes);
  STEP("mappings of all kinds");
  OK(rmdir(folder));
  return 0;
}
