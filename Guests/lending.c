// Priorities that locks lend: who waits for one lends its own to who has it, and through the lock that this one waits for on to the next; what is
// lent goes back with the lock, or when nobody waits for it any more. /proc shows what each thread runs at.
// QEMU: qemu-user has no real-time priorities.
#include "futex.h"
#include <limits.h>
#include <sched.h>
#include <sys/resource.h>

#define MEMBERS 5
static uint32_t words[3], condition;
static struct member { pthread_t thread; volatile pid_t tid; int orders[2], answers[2]; } members[MEMBERS];

static void give_priority(pid_t tid, int priority) {
  OK(sched_setscheduler(tid, priority ? SCHED_FIFO : SCHED_OTHER, &(struct sched_param){.sched_priority = priority}));
}

// What a member is told: to lock or to unlock a word, to lock one within a time, to wait to be moved to a lock, to end.
enum { LOCK = 'a', UNLOCK = 'A', TIMED = 'k', MOVED = 'K', END = 'z' };

static long carry_out(int order) {
  struct timespec limit;
  if (order == MOVED) return futex(&condition, FUTEX_WAIT_REQUEUE_PI_PRIVATE, 0, NULL, &words[0], 0);
  if (order < LOCK) return futex(&words[order - UNLOCK], FUTEX_UNLOCK_PI_PRIVATE, 0, NULL, NULL, 0);
  if (order < TIMED) return futex(&words[order - LOCK], FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0);
  OK(clock_gettime(CLOCK_REALTIME, &limit));
  limit.tv_nsec += 50000000;
  if (limit.tv_nsec >= 1000000000) limit.tv_sec++, limit.tv_nsec -= 1000000000;
  long r = futex(&words[order - TIMED], FUTEX_LOCK_PI_PRIVATE, 0, &limit, NULL, 0);
  return r == -1 && errno == ETIMEDOUT ? 0 : -1;
}

static void *serve(void *argument) {
  struct member *member = argument;
  char order;
  member->tid = gettid();
  for (;;) {
    EQ(OK(write(member->answers[1], "", 1)), 1);
    EQ(OK(read(member->orders[0], &order, 1)), 1);
    if (order == END) return NULL;
    EQ(OK(write(member->answers[1], &order, 1)), 1);
    OK(carry_out(order));
  }
}

static int answer_of(int who) {
  char answer;
  EQ(OK(read(members[who].answers[0], &answer, 1)), 1);
  return answer;
}
// It has begun; the next answer comes when it is done.
static void tell(int who, int order) {
  char byte = order;
  EQ(OK(write(members[who].orders[1], &byte, 1)), 1);
  if (order != END) EQ(answer_of(who), order);
}
static void done(int who) { EQ(answer_of(who), 0); }
static void make(int who, int order) { tell(who, order), done(who); }

// The letter of a member's state, and its priority as it is now: -1 less the real-time one, or 20 and its niceness.
static int shown(int who, char *state) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", members[who].tid);
  int fd = OK(open(path, O_RDONLY));
  text[OK(read(fd, text, sizeof text - 1))] = 0;
  OK(close(fd));
  char *field = strrchr(text, ')') + 2;
  *state = *field;
  for (int i = 3; i < 18; i++) field = strchr(field, ' ') + 1;
  return atoi(field);
}

// It waits for the lock that it was told to take.
static void begin(int who, int order) {
  char state;
  tell(who, order);
  while (shown(who, &state), state != 'S') pause_ms(1);
}

static void expect(int line, const int *priorities) {
  char state;
  int ordinary = 20 + getpriority(PRIO_PROCESS, 0);
  for (int i = 0; i < MEMBERS; i++) {
    int seen = shown(i, &state), wanted = priorities[i] ? -1 - priorities[i] : ordinary;
    if (seen != wanted) fail_at(__FILE__, line, "member %d is at %d, not at %d", i, seen, wanted);
  }
}
#define AT(...) expect(__LINE__, (const int[MEMBERS]){__VA_ARGS__})

// The one that has a lock, whoever waits for it.
static int owner(int word) {
  pid_t tid = __atomic_load_n(&words[word], __ATOMIC_SEQ_CST) & FUTEX_TID_MASK;
  for (int i = 0; i < MEMBERS; i++)
    if (members[i].tid == tid) return i;
  return -1;
}

