// The auxiliary vector the kernel hands to a new program: every entry a C library or a program relies on.
#include "check.h"
#include <elf.h>
#include <sys/auxv.h>

extern void _start(void);
extern char **environ;
int main(int argc, char **argv);

int main(int argc, char **argv) {
  char **env = environ;
  while (*env) env++;
  Elf64_auxv_t *aux = (Elf64_auxv_t *)(env + 1), *end = aux;
  uint64_t seen = 0;
  for (; end->a_type != AT_NULL; end++) {
    if (end->a_type >= 64) continue;
    CHECK(!(seen >> end->a_type & 1));
    seen |= 1ull << end->a_type;
  }
  STEP("vector ends, no entry twice");

  static const int needed[] = {AT_PHDR, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_ENTRY, AT_UID, AT_EUID, AT_GID,
                               AT_EGID, AT_SECURE, AT_RANDOM, AT_EXECFN, AT_HWCAP, AT_CLKTCK};
  for (unsigned i = 0; i < sizeof needed / sizeof *needed; i++) CHECK(seen >> needed[i] & 1);
#if !defined __riscv
  CHECK(seen >> AT_PLATFORM & 1);
#endif
  EQ(getauxval(AT_PAGESZ), 4096);
  EQ(getauxval(AT_CLKTCK), 100);
  EQ(getauxval(AT_SECURE), 0);
  EQ(getauxval(AT_UID), getuid());
  EQ(getauxval(AT_EUID), geteuid());
  EQ(getauxval(AT_GID), getgid());
  EQ(getauxval(AT_EGID), getegid());
  STEP("page size, clock tick, ids");

  EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
  Elf64_Phdr *ph = (Elf64_Phdr *)getauxval(AT_PHDR);
  int covered = 0, stack = 0;
  for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++) {
    if (ph[i].p_type == PT_LOAD && (ph[i].p_flags & PF_X))
      covered |= (uintptr_t)main - ph[i].p_vaddr < ph[i].p_memsz;  // static, not PIE: no bias
    stack |= ph[i].p_type == PT_GNU_STACK;
  }
  CHECK(covered && stack);
  EQ(getauxval(AT_ENTRY), (uintptr_t)_start);
  EQ(getauxval(AT_BASE), 0);
  STEP("program headers and entry");

  unsigned char *random = (unsigned char *)getauxval(AT_RANDOM);
  int bits = 0;
  for (int i = 0; i < 16; i++) bits |= random[i];
  CHECK(bits);
  const char *execfn = (const char *)getauxval(AT_EXECFN);
  CHECK(strlen(execfn) > 0);
  OK(access(execfn, X_OK));
#if defined __x86_64__
  STREQ((const char *)getauxval(AT_PLATFORM), "x86_64");
  unsigned eax = 1, ebx, ecx = 0, edx;
  __asm__("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  for (Elf64_auxv_t *a = aux; a < end; a++)  // getauxval would give glibc's own idea of it
    if (a->a_type == AT_HWCAP) EQ(a->a_un.a_val, edx);
#elif defined __aarch64__
  STREQ((const char *)getauxval(AT_PLATFORM), "aarch64");
  CHECK((getauxval(AT_HWCAP) & 3) == 3);  // FP and ASIMD
#elif defined __riscv
  CHECK(!(seen >> AT_PLATFORM & 1));
  CHECK((getauxval(AT_HWCAP) & 0x112d) == 0x112d);  // the letters I, M, A, F, D and C
#endif
  unsigned long ehdr = getauxval(AT_SYSINFO_EHDR);
  if (ehdr) CHECK(!memcmp((void *)ehdr, ELFMAG, SELFMAG));
  unsigned long frame = getauxval(AT_MINSIGSTKSZ);
  if (frame) CHECK(frame >= 1000 && frame < 65536);
  STEP("random bytes, file name, platform, hwcap");

  char copy[4096];
  int fd = OK(open("/proc/self/auxv", O_RDONLY));
  long size = OK(read(fd, copy, sizeof copy));
  long length = (char *)(end + 1) - (char *)aux;
  CHECK(size >= length);
  CHECK(!memcmp(copy, aux, length));
  STEP("/proc/self/auxv agrees");
  return 0;
}
