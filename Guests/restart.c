// With SA_RESTART, read, write, futex and friends go on after the handler as if nothing had happened; a partial write does not.
#include "interrupt.h"
#include <linux/futex.h>
#include <sys/file.h>
#include <sys/uio.h>

static int ends[2], full[2];
static uint32_t word;

static void feed(void) { EQ(write(ends[1], "fed", 3), 3); }
static void drain(void) {
  static char sink[65536];
  OK(read(full[0], sink, sizeof sink));
}
static void wake(void) {
  __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
  while (syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1) pause_ms(1);
}

int main(void) {
  struct pest p;
  char text[8] = "";
  OK(pipe(ends));
  OK(pipe(full));
  handle_interrupts(SA_RESTART);

  start_pest(&p, 3, feed);
  EQ(read(ends[0], text, 8), 3);
  STREQ(text, "fed");
  CHECK(interrupts >= 3);
  stop_pest(&p);
  STEP("read");

  struct iovec v = {text, 8};
  start_pest(&p, 3, feed);
  EQ(readv(ends[0], &v, 1), 3);
  stop_pest(&p);
  STEP("readv");

  OK(fcntl(full[1], F_SETFL, O_NONBLOCK));
  static char block[65536];
  EQ(write(full[1], block, 65536), 65536);
  OK(fcntl(full[1], F_SETFL, 0));
  start_pest(&p, 3, drain);
  EQ(write(full[1], "x", 1), 1);
  CHECK(interrupts >= 3);
  stop_pest(&p);
  STEP("write");

  start_pest(&p, 3, wake);
  EQ(syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
  stop_pest(&p);
  STEP("futex");

  // A write that has put some bytes into the pipe already returns that number instead of starting over.
  drain();
  start_pest(&p, 0, NULL);
  long n = 0, total = 0;
  static char big[100000];
  n = OK(write(full[1], big, sizeof big));
  CHECK(n > 0 && n < (long)sizeof big);
  stop_pest(&p);
  OK(fcntl(full[0], F_SETFL, O_NONBLOCK));
  for (long r; (r = read(full[0], big, sizeof big)) > 0;) total += r;
  CHECK(total == n || total == n + 1);  // the one from before
  STEP("partial write");
  return 0;
}
