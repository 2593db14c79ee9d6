// A bank of counters that is moved again and again: `counters TURNS`. Memory, a file, a thread's own counter and a clock must
// agree at each turn, wherever it is made.
#include "native.h"

enum { accounts = 64 };
static uint64_t account[accounts], total, ticks;
static uint32_t turn, ended;

static void tick(void *turns) {
  uint32_t seen = 0;
  while (seen < (uint32_t)(uint64_t)turns) {
    uint32_t now = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
    if (now == seen) {
      godwit_wait_on_address(&turn, seen, GODWIT_NEVER);
      continue;
    }
    ticks += now - seen;
    seen = now;
  }
  thread_end();
}

int main(int argc, char **argv) {
  uint32_t turns = 0;
  for (const char *next = argc > 1 ? argv[1] : "40"; *next; next++) turns = turns * 10 + (uint32_t)(*next - '0');
  int32_t root = open_uri("file:/", GODWIT_OPEN_READ | GODWIT_OPEN_WRITE);
  struct godwit_name name = beneath(root, "ledger");
  int32_t ledger = (int32_t)godwit_open_beneath(&name, GODWIT_OPEN_READ | GODWIT_OPEN_WRITE | GODWIT_OPEN_CREATE, 0600);
  check(ledger >= 0, "the ledger");
  check(godwit_remove(&name, 0) == 0, "it needs no name");
  check(thread_start(tick, (void *)(uint64_t)turns, &ended) > 0, "a thread");
  for (int i = 0; i < accounts; i++) account[i] = 1000;
  int64_t last = 0;
  for (uint32_t i = 0; i < turns; i++) {
    uint64_t from = i * 7 % accounts, to = i * 13 % accounts;
    account[from] -= i;
    account[to] += i;
    uint64_t entry[3] = {i, from, to}, read[3];
    check(godwit_write(ledger, i * sizeof entry, entry, sizeof entry) == sizeof entry, "write the ledger");
    uint64_t some = i / 2;
    check(godwit_read(ledger, some * sizeof read, read, sizeof read) == sizeof read, "read the ledger");
    check(read[0] == some && read[1] == some * 7 % accounts && read[2] == some * 13 % accounts, "what it says");
    struct godwit_name itself = beneath(ledger, "");
    struct godwit_attributes attributes;
    check(godwit_attributes(&itself, &attributes) == 0 && attributes.size == (i + 1) * sizeof entry, "how long it is");
    struct godwit_wait_item item = {ledger, GODWIT_READY_READABLE, 0, 0};
    check(godwit_wait(&item, 1, GODWIT_NEVER) == 1 && item.ready == GODWIT_READY_READABLE, "a file is always ready");
    int64_t now = clock_now(GODWIT_CLOCK_MONOTONIC);
    check(now >= last, "the clock");
    last = now;
    __atomic_store_n(&turn, i + 1, __ATOMIC_RELEASE);
    godwit_wake_address(&turn, 1);
    total = 0;
    for (int j = 0; j < accounts; j++) total += account[j];
    check(total == accounts * 1000, "the sum");
    if (i % 10 == 9) {
      put("turn ");
      put_number(i + 1);
      put("\n");
    }
  }
  thread_join(&ended);
  check(ticks == turns, "what the thread counted");
  put("counters ok\n");
  return 0;
}
