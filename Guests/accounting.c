// acct: records of processes that end, and who may ask for them. Off afterwards.
#include "check.h"

#include <linux/acct.h>
#include <sys/wait.h>

int main(void) {
  if (!is_host_root()) return 0;
  enter_scratch();
  pid_t child = fork();
  if (child == 0) {
    OK(setuid(1234));
    FAILS(EPERM, acct(NULL));
    FAILS(EPERM, acct("file"));
    _exit(0);
  }
  int status;
  EQ(waitpid(child, &status, 0), child);
  EQ(status, 0);
  FAILS(ENOENT, acct("missing"));
  FAILS(EACCES, acct("/dev/null"));
  FAILS(EISDIR, acct("/"));
  FAILS(EFAULT, acct((char *)8));
  STEP("refused");

  int file = OK(open("file", O_CREAT | O_RDWR, 0600));
  if (acct("file") == -1) return errno == ENOSYS ? 0 : 1;
  time_t before = time(NULL);
  child = fork();
  if (child == 0) _exit(3);
  EQ(waitpid(child, &status, 0), child);
  OK(acct(NULL));
  struct acct_v3 record;
  int found = 0;
  while (read(file, &record, sizeof record) == sizeof record) {
    EQ(record.ac_version & 15, 3);
    if (record.ac_pid != child) continue;
    found++;
    EQ(record.ac_flag & 1, 1);
    EQ(record.ac_exitcode, 3 << 8);
    EQ(record.ac_ppid, getpid());
    EQ(record.ac_uid, 0);
    CHECK(record.ac_btime + 2 >= before);
    STREQ(record.ac_comm, "accounting");
  }
  EQ(found, 1);
  child = fork();
  if (child == 0) _exit(3);
  EQ(waitpid(child, &status, 0), child);
  EQ(read(file, &record, sizeof record), 0);
  OK(unlink("file"));
  STEP("a record");
  return 0;
}
