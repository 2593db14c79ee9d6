// Mappings of every kind: validated flags, PROT_GROWSDOWN, advice that is refused, names, implied execution,
// remap_file_pages, what is resident, writes to read-only memory by /proc/self/mem.
#include "check.h"
#include "fault.h"

#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>

static char *map(size_t length, int protection, int flags, int file) {
  char *start = mmap(NULL, length, protection, flags, file, 0);
  CHECK(start != MAP_FAILED);
  return start;
}

// Whether a line of /proc/self/maps that begins at `start` has `text`.
static int shown(void *start, const char *text) {
  char line[512], head[32];
  snprintf(head, sizeof head, "%lx-", (long)start);
  FILE *maps = fopen("/proc/self/maps", "r");
  int found = 0;
  while (fgets(line, sizeof line, maps))
    if (!strncmp(line, head, strlen(head)) && strstr(line, text)) found = 1;
  fclose(maps);
  return found;
}

int main(void) {
  enum { PAGE = 4096, RW = PROT_READ | PROT_WRITE, OWN = MAP_PRIVATE | MAP_ANONYMOUS };
  catch_faults();
  enter_scratch();
  int file = OK(open("file", O_CREAT | O_RDWR, 0600));
  OK(unlink("file"));
  OK(ftruncate(file, 8 * PAGE));
  for (int i = 0; i < 8; i++) EQ(pwrite(file, &(char){'a' + i}, 1, i * PAGE), 1);

  CHECK(map(PAGE, RW, MAP_SHARED_VALIDATE, file));
  FAILS(EOPNOTSUPP, mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | 0x800000, file, 0));
  FAILS(EOPNOTSUPP, mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_SYNC, file, 0));
  CHECK(map(PAGE, RW, MAP_SHARED | 0x800000, file));
  FAILS(EINVAL, mmap(NULL, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
  FAILS(EINVAL, mmap(NULL, PAGE, RW, 4 | MAP_ANONYMOUS, -1, 0));
  FAILS(EINVAL, mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
  FAILS(EINVAL, mmap(NULL, PAGE, RW, MAP_SHARED | MAP_GROWSDOWN | MAP_ANONYMOUS, -1, 0));
  STEP("types and flags");

  char *down = map(4 * PAGE, PROT_NONE, OWN | MAP_GROWSDOWN, -1);
  OK(mprotect(down + 3 * PAGE, PAGE, RW | PROT_GROWSDOWN));
  store8(down, 1);
  store8(down + 3 * PAGE, 1);
  char *plain = map(4 * PAGE, RW, OWN, -1);
  FAILS(EINVAL, mprotect(plain, PAGE, RW | PROT_GROWSDOWN));
  FAILS(EINVAL, mprotect(plain, PAGE, RW | PROT_GROWSUP));
  FAILS(EINVAL, mprotect(plain, PAGE, RW | PROT_GROWSUP | PROT_GROWSDOWN));
  FAILS(EINVAL, mprotect(plain, PAGE, 0x40));
  STEP("PROT_GROWSDOWN");

  char *shared = map(2 * PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1);
  FAILS(EINVAL, madvise(shared, PAGE, MADV_WIPEONFORK));
  char *of_file = map(PAGE, RW, MAP_PRIVATE, file);
  FAILS(EINVAL, madvise(of_file, PAGE, MADV_WIPEONFORK));
  OK(madvise(plain, PAGE, MADV_WIPEONFORK));
  OK(mprotect(plain + PAGE, PAGE, PROT_NONE));
  FAILS(EINVAL, madvise(plain + PAGE, PAGE, MADV_POPULATE_READ));
  OK(mprotect(plain + PAGE, PAGE, PROT_READ));
  OK(madvise(plain + PAGE, PAGE, MADV_POPULATE_READ));
  FAILS(EINVAL, madvise(plain + PAGE, PAGE, MADV_POPULATE_WRITE));
  char *beyond = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, file, 16 * PAGE);
  FAILS(EFAULT, madvise(beyond, PAGE, MADV_POPULATE_READ));
  STEP("advice that is refused");

  char *named = map(3 * PAGE, RW, OWN, -1);
  int supported = prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named + PAGE, PAGE, "middle") == 0;
  if (supported) {
    CHECK(shown(named + PAGE, "[anon:middle]"));
    CHECK(!shown(named, "anon"));
    FAILS(EINVAL, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named, PAGE, "a[b"));
    FAILS(EINVAL, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named + 1, PAGE, "a"));
    FAILS(EBADF, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, of_file, PAGE, "a"));
    FAILS(EINVAL, prctl(PR_SET_VMA, 1, named, PAGE, "a"));
    OK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named, 3 * PAGE, NULL));
    CHECK(!shown(named + PAGE, "anon"));
    // What is mapped is named, and what is not is told of.
    OK(munmap(named + PAGE, PAGE));
    FAILS(ENOMEM, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named, 3 * PAGE, "around"));
    CHECK(shown(named, "[anon:around]"));
    CHECK(shown(named + 2 * PAGE, "[anon:around]"));
    FAILS(ENOMEM, prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named + PAGE, PAGE, "none"));
    OK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, named + PAGE, 0, "none"));
#if defined __x86_64__
    OK(prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, 0x7ffffffff000, 0, "none"));
#endif
  }
  STEP("names");

  int old = OK(personality(0xffffffff));
  OK(personality(old | READ_IMPLIES_EXEC));
  char *implied = map(PAGE, PROT_READ, OWN, -1);
  CHECK(shown(implied, "r-xp"));
  OK(mprotect(implied, PAGE, RW));
  CHECK(shown(implied, "rwxp"));
  OK(personality(old));
  OK(mprotect(implied, PAGE, PROT_READ));
  CHECK(shown(implied, "r--p"));
  STEP("what is read may be executed");

  char *window = map(8 * PAGE, RW, MAP_SHARED, file);
  OK(remap_file_pages(window, PAGE, 0, 5, 0));
  EQ(window[0], 'f');
  EQ(window[PAGE], 'b');
  FAILS(EINVAL, remap_file_pages(plain, PAGE, 0, 0, 0));
  FAILS(EINVAL, remap_file_pages(window, PAGE, PROT_READ, 0, 0));
  STEP("remap_file_pages");

  int fresh = OK(memfd_create("fresh", 0));
  OK(ftruncate(fresh, 4 * PAGE));
  EQ(pwrite(fresh, "x", 1, 2 * PAGE), 1);
  char *pages = map(4 * PAGE, PROT_READ, MAP_SHARED, fresh);
  unsigned char resident[4];
  OK(mincore(pages, 4 * PAGE, resident));
  EQ(resident[2] & 1, 1);
  EQ(resident[0] & 1, 0);
  STEP("what was written is resident");

  int memory = OK(open("/proc/self/mem", O_RDWR));
  char *constant = map(2 * PAGE, PROT_READ, OWN, -1);
  EQ(pwrite(memory, "forced", 6, (off_t)(uintptr_t)constant + PAGE - 3), 6);
  EQ(memcmp(constant + PAGE - 3, "forced", 6), 0);
  FAULTS(SIGSEGV, SEGV_ACCERR, constant, store8(constant, 1));
  char *read_only = map(PAGE, PROT_READ, MAP_SHARED, fresh);
  FAILS(EIO, pwrite(memory, "x", 1, (off_t)(uintptr_t)read_only));
  STEP("writes by /proc/self/mem");
  return 0;
}
