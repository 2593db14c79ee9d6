// chmod, fchmod, umask, chown: modes kept and reported; special bits; utime's relatives are in stat.c.
#include "check.h"
#include <grp.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

static mode_t mode(const char *name) {
  struct stat st;
  OK(stat(name, &st));
  return st.st_mode & 07777;
}

static void stranger_to_directory(void) {
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, rmdir("d/sub"));
}

// What may be done to a file that one may read only.
static void not_ones_own(void) {
  if (geteuid()) return;
  OK(setresgid(1000, 1000, 1000));
  OK(setresuid(1000, 1000, 1000));
  struct timespec times[2] = {{1, 0}, {2, 0}};
  int fd = OK(open("theirs", O_RDONLY));
  FAILS(EACCES, open("theirs", O_WRONLY));
  FAILS(EACCES, open("theirs", O_RDONLY | O_TRUNC));
  FAILS(EACCES, truncate("theirs", 0));
  FAILS(EINVAL, ftruncate(fd, 0));
  FAILS(EPERM, chmod("theirs", 0600));
  FAILS(EPERM, fchmod(fd, 0600));
  FAILS(EPERM, chown("theirs", 1000, -1));
  FAILS(EPERM, fchown(fd, -1, 1000));
  FAILS(EPERM, utimensat(AT_FDCWD, "theirs", times, 0));
  FAILS(EACCES, utimensat(AT_FDCWD, "theirs", NULL, 0));
  FAILS(EACCES, unlink("theirs"));
  FAILS(EACCES, rename("theirs", "g"));
  FAILS(EACCES, mkdir("g", 0700));
  FAILS(EACCES, open(".", O_TMPFILE | O_RDWR, 0600));
  FAILS(EACCES, open("g", O_CREAT | O_WRONLY, 0600));
  FAILS(EACCES, mkfifo("g", 0600));
  int s = OK(socket(AF_UNIX, SOCK_STREAM, 0));
  FAILS(EACCES, bind(s, (void *)&(struct sockaddr_un){AF_UNIX, "g"}, sizeof(struct sockaddr_un)));
  OK(close(s));
  FAILS(EACCES, symlink("theirs", "g"));
  FAILS(EACCES, access("theirs", W_OK));
  OK(access("theirs", R_OK));
}

// Whoever but root changes what is in a file, takes from it that it acts as somebody; and so does its owner.
static void of_changes(void) {
  OK(setresgid(1000, 1000, 1000));
  OK(setgroups(0, NULL));
  OK(setresuid(1000, 1000, 1000));
  int other = OK(open("other", O_CREAT | O_RDWR, 0600)), p[2];
  EQ(write(other, "0123456789", 10), 10);
  OK(pipe(p));
  for (int i = 0; i < 16; i++) {
    OK(chmod("ours", 0666));
    int fd = OK(open("ours", O_RDWR));
    if (i % 2) OK(chmod("ours", 06775)); else OK(chmod("ours", 06765));
    EQ(write(p[1], "x", 1), 1);
    struct iovec part = {"y", 1};
    switch (i) {
    case 0: EQ(write(fd, "x", 1), 1); break;
    case 1: EQ(pwrite(fd, "x", 1, 0), 1); break;
    case 2: EQ(writev(fd, &part, 1), 1); break;
    case 3: EQ(pwritev(fd, &part, 1, 0), 1); break;
    case 4: OK(ftruncate(fd, 1)); break;
    case 5: OK(ftruncate(fd, 100)); break;
    case 6: OK(truncate("ours", 3)); break;
    case 7: OK(truncate("ours", 300)); break;
    case 8: OK(close(OK(open("ours", O_WRONLY | O_TRUNC)))); break;
    case 9: EQ(pwritev2(fd, &part, 1, -1, 0), 1); break;
    case 10: EQ(sendfile(fd, other, &(off_t){0}, 1), 1); break;
    case 11: EQ(copy_file_range(other, &(off_t){0}, fd, NULL, 1, 0), 1); break;
    case 12: EQ(splice(p[0], NULL, fd, NULL, 1, 0), 1); break;
    case 13: EQ(write(fd, "x", 0), 0); break;  // nothing
    case 14: EQ(read(fd, &(char){0}, 1), 1); break;
    case 15: OK(close(OK(open("ours", O_WRONLY | O_APPEND)))); break;
    }
    // The bit of a group that may not execute it means something else.
    mode_t before = i % 2 ? 06775 : 06765, after = i < 13 ? (i % 2 ? 0775 : 02765) : before;
    if (mode("ours") != after) fail_at(__FILE__, __LINE__, "change %d leaves %o, not %o", i, mode("ours"), after);
    OK(close(fd));
  }
  OK(unlink("other"));
}

