// BUILD: -g -fno-omit-frame-pointer -fno-optimize-sibling-calls
// The place where a snapshot for a debugger is taken: known registers, a known string, two threads.
#include "check.h"

#include <pthread.h>
#include <sys/syscall.h>

char landmark_text[] = "here be dragons";
static int go[2], ready[2];

// getppid(2) with known numbers in a general register and in a vector register.
static __attribute__((noinline)) long landmark(void) {
#if defined(__x86_64__)
  long result = SYS_getppid;
  __asm__ volatile(
      "movabsq $0x1122334455667788, %%r15\n\t"
      "movq %%r15, %%xmm9\n\t"
      "syscall"
      : "+a"(result)
      :
      : "r15", "xmm9", "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long number __asm__("x8") = SYS_getppid;
  register long result __asm__("x0");
  __asm__ volatile(
      "ldr x19, =0x1122334455667788\n\t"
      "fmov d9, x19\n\t"
      "svc #0"
      : "=r"(result)
      : "r"(number)
      : "x19", "v9", "memory");
  return result;
#elif defined(__riscv)
  register long number __asm__("a7") = SYS_getppid;
  register long result __asm__("a0");
  __asm__ volatile(
      "li s3, 0x1122334455667788\n\t"
      "fmv.d.x f9, s3\n\t"
      "ecall"
      : "=r"(result)
      : "r"(number)
      : "s3", "f9", "memory");
  return result;
#endif
}

static __attribute__((noinline)) long approach(int times) {
  long sum = 0;
  for (int i = 0; i < times; i++) sum += landmark() > 0;
  return sum;
}

static void *watch(void *unused) {
  (void)unused;
  char byte;
  EQ(write(ready[1], landmark_text, 1), 1);
  EQ(read(go[0], &byte, 1), 1);
  return NULL;
}

int main(void) {
  STEP("a thread waits");
  pthread_t thread;
  char byte;
  OK(pipe(go));
  OK(pipe(ready));
  EQ(pthread_create(&thread, NULL, watch, NULL), 0);
  EQ(read(ready[0], &byte, 1), 1);
  STEP("a call is made again and again");
  EQ(approach(200), 200);
  EQ(write(go[1], landmark_text, 1), 1);
  EQ(pthread_join(thread, NULL), 0);
  return 0;
}
