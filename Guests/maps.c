// /proc/self/maps tells what is mapped: text, heap, stack, protections, offsets, names, and follows every change.
// QEMU: qemu-user does not name the heap.
#include "check.h"
#include <sys/mman.h>

#define PAGE 4096L
static char text[1 << 17];

struct line { uintptr_t start, end; char prot[5]; unsigned long offset; char name[256]; };

// The line that holds an address; 0 when none does. Also checks order and shape of the whole file.
static int find(const void *address, struct line *found) {
  int fd = OK(open("/proc/self/maps", O_RDONLY)), hit = 0;
  long size = 0, n;
  while ((n = OK(read(fd, text + size, sizeof text - 1 - size))) > 0) size += n;
  text[size] = 0;
  OK(close(fd));
  uintptr_t last = 0;
  for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
    *end = 0;
    struct line l = {0};
    unsigned major, minor;
    unsigned long inode;
    CHECK(sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %255[^\n]", &l.start, &l.end, l.prot, &l.offset, &major, &minor, &inode, l.name) >= 7);
    CHECK(l.start >= last && l.end > l.start);
    last = l.end;
    if ((uintptr_t)address >= l.start && (uintptr_t)address < l.end) {
      *found = l;
      hit = 1;
    }
  }
  return hit;
}

int main(void) {
  struct line l;
  int local;
  static const char constant[] = "rodata";
  CHECK(find(main, &l));
  STREQ(l.prot, "r-xp");
  char exe[256];
  long n = OK(readlink("/proc/self/exe", exe, 255));
  exe[n] = 0;
  STREQ(l.name, exe);
  CHECK(find(constant, &l));
  CHECK(l.prot[0] == 'r' && l.prot[1] == '-');  // beside the text on AArch64, so maybe executable
  CHECK(find(text, &l));
  STREQ(l.prot, "rw-p");
  CHECK(find(&local, &l));
  STREQ(l.prot, "rw-p");
  STREQ(l.name, "[stack]");
  void *small = malloc(10);
  CHECK(find(small, &l));
  STREQ(l.name, "[heap]");
  CHECK(!find(NULL, &l));
  STEP("text, constants, data, stack, heap");

  char *p = mmap(NULL, 9 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  OK(mprotect(p + 2 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE));
  CHECK(find(p + 3 * PAGE, &l));
  EQ(l.start, p + 2 * PAGE);
  EQ(l.end, p + 5 * PAGE);
  STREQ(l.prot, "rw-p");
  OK(munmap(p + 3 * PAGE, PAGE));
  CHECK(!find(p + 3 * PAGE, &l));
  CHECK(find(p + 4 * PAGE, &l));
  EQ(l.start, p + 4 * PAGE);
  EQ(l.end, p + 5 * PAGE);
  OK(mprotect(p + 4 * PAGE, PAGE, PROT_NONE));
  CHECK(find(p + 4 * PAGE, &l));
  STREQ(l.prot, "---p");
  CHECK(l.end >= (uintptr_t)p + 9 * PAGE);  // merged with its neighbour
  STEP("follows mprotect and munmap");

  enter_scratch();
  int fd = OK(open("mapped file", O_RDWR | O_CREAT, 0600));
  OK(ftruncate(fd, 4 * PAGE));
  char *f = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, PAGE), want[256];
  CHECK(find(f, &l));
  STREQ(l.prot, "rw-s");
  EQ(l.offset, PAGE);
  snprintf(want, sizeof want, "%s/mapped file", scratch_path);
  STREQ(l.name, want);
  CHECK(find(f + PAGE, &l));
  OK(unlink("mapped file"));
  CHECK(find(f, &l));
  strcat(want, " (deleted)");
  STREQ(l.name, want);
  STEP("files with offset and name, deleted ones marked");
  return 0;
}