// Who is not of the group that it has can't make anything act as that group.
static void of_another_group(void) {
  OK(setresgid(1000, 1000, 1000));
  OK(setgroups(0, NULL));
  OK(setresuid(1000, 1000, 1000));
  OK(chmod("theirs", 06755));
  EQ(mode("theirs"), 04755);
  OK(chmod("folder", 06755));
  EQ(mode("folder"), 04755);
  OK(chmod("ours", 06755));
  EQ(mode("ours"), 06755);
}

// access(2) goes by the real ids, and by a real root's capabilities; with AT_EACCESS it goes by the others. Files of several owners and modes, of which
// each caller may read (4), write (2) and execute (1) what its row says: first with the real ids, then with the effective ones.
static const struct file { uid_t owner; gid_t group; mode_t mode; } files[] = {
    {0, 0, 0600}, {0, 0, 0040}, {0, 0, 0701}, {1000, 0, 0500}, {1000, 1000, 0070}, {1001, 1001, 0021}, {1001, 1000, 0037}, {0, 1001, 0}};
static const struct person { uid_t real, effective; gid_t real_group, effective_group; const char *words; } people[] = {
    {0, 0, 0, 0, "66 66 77 77 77 77 77 66"},         {1000, 0, 0, 0, "06 46 07 57 07 17 77 06"},
    {0, 1000, 0, 0, "60 64 70 75 70 71 77 60"},      {1000, 1000, 0, 1000, "00 40 01 55 00 11 73 00"},
    {1000, 1000, 1000, 0, "00 04 10 55 00 11 37 00"}, {1001, 1000, 1001, 1001, "00 00 11 05 00 02 07 00"},
    {1000, 1001, 1000, 1000, "00 00 11 50 07 10 30 00"}, {1001, 0, 1000, 0, "06 06 17 07 77 07 07 06"},
};
static const struct person *person;
static int allowed(const char *name, int flags) {
  int bits = 0;
  for (int bit = 1; bit < 8; bit *= 2) {
    long r = flags ? syscall(SYS_faccessat2, AT_FDCWD, name, bit, flags) : syscall(SYS_faccessat, AT_FDCWD, name, bit);
    if (r) EQ(errno, EACCES);
    else bits |= bit;
  }
  return bits;
}
static void as_person(void) {
  OK(setgroups(0, NULL));
  OK(setresgid(person->real_group, person->effective_group, person->effective_group));
  OK(setresuid(person->real, person->effective, person->effective));
  char words[64] = "", name[8];
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    sprintf(name, "p%d", i);
    sprintf(words + strlen(words), "%s%d%d", i ? " " : "", allowed(name, 0), allowed(name, AT_EACCESS));
  }
  STREQ(words, person->words);
}
static void real_and_effective(void) {
  char name[8];
  OK(chmod(".", 0755));
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    sprintf(name, "p%d", i);
    OK(close(OK(open(name, O_CREAT | O_WRONLY, 0600))));
    OK(chown(name, files[i].owner, files[i].group));
    OK(chmod(name, files[i].mode));
  }
  for (person = people; person < people + sizeof people / sizeof *people; person++) in_child(as_person);
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    sprintf(name, "p%d", i);
    OK(unlink(name));
  }
}

