// Futexes: every operation with none to three waiters, every count, and every argument that is wrong: what the call answers, how many
// of them are woken, and where the others wait.
// QEMU: qemu-user 7.2 has some errors of its own.
#include "matrix.h"
#include <linux/futex.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>

static const struct table expected[] = {
  {"0 waiters",
   "0 0 0 0 0 0 0 0 0 0 0 0 INVAL 0 INVAL 0 INVAL 0 INVAL 0 INVAL 0 INVAL 0 INVAL 0 0 0 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 "
   "0 0 0 0 0 0 0 INVAL 0 0 0 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 0 0 0 0 0 0 INVAL 0 0 0 0 0 0 0 0 0 0 0 0 0 AGAIN 0 0 5 "
   "0 0 7 0 0 0 AGAIN 0 0 5 0 0 7 0 0 0 AGAIN 0 0 5 0 0 7 0"},
  {"1 waiters",
   "1 0 1 0 1 0 1 0 1 0 1 0 INVAL 10 INVAL 10 INVAL 10 INVAL 10 INVAL 10 INVAL 10 INVAL 10 0 10 1 1 1 1 1 1 1 1 INVAL "
   "10 1 0 1 0 1 0 1 0 1 0 INVAL 10 1 0 1 0 1 0 1 0 1 0 INVAL 10 1 0 1 0 1 0 1 0 1 0 INVAL 10 1 0 1 0 1 0 1 0 1 0 1 1 "
   "AGAIN 10 1 5 0 0 7 10 1 0 AGAIN 10 1 5 0 0 7 10 1 0 AGAIN 10 1 5 0 0 7 10"},
  {"2 waiters",
   "1 10 1 10 1 10 2 0 2 0 2 0 INVAL 20 INVAL 20 INVAL 20 INVAL 20 INVAL 20 INVAL 20 INVAL 20 0 20 1 11 2 2 2 2 2 2 "
   "INVAL 20 1 10 2 1 2 1 2 1 2 1 INVAL 20 2 0 2 0 2 0 2 0 2 0 INVAL 20 2 0 2 0 2 0 2 0 2 0 INVAL 20 2 0 2 0 2 0 2 0 "
   "2 0 1 11 AGAIN 20 1 5 10 0 7 20 2 1 AGAIN 20 1 5 10 0 7 20 2 0 AGAIN 20 2 5 0 0 7 20"},
  {"3 waiters",
   "1 20 1 20 1 20 2 10 3 0 3 0 INVAL 30 INVAL 30 INVAL 30 INVAL 30 INVAL 30 INVAL 30 INVAL 30 0 30 1 21 2 12 3 3 3 3 "
   "INVAL 30 1 20 2 11 3 2 3 2 3 2 INVAL 30 2 10 3 1 3 1 3 1 3 1 INVAL 30 3 0 3 0 3 0 3 0 3 0 INVAL 30 3 0 3 0 3 0 3 "
   "0 3 0 1 21 AGAIN 30 1 5 20 0 7 30 2 11 AGAIN 30 1 5 20 0 7 30 3 1 AGAIN 30 2 5 10 0 7 30"},
  {"0 waiters, private",
   "0 0 0 0 0 0 0 0 0 0 0 0 INVAL 0 0 0 INVAL 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 AGAIN 0 0 5 0 0 7 0 0 0 AGAIN 0 0 "
   "5 0 0 7 0 0 0 AGAIN 0 0 5 0 0 7 0"},
  {"1 waiters, private",
   "1 0 1 0 1 0 1 0 1 0 1 0 INVAL 10 1 1 INVAL 10 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 1 AGAIN 10 1 5 0 0 7 10 1 0 AGAIN "
   "10 1 5 0 0 7 10 1 0 AGAIN 10 1 5 0 0 7 10"},
  {"2 waiters, private",
   "1 10 1 10 1 10 2 0 2 0 2 0 INVAL 20 1 11 INVAL 20 1 10 2 1 2 1 2 1 2 1 2 0 2 0 2 0 1 11 AGAIN 20 1 5 10 0 7 20 2 "
   "1 AGAIN 20 1 5 10 0 7 20 2 0 AGAIN 20 2 5 0 0 7 20"},
  {"3 waiters, private",
   "1 20 1 20 1 20 2 10 3 0 3 0 INVAL 30 1 21 INVAL 30 1 20 2 11 3 2 3 2 3 2 3 1 3 0 3 0 1 21 AGAIN 30 1 5 20 0 7 30 "
   "2 11 AGAIN 30 1 5 20 0 7 30 3 1 AGAIN 30 2 5 10 0 7 30"},
  {"killed",
   "0 0"},
  {"bits",
   "INVAL 30 INVAL 30 1 20 1 20 1 20 1 20 1 20 1 20 0 30 0 30 1 20 2 10 1 20 2 10 1 20 2 10 1 20 3 0 1 20 3 0"},
  {"operations",
   "0 6 0 6 0 6 0 6 0 6 0 6 0 6 0 7 0 5 0 12 0 -2147483643 0 -2147483642 0 6 0 7 0 -1 0 6 0 2147483647 0 -2147483642 "
   "0 0 0 1 0 -7 0 0 0 2147483641 0 -2147483648 0 6 0 7 0 -7 0 0 0 2147483641 0 -2147483642 NOSYS 0 NOSYS 1 NOSYS -1 "
   "NOSYS 6 NOSYS 2147483647 NOSYS -2147483648"},
  {"comparisons",
   "1 0 1 0 1 0 1 0 1 0 1 0 0 10 0 10 0 10 0 10 0 10 0 10 0 10 0 10 0 10 0 10 0 10 0 10 1 0 1 0 1 0 1 0 1 0 1 0 0 10 "
   "0 10 0 10 0 10 0 10 0 10 1 0 1 0 1 0 1 0 1 0 1 0 NOSYS 10 NOSYS 10 NOSYS 10 NOSYS 10 NOSYS 10 NOSYS 10"},
  {"shifted operands",
   "0 1 0 16 0 256 0 4096 0 65536 0 1048576 0 16777216 0 268435456 0 1 0 -2048 0 -1537 0 -1026 0 -515 0 -4 0 507 0 "
   "1018 0 1529 0 2040"},
  {"wrong",
   "INVAL FAULT * AGAIN NOSYS INVAL FAULT 0 0 NOSYS INVAL FAULT INVAL INVAL NOSYS INVAL FAULT INVAL INVAL NOSYS INVAL "
   "FAULT 0 INVAL NOSYS * FAULT PERM PERM NOSYS INVAL FAULT * AGAIN AGAIN INVAL FAULT 0 0 NOSYS INVAL FAULT * INVAL "
   "AGAIN INVAL FAULT INVAL INVAL NOSYS NOSYS NOSYS NOSYS NOSYS NOSYS TIMEDOUT TIMEDOUT AGAIN INVAL INVAL INVAL FAULT "
   "AGAIN NOSYS TIMEDOUT TIMEDOUT AGAIN INVAL INVAL INVAL FAULT INVAL TIMEDOUT"},
  {"wrong, private",
   "INVAL FAULT * AGAIN NOSYS INVAL FAULT 0 0 NOSYS INVAL FAULT INVAL INVAL NOSYS INVAL FAULT INVAL INVAL NOSYS INVAL "
   "FAULT 0 INVAL NOSYS * FAULT PERM PERM NOSYS INVAL FAULT * AGAIN AGAIN INVAL FAULT 0 0 NOSYS INVAL FAULT * INVAL "
   "AGAIN INVAL FAULT INVAL INVAL NOSYS NOSYS NOSYS NOSYS NOSYS NOSYS TIMEDOUT TIMEDOUT AGAIN INVAL INVAL INVAL FAULT "
   "AGAIN NOSYS TIMEDOUT TIMEDOUT AGAIN INVAL INVAL INVAL FAULT INVAL TIMEDOUT"},
  {NULL, NULL}};

