// prctl and arch_prctl: what libraries ask for at start, and that unknown requests are EINVAL.
#include "check.h"
#include <sched.h>
#include <sys/prctl.h>
#if defined __x86_64__
#include <asm/prctl.h>
#endif

int main(void) {
  int value = -1;
  EQ(prctl(PR_GET_DUMPABLE), 1);
  OK(prctl(PR_SET_DUMPABLE, 0));
  EQ(prctl(PR_GET_DUMPABLE), 0);
  OK(prctl(PR_SET_DUMPABLE, 1));
  FAILS(EINVAL, prctl(PR_SET_DUMPABLE, 7));
  OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
  OK(prctl(PR_GET_PDEATHSIG, &value));
  EQ(value, SIGUSR1);
  OK(prctl(PR_SET_PDEATHSIG, 0));
  FAILS(EINVAL, prctl(PR_SET_PDEATHSIG, 99));
  CHECK(prctl(PR_GET_KEEPCAPS) == 0);
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
  FAILS(EINVAL, prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  CHECK(prctl(PR_GET_TIMERSLACK) >= 0);
  OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
  OK(prctl(PR_GET_CHILD_SUBREAPER, &value));
  EQ(value, 1);
  OK(prctl(PR_SET_CHILD_SUBREAPER, 0));
  OK(prctl(PR_GET_CHILD_SUBREAPER, &value));
  EQ(value, 0);
  FAILS(EFAULT, prctl(PR_GET_CHILD_SUBREAPER, (void *)8));
  // These depend on the kernel's configuration.
  void *cleared = NULL;
  CHECK(prctl(PR_GET_TID_ADDRESS, &cleared) == 0 || errno == EINVAL);
  CHECK(prctl(PR_SET_PTRACER, getpid()) == 0 || errno == EINVAL);
  FAILS(EINVAL, prctl(0x7fffffff));
  FAILS(EFAULT, prctl(PR_GET_NAME, (void *)8));
  STEP("prctl");
#if defined __x86_64__
  unsigned long fs, gs, one = 1;
  OK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs));
  unsigned long self;
  __asm__("mov %%fs:0, %0" : "=r"(self));
  EQ(fs, self);
  OK(syscall(SYS_arch_prctl, ARCH_SET_GS, &one));
  unsigned long seen;
  __asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
  EQ(seen, 1);
  OK(syscall(SYS_arch_prctl, ARCH_GET_GS, &gs));
  EQ(gs, (unsigned long)&one);
  for (int i = 0; i < 3; i++) {
    OK(sched_yield());
    __asm__ volatile("mov %%gs:0, %0" : "=r"(seen));
    EQ(seen, 1);
  }
  EQ(OK(syscall(SYS_arch_prctl, ARCH_GET_CPUID, 0)), 1);
  FAILS(EPERM, syscall(SYS_arch_prctl, ARCH_SET_GS, 0xffff800000000000));
  FAILS(EINVAL, syscall(SYS_arch_prctl, 0x7777, 0));
  FAILS(EFAULT, syscall(SYS_arch_prctl, ARCH_GET_FS, (void *)8));
#elif defined __aarch64__
  uintptr_t tp, after;
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tp));
  // sched_yield with another thread pointer: the kernel keeps whatever is there
  __asm__ volatile("msr tpidr_el0, %1; mov x8, #124; svc #0; mrs %0, tpidr_el0; msr tpidr_el0, %2"
                   : "=&r"(after) : "r"(tp + 4096), "r"(tp) : "x0", "x8", "memory");
  EQ(after, tp + 4096);
#elif defined __riscv
  uintptr_t tp, after;
  __asm__ volatile("mv %0, tp" : "=r"(tp));
  __asm__ volatile("mv tp, %1; li a7, 124; ecall; mv %0, tp; mv tp, %2"
                   : "=&r"(after) : "r"(tp + 4096), "r"(tp) : "a0", "a7", "memory");
  EQ(after, tp + 4096);
#endif
  STEP("thread pointers");
  return 0;
}
