// State: five threads in a row, joined by pipes of odd sizes, transform and check 100 kB; the checksum tells if a byte was lost.
#include "check.h"
#include <pthread.h>

#define STAGES 4
#define TOTAL 100000
static int pipes[STAGES + 1][2];

static void *produce(void *unused) {
  static unsigned char chunk[3000];
  long sent = 0;
  for (int i = 0; sent < TOTAL; i++) {
    long n = mix64(i) % sizeof chunk + 1;
    if (n > TOTAL - sent) n = TOTAL - sent;
    for (long j = 0; j < n; j++) chunk[j] = mix64(sent + j);
    for (long done = 0; done < n;) done += OK(write(pipes[0][1], chunk + done, n - done));
    sent += n;
  }
  OK(close(pipes[0][1]));
  return NULL;
}

static void *transform(void *argument) {
  long stage = (long)argument, position = 0;
  unsigned char chunk[2048];
  for (long n; (n = OK(read(pipes[stage][0], chunk, 700 + 300 * stage)));) {
    for (long j = 0; j < n; j++) chunk[j] = chunk[j] * 5 + (unsigned char)(position++ * (stage + 1));
    for (long done = 0; done < n;) done += OK(write(pipes[stage + 1][1], chunk + done, n - done));
  }
  OK(close(pipes[stage + 1][1]));
  OK(close(pipes[stage][0]));
  return (void *)position;
}

int main(void) {
  pthread_t t[STAGES + 1];
  for (int i = 0; i <= STAGES; i++) {
    OK(pipe(pipes[i]));
    OK(fcntl(pipes[i][1], F_SETPIPE_SZ, 4096 << i));
  }
  EQ(pthread_create(&t[STAGES], NULL, produce, NULL), 0);
  for (long i = 0; i < STAGES; i++) EQ(pthread_create(&t[i], NULL, transform, (void *)i), 0);
  unsigned char chunk[4096];
  uint64_t sum = 0;
  long total = 0, next = 20000;
  for (long n; (n = OK(read(pipes[STAGES][0], chunk, sizeof chunk)));)
    for (long j = 0; j < n; j++) {
      unsigned char want = mix64(total);
      for (int stage = 0; stage < STAGES; stage++) want = want * 5 + (unsigned char)(total * (stage + 1));
      EQ(chunk[j], want);
      sum = sum * 31 + chunk[j];
      if (++total == next) {
        STEP("%ld: %016lx", total, sum);
        next += 20000;
      }
    }
  EQ(total, TOTAL);
  for (int i = 0; i < STAGES; i++) {
    void *passed;
    EQ(pthread_join(t[i], &passed), 0);
    EQ((long)passed, TOTAL);
  }
  EQ(pthread_join(t[STAGES], NULL), 0);
  STEP("end");
  return 0;
}