static int *words;  // in shared memory: the one that is waited for, and another
static long call(int *word, int operation, long value, long timeout, int *other, unsigned third) {
  return syscall(SYS_futex, word, operation, value, timeout, other, third);
}

static struct sleeper { pthread_t thread; volatile pid_t tid; volatile int is_over; long result; int error; unsigned bits; } waiters[3];
static int is_private;
static void *wait_there(void *argument) {
  struct sleeper *waiter = argument;
  waiter->tid = syscall(SYS_gettid);
  waiter->result = call(words, FUTEX_WAIT_BITSET | is_private, 0, 0, NULL, waiter->bits);
  waiter->error = errno;
  waiter->is_over = 1;
  return NULL;
}
static void begin(int count, unsigned bits) {
  words[0] = words[1] = 0;
  for (int i = 0; i < count; i++) {
    waiters[i] = (struct sleeper){.bits = bits ? bits : 1u << i};
    EQ(pthread_create(&waiters[i].thread, NULL, wait_there, &waiters[i]), 0);
    char path[64], text[512];
    while (!waiters[i].tid) sched_yield();
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", waiters[i].tid);
    for (int asleep = 0; asleep < 2;) {
      int fd = OK(open(path, O_RDONLY));
      text[OK(read(fd, text, sizeof text - 1))] = 0;
      OK(close(fd));
      asleep = strrchr(text, ')')[2] == 'S' ? asleep + 1 : 0;
      if (asleep < 2) sched_yield();
    }
  }
}
// Wakes the rest: how many there are at the one word, and at the other; and who was the first.
static void finish(int count) {
  long here = call(words, FUTEX_WAKE | is_private, INT_MAX, 0, NULL, 0), there = call(words + 1, FUTEX_WAKE | is_private, INT_MAX, 0, NULL, 0);
  for (int i = 0; i < count; i++) {
    EQ(pthread_join(waiters[i].thread, NULL), 0);
    EQ(waiters[i].result, 0);
  }
  SHOW(here * 10 + there);
}

