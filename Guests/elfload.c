// Programs as no linker makes them: segments out of order, over one another, beyond the end of the file, in one page.
#include "check.h"
#include "elfmachine.h"
#include <sys/wait.h>

#define BASE 0x400000UL

static unsigned char image[0x8000];
static int headers;

static void begin(unsigned long entry) {
  memset(image, 0, sizeof image);
  Elf64_Ehdr head = {.e_type = ET_EXEC, .e_version = 1, .e_entry = entry, .e_phoff = sizeof head,
                     .e_ehsize = sizeof head, .e_phentsize = sizeof(Elf64_Phdr)};
  memcpy(head.e_ident, "\177ELF\2\1\1", 7);
  head.e_machine = ELF_MACHINE;
  memcpy(image, &head, sizeof head);
  headers = 0;
}

static void segment(unsigned flags, unsigned long offset, unsigned long address, unsigned long size,
                    unsigned long memory) {
  Elf64_Phdr load = {.p_type = PT_LOAD, .p_flags = flags, .p_offset = offset, .p_vaddr = address, .p_paddr = address,
                     .p_filesz = size, .p_memsz = memory, .p_align = 0x1000};
  memcpy(image + sizeof(Elf64_Ehdr) + headers++ * sizeof load, &load, sizeof load);
}

// Code that writes six bytes from an address to standard output and exits with 0; its length.
static int code(unsigned long offset, unsigned long message) {
#ifdef __x86_64__
  unsigned char *at = image + offset, *start = at;
  memcpy(at, "\xbf\1\0\0\0\x48\xbe", 7);
  memcpy(at + 7, &message, 8);
  memcpy(at + 15, "\xba\6\0\0\0\xb8\1\0\0\0\x0f\5\x31\xff\xb8\x3c\0\0\0\x0f\5", 21);
  return at + 36 - start;
#elif defined __aarch64__
  uint32_t *at = (uint32_t *)(image + offset), *start = at;
  unsigned long values[][2] = {{0, 1}, {1, message}, {2, 6}, {8, 64}, {99, 0}, {0, 0}, {8, 93}, {99, 0}};
  for (int i = 0; i < 8; i++) {
    if (values[i][0] == 99) {
      *at++ = 0xd4000001;
      continue;
    }
    for (int part = 0; part < 4; part++)
      *at++ = (part ? 0xf2800000 : 0xd2800000) | part << 21 | (values[i][1] >> 16 * part & 0xffff) << 5 | values[i][0];
  }
  return (char *)at - (char *)start;
#elif defined __riscv
  uint32_t *at = (uint32_t *)(image + offset), *start = at;
  uint32_t values[][2] = {{10, 1}, {11, message}, {12, 6}, {17, 64}, {99, 0}, {10, 0}, {17, 93}, {99, 0}};
  for (int i = 0; i < 8; i++) {
    uint32_t to = values[i][0], value = values[i][1];
    if (to == 99) {
      *at++ = 0x00000073;
      continue;
    }
    *at++ = 0x00000037 | to << 7 | ((value + 0x800) & 0xfffff000);  // lui
    *at++ = 0x0000001b | to << 7 | to << 15 | value << 20;          // addiw
  }
  return (char *)at - (char *)start;
#endif
}

// What the program of `size` bytes writes; its wait status in *status.
static const char *run(unsigned long size, int *status) {
  static char text[64];
  ((Elf64_Ehdr *)image)->e_phnum = headers;
  int file = OK(open("program", O_CREAT | O_TRUNC | O_WRONLY, 0755));
  EQ(write(file, image, size), size);
  close(file);
  int p[2];
  OK(pipe(p));
  pid_t child = fork();
  if (child == 0) {
    dup2(p[1], 1);
    execl("./program", "program", NULL);
    _exit(99);
  }
  close(p[1]);
  int count = read(p[0], text, sizeof text - 1);
  text[count > 0 ? count : 0] = 0;
  close(p[0]);
  EQ(waitpid(child, status, 0), child);
  OK(unlink("program"));
  return text;
}

static void says_hello(const char *what, unsigned long size) {
  int status;
  const char *text = run(size, &status);
  if (status || strcmp(text, "hello\n")) fail_at(__FILE__, __LINE__, "%s: \"%s\", status %#x", what, text, status);
  STEP("%s", what);
}

int main(void) {
  enum { X = PF_X, W = PF_W, R = PF_R };
  enter_scratch();

  begin(BASE + 0x1000);
  segment(R | X, 0x1000, BASE + 0x1000, 0x800, 0x800);
  segment(R | W, 0x2000, BASE + 0x2000, 0x800, 0x800);
  segment(R | W, 0x2800, BASE + 0x2800, 0x800, 0x800);
  code(0x1000, BASE + 0x2800);
  memcpy(image + 0x2800, "hello\n", 6);
  PART(says_hello("two segments in a page", 0x4000));

  begin(BASE + 0x1000);
  segment(R | X, 0x1000, BASE + 0x1000, 0x400, 0x400);
  segment(R | W | X, 0x1400, BASE + 0x1400, 0x600, 0x3000);
  code(0x1000, BASE + 0x1500);
  memcpy(image + 0x1500, "hello\n", 6);
  PART(says_hello("code and data in a page", 0x4000));

  begin(BASE + 0x1000);
  segment(R | W, 0x2000, BASE + 0x2000, 0x100, 0x100);
  segment(R | X, 0x1000, BASE + 0x1000, 0x400, 0x400);
  code(0x1000, BASE + 0x2000);
  memcpy(image + 0x2000, "hello\n", 6);
  PART(says_hello("out of order", 0x3000));

  begin(BASE + 0x78);
  segment(R | W | X, 0, BASE, 0x10000, 0x10000);
  int length = code(0x78, BASE + 0x78 + 200);
  CHECK(length < 200);
  memcpy(image + 0x78 + 200, "hello\n", 6);
  PART(says_hello("beyond the end of the file", 0x78 + 206));

  begin(BASE + 0x1000);
  segment(R | W, 0, BASE, 0x1000, 0x8000);
  segment(R | X, 0x1000, BASE + 0x1000, 0x600, 0x600);
  code(0x1000, BASE + 0x1500);
  memcpy(image + 0x1500, "hello\n", 6);
  PART(says_hello("one over the zeroes of another", 0x1600));

  int status;
  begin(BASE + 0x1000);
  segment(R | X, 0x1000, BASE + 0x1000, 0x400, 0x400);
  segment(R | X, 0x5000, BASE + 0x5000, 0x400, 0x400);
  code(0x1000, BASE + 0x1000);
  ((Elf64_Ehdr *)image)->e_entry = BASE + 0x5000;
  run(0x2000, &status);
  EQ(status & 0x7f, SIGBUS);
  STEP("code that the file does not have");
  return 0;
}