// Whoever may have become its owner, no file but a directory acts as its owner or group from then on.
static void special_bits(void) {
  static const struct { int before, after; } modes[] = {{06755, 0755}, {02744, 02744}, {06711, 0711}, {04644, 0644}, {02777, 0777}, {01755, 01755}};
  for (int kind = 0; kind < 3; kind++)
    for (unsigned i = 0; i < sizeof modes / sizeof *modes; i++)
      for (int ids = 0; ids < 4; ids++) {
        if (kind == 0) OK(close(OK(open("special", O_CREAT | O_WRONLY, 0600))));
        if (kind == 1) OK(mkfifo("special", 0600));
        if (kind == 2) OK(mkdir("special", 0700));
        OK(chmod("special", modes[i].before));
        OK(chown("special", ids & 1 ? geteuid() : (uid_t)-1, ids & 2 ? getegid() : (gid_t)-1));
        EQ(mode("special"), kind == 2 ? modes[i].before : modes[i].after);
        OK(kind == 2 ? rmdir("special") : unlink("special"));
      }
}

int main(void) {
  enter_scratch();
  EQ(umask(0) & ~0777, 0);
  EQ(umask(077), 0);
  EQ(umask(022), 077);
  OK(close(OK(open("f", O_CREAT | O_WRONLY, 0777))));
  EQ(mode("f"), 0755);
  OK(mkdir("d", 0777));
  EQ(mode("d"), 0755);
  OK(mkdir("t", 01777));
  EQ(mode("t"), 01755);
  OK(rmdir("t"));
  STEP("umask");
  for (int m = 0; m < 8; m++) {
    OK(chmod("f", m | m << 3 | 0600));
    EQ(mode("f"), m | m << 3 | 0600);
  }
  int fd = OK(open("f", O_RDWR));
  OK(fchmod(fd, 0444));
  EQ(mode("f"), 0444);
  OK(fchmodat(AT_FDCWD, "f", 0640, 0));
  EQ(mode("f"), 0640);
  OK(chmod("d", 01777));
  EQ(mode("d"), 01777);
  // What is in a sticky directory is its owner's.
  if (!geteuid()) {
    OK(chmod(".", 0755));
    OK(mkdir("d/sub", 0777));
    in_child(stranger_to_directory);
    OK(rmdir("d/sub"));
    static const char *const names[] = {"theirs", "ours", "folder"};
    for (int i = 0; i < 3; i++) {
      if (i == 2) OK(mkdir(names[i], 0755)); else OK(close(OK(open(names[i], O_CREAT | O_WRONLY, 0644))));
      OK(chown(names[i], 1000, i == 1 ? 1000 : 2000));
    }
    in_child(of_another_group);
    OK(chmod(".", 0777));
    in_child(of_changes);
    OK(chmod(".", 0755));
    OK(unlink("theirs")), OK(unlink("ours")), OK(rmdir("folder"));
  }
  OK(chmod("f", 04755));
  EQ(mode("f"), 04755);
  FAILS(ENOENT, chmod("missing", 0600));
  FAILS(EBADF, fchmod(99, 0600));
  STEP("chmod");
  OK(chown("f", geteuid(), getegid()));
  OK(fchown(fd, -1, -1));
  OK(lchown("f", -1, getegid()));
  OK(fchownat(fd, "", -1, getegid(), AT_EMPTY_PATH));
  struct stat st;
  OK(fstat(fd, &st));
  EQ(st.st_uid, geteuid());
  EQ(st.st_gid, getegid());
  FAILS(ENOENT, chown("missing", -1, -1));
  OK(unlink("f")), OK(rmdir("d"));
  special_bits();
  OK(chmod(".", 0755));
  OK(close(OK(open("theirs", O_CREAT | O_WRONLY, 0644))));
  OK(chmod("theirs", 0644));
  in_child(not_ones_own);
  OK(unlink("theirs"));
  STEP("chown");
  if (!geteuid()) real_and_effective();
  STEP("access by real and effective ids");
  return 0;
}