static void counted(void) {
  static const int counts[] = {-1, 0, 1, 2, 3, INT_MAX};
  char title[64];
  for (int present = 0; present <= 3; present++) {
    snprintf(title, sizeof title, "%d waiters%s", present, is_private ? ", private" : "");
    begin_row(title);
    for (int i = 0; i < 6; i++) {
      begin(present, -1);
      TRY(call(words, FUTEX_WAKE | is_private, counts[i], 0, NULL, 0));
      finish(present);
    }
    for (int i = 0; i < 6; i++)
      for (int j = 0; j < 6; j++) {
        if (is_private && j != 2 && i != 2) continue;
        begin(present, -1);
        TRY(call(words, FUTEX_CMP_REQUEUE | is_private, counts[i], counts[j], words + 1, 0));
        finish(present);
      }
    for (int i = 1; i < 4; i++) {
      begin(present, -1);
      TRY(call(words, FUTEX_REQUEUE | is_private, counts[i], 1, words + 1, 0));
      finish(present);
      begin(present, -1);
      TRY(call(words, FUTEX_CMP_REQUEUE | is_private, counts[i], 1, words + 1, 1));
      finish(present);
      begin(present, -1);
      TRY(call(words, FUTEX_WAKE_OP | is_private, counts[i], 2, words + 1, FUTEX_OP(FUTEX_OP_ADD, 5, FUTEX_OP_CMP_EQ, 0)));
      SHOW(words[1]);
      finish(present);
      begin(present, -1);
      TRY(call(words + 1, FUTEX_WAKE_OP | is_private, counts[i], 2, words, FUTEX_OP(FUTEX_OP_SET, 7, FUTEX_OP_CMP_NE, 0)));
      SHOW(words[0]);
      finish(present);
    }
    END_ROW(expected);
  }
}

// A process that is killed while it waits, waits no longer.
static void killed(void) {
  begin_row("killed");
  for (int present = 1; present < 4; present += 2) {
    pid_t pid = OK(fork());
    words[0] = words[1] = 0;
    if (!pid) {
      begin(present, -1);
      words[1] = 1;
      for (;;) pause();
    }
    while (!*(volatile int *)&words[1]) pause_ms(1);
    int status;
    OK(kill(pid, SIGKILL));
    EQ(OK(waitpid(pid, &status, 0)), pid);
    TRY(call(words, FUTEX_WAKE, 9, 0, NULL, 0));
  }
  END_ROW(expected);
}

static void bits(void) {
  begin_row("bits");
  static const unsigned sets[] = {0, 1, 2, 4, 8, 3, 5, 6, 7, -1};
  for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++)
    for (int most = 1; most < 4; most += 2) {
      begin(3, 0);
      TRY(call(words, FUTEX_WAKE_BITSET, most, 0, NULL, sets[i]));
      finish(3);
    }
  END_ROW(expected);
}

