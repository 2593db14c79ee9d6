// Segments of x86-64: the selectors a program may load, what they read back as, far transfers, and what may not be loaded.
#include "fault.h"

#if defined __x86_64__
#define LOAD(segment, selector) __asm__ volatile("mov %0, %%" #segment : : "r"(selector) : "memory")
#define READ(segment) ({ unsigned short v_; __asm__ volatile("mov %%" #segment ", %0" : "=r"(v_)); v_; })
// Of a selector that verr or its like accepts, ZF is set.
#define ACCEPTS(instruction, selector) \
  ({ unsigned char ok_; __asm__ volatile(instruction " %w1\n setz %0" : "=r"(ok_) : "r"(selector) : "cc"); ok_; })

static unsigned limit_of(unsigned selector, int *ok) {
  unsigned limit = 0;
  unsigned char zero;
  __asm__ volatile("lsl %2, %0\n setz %1" : "+r"(limit), "=r"(zero) : "r"(selector) : "cc");
  *ok = zero;
  return limit;
}

static unsigned rights_of(unsigned selector, int *ok) {
  unsigned rights = 0;
  unsigned char zero;
  __asm__ volatile("lar %2, %0\n setz %1" : "+r"(rights), "=r"(zero) : "r"(selector) : "cc");
  *ok = zero;
  return rights;
}

static void far_transfers(void) {
  __asm__ volatile("sub $256, %%rsp\n mov %%cs, %%eax\n push %%rax\n lea 1f(%%rip), %%rax\n push %%rax\n lretq\n"
                   "1: add $256, %%rsp" : : : "rax", "memory");
  STEP("lretq");
  uint64_t flags;
  __asm__ volatile("sub $256, %%rsp\n mov %%rsp, %%rcx\n mov %%ss, %%eax\n push %%rax\n push %%rcx\n pushq $0x8d7\n"
                   "mov %%cs, %%eax\n push %%rax\n lea 1f(%%rip), %%rax\n push %%rax\n iretq\n"
                   "1: pushfq\n pop %0\n add $256, %%rsp" : "=r"(flags) : : "rax", "rcx", "cc", "memory");
  EQ(flags & 0x8d5, 0x8d5);
  STEP("iretq");
  struct { uint64_t offset; uint16_t selector; } __attribute__((packed)) target = {.selector = READ(cs)};
  __asm__ volatile("lea 1f(%%rip), %%rax\n mov %%rax, (%0)\n rex.w ljmp *(%0)\n ud2\n 1:" : : "c"(&target) : "rax", "memory");
  STEP("far jump");
  // It pushes the selector and the address, which lretq takes.
  __asm__ volatile("lea 2f(%%rip), %%rax\n mov %%rax, (%0)\n sub $256, %%rsp\n rex.w lcall *(%0)\n add $256, %%rsp\n"
                   "jmp 3f\n 2: lretq\n 3:" : : "c"(&target) : "rax", "memory");
  STEP("far call");
}
#endif

int main(void) {
  catch_faults();
#if defined __x86_64__
  EQ(READ(cs), 0x33);
  EQ(READ(ss), 0x2b);
  EQ(READ(ds), 0);
  EQ(READ(es), 0);
  EQ(READ(fs), 0);
  EQ(READ(gs), 0);
  STEP("selectors at the start");
  static const unsigned loadable[] = {3, 0x2b, 0x28, 0x33, 0x23, 0};
  for (int i = 0; i < 6; i++) {
    LOAD(ds, loadable[i]);
    EQ(READ(ds), loadable[i]);
    LOAD(es, loadable[i]);
    EQ(READ(es), loadable[i]);
    LOAD(gs, loadable[i]);
    EQ(READ(gs), loadable[i]);
  }
  LOAD(ss, 0x2b);
  __asm__ volatile("sub $256, %%rsp\n push %%gs\n pop %%gs\n add $256, %%rsp" : : : "memory");
  STEP("selectors that may be loaded");
  static const unsigned refused[] = {0x08, 0x10, 0x18, 0x1b, 0x40, 0x50, 0x63, 0x2f, 0x7, 0x100, 0xfff8};
  for (int i = 0; i < 11; i++) {
    FAULTS(SIGSEGV, SI_KERNEL, 0, LOAD(ds, refused[i]));
    FAULTS(SIGSEGV, SI_KERNEL, 0, LOAD(es, refused[i]));
    FAULTS(SIGSEGV, SI_KERNEL, 0, LOAD(gs, refused[i]));
  }
  FAULTS(SIGSEGV, SI_KERNEL, 0, LOAD(ss, 0));
  FAULTS(SIGSEGV, SI_KERNEL, 0, LOAD(ss, 0x33));
  EQ(READ(ds), 0);
  STEP("selectors that may not");
  // They stay across system calls; that is where a program is suspended.
  LOAD(ds, 0x2b);
  LOAD(es, 0x33);
  OK(getppid());
  EQ(READ(ds), 0x2b);
  EQ(READ(es), 0x33);
  LOAD(ds, 0);
  LOAD(es, 0);
  STEP("kept");
  PART(far_transfers());
  int ok;
  EQ(limit_of(0x33, &ok), 0xffffffff);
  EQ(ok, 1);
  EQ(limit_of(0x2b, &ok), 0xffffffff);
  EQ(limit_of(0x10, &ok), 0);
  EQ(ok, 0);
  EQ(rights_of(0x2b, &ok) & ~0xf0000, 0xc0f300);
  EQ(rights_of(0x33, &ok) & ~0xf0000, 0xa0fb00);  // without the limit, which some processors leave out
  EQ(rights_of(0x18, &ok), 0);
  EQ(ok, 0);
  EQ(ACCEPTS("verr", 0x2b), 1);
  EQ(ACCEPTS("verr", 0x33), 1);
  EQ(ACCEPTS("verr", 0x10), 0);
  EQ(ACCEPTS("verw", 0x2b), 1);
  EQ(ACCEPTS("verw", 0x33), 0);
  STEP("lsl, lar, verr, verw");
#endif
  return 0;
}