static void assemble(const int *priorities) {
  memset(words, 0, sizeof words);
  for (int i = 0; i < MEMBERS; i++) {
    OK(pipe(members[i].orders));
    OK(pipe(members[i].answers));
    EQ(pthread_create(&members[i].thread, NULL, serve, &members[i]), 0);
    done(i);
    give_priority(members[i].tid, priorities[i]);
  }
}
#define ASSEMBLE(...) assemble((const int[MEMBERS]){__VA_ARGS__})

static void dismiss(void) {
  for (int i = 0; i < MEMBERS; i++) {
    if (members[i].tid) tell(i, END);
    EQ(pthread_join(members[i].thread, NULL), 0);
    for (int j = 0; j < 2; j++) OK(close(members[i].orders[j])), OK(close(members[i].answers[j]));
  }
}

// One after another, each higher than those before it, and one that is not; they get the lock by their priorities.
static void several(void) {
  ASSEMBLE(10, 20, 30, 5, 0);
  make(0, LOCK);
  AT(10, 20, 30, 5, 0);
  begin(4, LOCK);
  AT(10, 20, 30, 5, 0);
  begin(1, LOCK);
  AT(20, 20, 30, 5, 0);
  begin(2, LOCK);
  AT(30, 20, 30, 5, 0);
  begin(3, LOCK);
  AT(30, 20, 30, 5, 0);
  const int next[] = {2, 1, 3, 4};
  for (int i = 0, last = 0; i < 4; last = next[i++]) {
    make(last, UNLOCK);
    done(next[i]);
    EQ(owner(0), next[i]);
    AT(10, 20, 30, 5, 0);
  }
  make(4, UNLOCK);
  EQ(words[0], 0);
  // One of none is lent some, too.
  make(4, LOCK);
  begin(3, LOCK);
  AT(10, 20, 30, 5, 5);
  begin(2, LOCK);
  AT(10, 20, 30, 5, 30);
  make(4, UNLOCK), done(2);
  AT(10, 20, 30, 5, 0);
  // And the heir is lent more by those that come later.
  give_priority(members[1].tid, 50);
  begin(1, LOCK);
  AT(10, 50, 50, 5, 0);
  make(2, UNLOCK), done(1);
  AT(10, 50, 30, 5, 0);
  make(1, UNLOCK), done(3), make(3, UNLOCK);
  // Of two that are alike the first comes first.
  give_priority(members[2].tid, 50);
  make(0, LOCK);
  begin(2, LOCK), begin(1, LOCK);
  make(0, UNLOCK), done(2);
  EQ(owner(0), 2);
  make(2, UNLOCK), done(1), make(1, UNLOCK);
  dismiss();
}

// Two locks of one owner: it keeps what the other one lends.
static void both(void) {
  ASSEMBLE(10, 20, 30, 0, 0);
  make(0, LOCK), make(0, LOCK + 1);
  begin(1, LOCK), begin(2, LOCK + 1);
  AT(30, 20, 30, 0, 0);
  make(0, UNLOCK + 1), done(2);
  AT(20, 20, 30, 0, 0);
  make(0, UNLOCK), done(1);
  AT(10, 20, 30, 0, 0);
  make(1, UNLOCK), make(2, UNLOCK + 1);
  dismiss();
}

