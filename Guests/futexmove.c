// futex requeue, cmp_requeue and wake_op: who is woken, who is moved, which operations and comparisons.
#include "futex.h"

static uint32_t from, to;

// Lets three threads fall asleep on `from`: how many does a requeue of everything to the same place find?
static void three_asleep(struct waiter w[3]) {
  for (int i = 0; i < 3; i++) start_waiter(&w[i], &from, ~0u);
  while (futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)100L, &from, from) != 3) pause_ms(1);
}

static int wake_op(int op, int oparg, int cmp, int cmparg, uint32_t initial, uint32_t expected) {
  to = initial;
  int woken = OK(futex(&from, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, &to, FUTEX_OP(op, oparg, cmp, cmparg)));
  EQ(to, expected);
  return woken;
}

int main(void) {
  struct waiter w[3];
  three_asleep(w);
  EQ(futex(&from, FUTEX_REQUEUE_PRIVATE, 1, (void *)1L, &to, 0), 1 + 1);
  EQ(futex(&to, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
  EQ(futex(&from, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 1);
  for (int i = 0; i < 3; i++) join_waiter(&w[i]);
  STEP("one woken, one moved, one left");

  three_asleep(w);
  FAILS(EAGAIN, futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)9L, &to, from + 1));
  EQ(futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)9L, &to, from), 3);
  EQ(futex(&from, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 0);
  EQ(futex(&to, FUTEX_WAKE_PRIVATE, 9, NULL, NULL, 0), 3);
  for (int i = 0; i < 3; i++) join_waiter(&w[i]);
  STEP("compared, all moved");

  EQ(wake_op(FUTEX_OP_SET, 7, FUTEX_OP_CMP_EQ, 5, 5, 7), 0);
  EQ(wake_op(FUTEX_OP_ADD, 7, FUTEX_OP_CMP_NE, 5, 5, 12), 0);
  EQ(wake_op(FUTEX_OP_OR, 6, FUTEX_OP_CMP_LT, 5, 1, 7), 0);
  EQ(wake_op(FUTEX_OP_ANDN, 6, FUTEX_OP_CMP_GE, 5, 7, 1), 0);
  EQ(wake_op(FUTEX_OP_XOR, 5, FUTEX_OP_CMP_GT, 5, 3, 6), 0);
  EQ(wake_op(FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 10, FUTEX_OP_CMP_LE, 5, 1, 1025), 0);
  STEP("wake_op's operations");

  start_waiter(&w[0], &from, ~0u);
  start_waiter(&w[1], &to, ~0u);
  while (futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)9L, &from, from) != 1) pause_ms(1);
  while (futex(&to, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)9L, &to, to) != 1) pause_ms(1);
  to = 5;
  EQ(futex(&from, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, &to, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 5)), 1);
  join_waiter(&w[0]);
  EQ(w[1].done, 0);
  EQ(futex(&from, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, &to, FUTEX_OP(FUTEX_OP_ADD, 1, FUTEX_OP_CMP_GT, 5)), 1);
  join_waiter(&w[1]);
  EQ(to, 7);
  STEP("wakes the second queue when the comparison holds");

  FAILS(EFAULT, futex(&from, FUTEX_WAKE_OP_PRIVATE, 1, (void *)1L, (void *)8, 0));
  FAILS(EFAULT, futex(&from, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)1L, (void *)0xffff000000000000, 0));
  STEP("errors");
  return 0;
}
