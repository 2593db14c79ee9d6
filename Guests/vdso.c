// The shared object that every process has: its functions are found by name and version, and answer as the calls do.
#include "check.h"
#include "elfmachine.h"
#include <sched.h>
#include <sys/auxv.h>
#include <sys/time.h>

#if defined __x86_64__
#define PREFIX "__vdso_"
#define VERSION "LINUX_2.6"
#elif defined __riscv
#define PREFIX "__vdso_"
#define VERSION "LINUX_4.15"
#else
#define PREFIX "__kernel_"
#define VERSION "LINUX_2.6.39"
#endif

static struct {
  char *base;
  uint64_t size;
  Elf64_Sym *symbols;
  char *strings;
  unsigned *hash;
  Elf64_Versym *versions;
  Elf64_Verdef *definitions;
} object;

static void parse(void) {
  char *base = (char *)getauxval(AT_SYSINFO_EHDR);
  CHECK(base);
  Elf64_Ehdr *head = (Elf64_Ehdr *)base;
  CHECK(!memcmp(head->e_ident, ELFMAG, SELFMAG));
  EQ(head->e_type, ET_DYN);
  EQ(head->e_version, EV_CURRENT);
  EQ(head->e_ehsize, sizeof *head);
  EQ(head->e_phentsize, sizeof(Elf64_Phdr));
  EQ(head->e_machine, ELF_MACHINE);
  Elf64_Phdr *segment = (Elf64_Phdr *)(base + head->e_phoff);
  Elf64_Dyn *dynamic = NULL;
  int loads = 0;
  for (int i = 0; i < head->e_phnum; i++) {
    EQ(segment[i].p_filesz, segment[i].p_memsz);
    if (segment[i].p_type == PT_LOAD && !loads++) {
      object.base = base + segment[i].p_offset - segment[i].p_vaddr;
      object.size = segment[i].p_memsz;
      EQ(segment[i].p_flags, PF_R | PF_X);
      CHECK(segment[i].p_align >= 4096);
    }
    if (segment[i].p_type == PT_DYNAMIC) {
      dynamic = (Elf64_Dyn *)(base + segment[i].p_offset);
      CHECK(segment[i].p_flags & PF_R);
    }
  }
  CHECK(loads == 1 && dynamic);
  for (; dynamic->d_tag; dynamic++) {
    char *place = object.base + dynamic->d_un.d_ptr;
    switch (dynamic->d_tag) {
      case DT_STRTAB: object.strings = place; break;
      case DT_SYMTAB: object.symbols = (Elf64_Sym *)place; break;
      case DT_HASH: object.hash = (unsigned *)place; break;
      case DT_VERSYM: object.versions = (Elf64_Versym *)place; break;
      case DT_VERDEF: object.definitions = (Elf64_Verdef *)place; break;
    }
  }
  CHECK(object.strings && object.symbols && object.versions && object.definitions);
}

static const char *version(int number) {
  for (Elf64_Verdef *at = object.definitions;; at = (Elf64_Verdef *)((char *)at + at->vd_next)) {
    if (!(at->vd_flags & VER_FLG_BASE) && at->vd_ndx == number)
      return object.strings + ((Elf64_Verdaux *)((char *)at + at->vd_aux))->vda_name;
    if (!at->vd_next) return "";
  }
}

// By the hash table where there is one; newer kernels have only the other kind, and then symbols follow until the strings.
static void *find(const char *name) {
  char full[64];
  snprintf(full, sizeof full, PREFIX "%s", name);
  unsigned count = object.hash ? object.hash[1] : ((char *)object.strings - (char *)object.symbols) / sizeof(Elf64_Sym);
  for (unsigned i = 1; i < count; i++) {
    Elf64_Sym *symbol = &object.symbols[i];
    if (strcmp(object.strings + symbol->st_name, full)) continue;
    // Assembly may leave a function's type out.
    int type = ELF64_ST_TYPE(symbol->st_info);
    CHECK(ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL || ELF64_ST_BIND(symbol->st_info) == STB_WEAK);
    CHECK(symbol->st_size > 0 && symbol->st_value + symbol->st_size <= object.size);
    CHECK(symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_NOTYPE));
    STREQ(version(object.versions[i] & 0x7fff), VERSION);
    return object.base + symbol->st_value;
  }
  fail_at(__FILE__, __LINE__, "no %s", full);
  return NULL;
}

static int64_t ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }

int main(void) {
  parse();
  STEP("an object");
  int (*get)(clockid_t, struct timespec *) = find("clock_gettime");
  struct timespec before, between, after;
  for (clockid_t clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
    OK(syscall(SYS_clock_gettime, clock, &before));
    EQ(get(clock, &between), 0);
    OK(syscall(SYS_clock_gettime, clock, &after));
    CHECK(ns(before) <= ns(between) && ns(between) <= ns(after));
  }
  EQ(get(77, &between), -EINVAL);
  int (*resolution)(clockid_t, struct timespec *) = find("clock_getres");
  EQ(resolution(CLOCK_MONOTONIC, &between), 0);
  EQ(between.tv_nsec, 1);
  int (*day)(struct timeval *, void *) = find("gettimeofday");
  struct timeval now;
  OK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &before));
  EQ(day(&now, NULL), 0);
  CHECK(now.tv_sec >= before.tv_sec);
  STEP("clocks");
#if defined __x86_64__
  long (*seconds)(long *) = find("time");
  long told = 0, since = seconds(&told);
  EQ(told, since);
  CHECK(since + 1 >= before.tv_sec);  // It may be as old as the last tick.
#else
  find("rt_sigreturn");
#endif
#if defined __x86_64__ || defined __riscv
  int (*processor)(unsigned *, unsigned *, void *) = find("getcpu");
  unsigned number = 9999, node = 9999;
  EQ(processor(&number, &node, NULL), 0);
  CHECK(number < 9999 && node < 9999);
#endif
  char line[512];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  CHECK(maps);
  while (fgets(line, sizeof line, maps)) {
    unsigned long start;
    char permissions[8];
    if (!strstr(line, "[vdso]")) continue;
    EQ(sscanf(line, "%lx-%*x %7s", &start, permissions), 2);
    EQ(start, getauxval(AT_SYSINFO_EHDR));
    STREQ(permissions, "r-xp");
    found++;
  }
  EQ(found, 1);
  fclose(maps);
  STEP("others");
  return 0;
}