// What each operation makes of the second word, and when it wakes.
static void operations(void) {
  begin_row("operations");
  static const int values[] = {0, 1, -1, 6, INT_MAX, INT_MIN};
  for (int operation = 0; operation < 6; operation++)
    for (unsigned i = 0; i < 6; i++) {
      words[0] = 0, words[1] = values[i];
      TRY(call(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP(operation, 6, FUTEX_OP_CMP_EQ, 0)));
      SHOW(words[1]);
    }
  END_ROW(expected);
  begin_row("comparisons");
  for (int comparison = 0; comparison < 7; comparison++)
    for (unsigned i = 0; i < 6; i++) {
      begin(1, -1);
      words[1] = values[i];
      TRY(call(words + 1, FUTEX_WAKE_OP, 0, 1, words, FUTEX_OP(FUTEX_OP_ADD, 0, comparison, 0)));
      finish(1);
    }
  END_ROW(expected);
  begin_row("shifted operands");
  for (int shift = 0; shift < 33; shift += 4) {
    words[1] = 0;
    TRY(call(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP((FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT), shift, FUTEX_OP_CMP_EQ, 0)));
    SHOW(words[1]);
  }
  for (int operand = -2048; operand < 2048; operand += 511) {
    words[1] = 0;
    TRY(call(words, FUTEX_WAKE_OP, 1, 1, words + 1, FUTEX_OP(FUTEX_OP_ADD, operand & 0xfff, FUTEX_OP_CMP_EQ, 0)));
    SHOW(words[1]);
  }
  END_ROW(expected);
}

static void wrong(void) {
  struct timespec zero = {0, 0}, past = {0, 1}, bad = {0, 1000000000}, negative = {-1, 0}, less = {0, -1};
  for (int flags = 0; flags <= FUTEX_PRIVATE_FLAG; flags += FUTEX_PRIVATE_FLAG) {
    begin_row(flags ? "wrong, private" : "wrong");
    words[0] = words[1] = 0;
    for (int operation = 0; operation < 15; operation++) {
      // Those that would take a lock are others' matter.
      if (operation == FUTEX_LOCK_PI || operation == FUTEX_TRYLOCK_PI || operation == FUTEX_LOCK_PI2 || operation == FUTEX_FD) continue;
      // A number instead of a time.
      int is_count = operation == FUTEX_REQUEUE || operation == FUTEX_CMP_REQUEUE || operation == FUTEX_WAKE_OP || operation == FUTEX_CMP_REQUEUE_PI;
      long fourth = is_count ? 1 : (long)&zero;
      TRY(call((int *)((char *)words + 1), operation | flags, 1, fourth, words + 1, 1));
      TRY(call((int *)-4096, operation | flags, 1, fourth, words + 1, 1));
      TRY(call(words, operation | flags, 1, is_count ? -1 : (long)&bad, words + 1, 1));
      TRY(call(words, operation | flags, 1, fourth, (int *)((char *)words + 5), 1));
      TRY(call(words, operation | flags | FUTEX_CLOCK_REALTIME, 1, fourth, words + 1, 1));
    }
    for (int operation = FUTEX_WAIT; operation <= FUTEX_WAIT_BITSET; operation += FUTEX_WAIT_BITSET) {
      TRY(call(words, operation | flags, 0, (long)&zero, NULL, -1));
      TRY(call(words, operation | flags, 0, (long)&past, NULL, -1));
      TRY(call(words, operation | flags, 1, (long)&past, NULL, -1));
      TRY(call(words, operation | flags, 0, (long)&bad, NULL, -1));
      TRY(call(words, operation | flags, 0, (long)&negative, NULL, -1));
      TRY(call(words, operation | flags, 0, (long)&less, NULL, -1));
      TRY(call(words, operation | flags, 0, 8, NULL, -1));
      TRY(call(words, operation | flags, 1, 0, NULL, 0));
      TRY(call(words, operation | flags | FUTEX_CLOCK_REALTIME, 0, (long)&past, NULL, -1));
    }
    END_ROW(expected);
  }
}

int main(void) {
  words = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(words != MAP_FAILED);
  PART(counted());
  is_private = FUTEX_PRIVATE_FLAG;
  PART(counted());
  is_private = 0;
  PART(killed());
  STEP("counts");
  PART(bits());
  STEP("bits");
  PART(operations());
  STEP("operations");
  PART(wrong());
  STEP("wrong arguments");
  return 0;
}
