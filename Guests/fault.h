// Runs a statement that is expected to fault and says how: FAULT(*p = 1) is the signal, its code and its address.
#pragma once
#include "check.h"
#include <setjmp.h>
#include <ucontext.h>

struct fault { int signo, code; void *addr; };
static __thread sigjmp_buf fault_env;
static __thread volatile struct fault fault_seen;
static __thread volatile int fault_expected;

static void fault_handler(int signo, siginfo_t *info, void *context) {
  (void)context;
  if (!fault_expected) LEAVE("unexpected signal %d code %d address %p", signo, info->si_code, info->si_addr);
  fault_expected = 0;
  fault_seen.signo = signo;
  fault_seen.code = info->si_code;
  fault_seen.addr = info->si_addr;
  siglongjmp(fault_env, 1);
}

__attribute__((unused)) static void catch_faults(void) {
  struct sigaction action = {.sa_sigaction = fault_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
  for (int i = 0; i < 5; i++) OK(sigaction(signals[i], &action, NULL));
}

#define FAULT(statement) \
  ({ fault_seen.signo = fault_seen.code = 0; fault_seen.addr = NULL; \
     if (!sigsetjmp(fault_env, 1)) { fault_expected = 1; statement; } \
     fault_expected = 0; \
     (struct fault){fault_seen.signo, fault_seen.code, fault_seen.addr}; })

// The statement faults exactly so.
#define FAULTS(wanted_signo, wanted_code, wanted_addr, statement) \
  do { struct fault f_ = FAULT(statement); \
       if (f_.signo != (wanted_signo) || f_.code != (wanted_code) || f_.addr != (void *)(wanted_addr)) \
         fail_at(__FILE__, __LINE__, "%s: signal %d code %d address %p, not %s code %s address %p", #statement, f_.signo, \
                 f_.code, f_.addr, #wanted_signo, #wanted_code, (void *)(wanted_addr)); } while (0)

// The statement does not fault.
#define NO_FAULT(statement) EQ(FAULT(statement).signo, 0)

// Single accesses the compiler can neither drop nor merge.
__attribute__((unused)) static inline int load8(const volatile void *p) {
  __asm__ volatile("" : "+r"(p));
  return *(const volatile unsigned char *)p;
}
__attribute__((unused)) static inline void store8(volatile void *p, int v) {
  __asm__ volatile("" : "+r"(p));
  *(volatile unsigned char *)p = v;
}