// An owner that waits itself hands on what it is lent, and goes before others that wait there for the time being.
static void chains(void) {
  ASSEMBLE(5, 10, 20, 30, 40);
  make(0, LOCK), make(1, LOCK + 1);
  begin(1, LOCK);
  begin(2, LOCK);
  AT(20, 10, 20, 30, 40);
  begin(3, LOCK + 1);
  AT(30, 30, 20, 30, 40);
  make(0, UNLOCK), done(1);
  EQ(owner(0), 1);
  AT(5, 30, 20, 30, 40);
  make(1, UNLOCK + 1), done(3);
  EQ(owner(1), 3);
  AT(5, 20, 20, 30, 40);
  make(1, UNLOCK), done(2);
  AT(5, 10, 20, 30, 40);
  make(2, UNLOCK), make(3, UNLOCK + 1);
  // Three locks long, joined from its end or from its middle.
  make(0, LOCK), make(1, LOCK + 1), make(2, LOCK + 2);
  begin(2, LOCK + 1);
  AT(5, 20, 20, 30, 40);
  begin(1, LOCK);
  AT(20, 20, 20, 30, 40);
  begin(3, LOCK + 2);
  AT(30, 30, 30, 30, 40);
  begin(4, LOCK + 1);
  AT(40, 40, 30, 30, 40);
  make(0, UNLOCK), done(1);
  AT(5, 40, 30, 30, 40);
  make(1, UNLOCK + 1), done(4);
  AT(5, 10, 30, 30, 40);
  make(4, UNLOCK + 1), done(2);
  EQ(owner(1), 2);
  make(2, UNLOCK + 2), done(3);
  AT(5, 10, 20, 30, 40);
  make(1, UNLOCK), make(2, UNLOCK + 1), make(3, UNLOCK + 2);
  dismiss();
}

// Who is given another priority lends that; who is lent one keeps it, whatever its own is.
static void changed(void) {
  ASSEMBLE(10, 20, 30, 15, 0);
  make(0, LOCK);
  begin(1, LOCK), begin(2, LOCK);
  give_priority(members[1].tid, 40);
  AT(40, 40, 30, 15, 0);
  give_priority(members[1].tid, 25);
  AT(30, 25, 30, 15, 0);
  give_priority(members[2].tid, 22);
  AT(25, 25, 22, 15, 0);
  give_priority(members[0].tid, 12);
  AT(25, 25, 22, 15, 0);
  give_priority(members[0].tid, 35);
  AT(35, 25, 22, 15, 0);
  give_priority(members[0].tid, 0);
  AT(25, 25, 22, 15, 0);
  EQ(sched_getscheduler(members[0].tid), SCHED_OTHER);
  make(0, UNLOCK), done(1);
  EQ(owner(0), 1);
  AT(0, 25, 22, 15, 0);
  // At the end of a chain.
  make(3, LOCK + 1);
  begin(1, LOCK + 1);
  AT(0, 25, 22, 25, 0);
  give_priority(members[2].tid, 45);
  AT(0, 45, 45, 45, 0);
  give_priority(members[2].tid, 0);
  AT(0, 25, 0, 25, 0);
  give_priority(members[1].tid, 0);
  AT(0, 0, 0, 15, 0);
  make(3, UNLOCK + 1), done(1);
  make(1, UNLOCK), done(2), make(2, UNLOCK), make(1, UNLOCK + 1);
  dismiss();
}

// Nothing is lent any more by who has waited long enough.
static void given_up(void) {
  ASSEMBLE(10, 20, 30, 5, 0);
  make(0, LOCK);
  make(2, TIMED);
  AT(10, 20, 30, 5, 0);
  EQ(owner(0), 0);
  begin(1, LOCK);
  make(2, TIMED);
  AT(20, 20, 30, 5, 0);
  // Nor by the owner that waits for the next one.
  make(3, LOCK + 1);
  begin(0, LOCK + 1);
  AT(20, 20, 30, 20, 0);
  make(2, TIMED);
  AT(20, 20, 30, 20, 0);
  make(3, UNLOCK + 1), done(0);
  AT(20, 20, 30, 5, 0);
  make(0, UNLOCK), done(1);
  make(1, UNLOCK), make(0, UNLOCK + 1);
  dismiss();
}

// An owner that ends leaves its lock to the first of those that wait, to which the others lend from then on.
static void left(void) {
  ASSEMBLE(10, 20, 30, 15, 0);
  make(0, LOCK), make(0, LOCK + 1);
  begin(1, LOCK), begin(2, LOCK), begin(3, LOCK + 1);
  AT(30, 20, 30, 15, 0);
  tell(0, END);
  EQ(pthread_join(members[0].thread, NULL), 0);
  done(2), done(3);
  EQ(owner(0), 2);
  EQ(owner(1), 3);
  CHECK(words[0] & FUTEX_OWNER_DIED && words[1] & FUTEX_OWNER_DIED);
  make(2, UNLOCK), done(1);
  EQ(owner(0), 1);
  begin(2, LOCK);
  char state;
  EQ(shown(1, &state), -31);
  make(1, UNLOCK), done(2), make(2, UNLOCK), make(3, UNLOCK + 1);
  EQ(pthread_create(&members[0].thread, NULL, serve, &members[0]), 0);
  done(0);
  dismiss();
}

// One that is moved from a condition to the lock lends from then on.
static void moved(void) {
  ASSEMBLE(10, 20, 30, 5, 0);
  make(0, LOCK);
  condition = 0;
  begin(1, MOVED), begin(2, MOVED), begin(3, MOVED);
  AT(10, 20, 30, 5, 0);
  // In no other way: nobody has waited for anything else yet.
  FAILS(EINVAL, futex(&condition, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0));
  EQ(futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)0, &words[0], 0), 1);
  AT(30, 20, 30, 5, 0);
  EQ(futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)(uintptr_t)INT_MAX, &words[0], 0), 2);
  AT(30, 20, 30, 5, 0);
  make(0, UNLOCK), done(2);
  EQ(owner(0), 2);
  AT(10, 20, 30, 5, 0);
  make(2, UNLOCK), done(1), make(1, UNLOCK), done(3), make(3, UNLOCK);
  EQ(words[0], 0);
  dismiss();
}

// Who waits to be moved to a lock is not moved elsewhere.
static void not_elsewhere(void) {
  ASSEMBLE(0, 0, 0, 0, 0);
  condition = 0;
  begin(0, MOVED);
  FAILS(EINVAL, futex(&condition, FUTEX_REQUEUE_PRIVATE, 1, (void *)1, &words[1], 0));
  FAILS(EINVAL, futex(&condition, FUTEX_CMP_REQUEUE_PRIVATE, 0, (void *)1, &words[1], 0));
  FAILS(EINVAL, futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)0, &words[1], 0));
  EQ(futex(&condition, FUTEX_CMP_REQUEUE_PI_PRIVATE, 1, (void *)0, &words[0], 0), 1);
  done(0);
  EQ(owner(0), 0);
  make(0, UNLOCK);
  dismiss();
}

// A process that is stopped is so at any priority, and takes no processor's time.
static void still(void) {
  int status;
  int ends[2];
  char c;
  OK(pipe(ends));
  clockid_t clock;
  pid_t pid = OK(fork());
  if (!pid) {
    give_priority(0, 5);
    for (;;) {
      EQ(write(ends[1], "x", 1), 1);
      OK(kill(getpid(), SIGSTOP));
    }
  }
  EQ(clock_getcpuclockid(pid, &clock), 0);
  for (int priority = 6; priority < 9; priority++) {
    EQ(OK(waitpid(pid, &status, WUNTRACED)), pid);
    CHECK(WIFSTOPPED(status));
    EQ(OK(read(ends[0], &c, 1)), 1);
    OK(fcntl(ends[0], F_SETFL, O_NONBLOCK));
    int64_t used = now_ns(clock);
    give_priority(pid, priority);
    pause_ms(5);
    FAILS(EAGAIN, read(ends[0], &c, 1));
    CHECK(now_ns(clock) - used < 100000000);
    give_priority(pid, 0);
    pause_ms(5);
    FAILS(EAGAIN, read(ends[0], &c, 1));
    give_priority(pid, priority);
    OK(kill(pid, SIGCONT));
  }
  OK(kill(pid, SIGKILL));
  EQ(OK(waitpid(pid, &status, 0)), pid);
  for (int i = 0; i < 2; i++) OK(close(ends[i]));
}

int main(void) {
  if (!is_host_root()) return 0;
  PART(moved());
  STEP("moved from a condition");
  PART(several());
  STEP("several that wait");
  PART(both());
  STEP("two locks of one");
  PART(chains());
  STEP("chains");
  PART(changed());
  STEP("other priorities meanwhile");
  PART(given_up());
  STEP("given up");
  PART(left());
  STEP("left by the dead");
  PART(still());
  STEP("stopped at any priority");
  in_child(not_elsewhere);
  STEP("not moved elsewhere");
  return 0;
}
