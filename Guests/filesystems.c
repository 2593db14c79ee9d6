// What all filesystems have in common: the number that says which one it is, each file's own number, who the files of a process belong to,
// and where one filesystem ends and another begins.
// QEMU: qemu-user leaves some of them to the host.
#include "check.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>

static const struct { const char *name; unsigned long magic; } magics[] = {
  {"tmpfs", 0x01021994}, {"devtmpfs", 0x01021994}, {"proc", 0x9fa0}, {"sysfs", 0x62656572}, {"devpts", 0x1cd1}, {"mqueue", 0x19800202},
  {"overlay", 0x794c7630}, {"ext4", 0xef53}, {"cgroup2", 0x63677270}, {"btrfs", 0x9123683e}, {"xfs", 0x58465342}, {"9p", 0x01021997},
};

// Each mount that is not hidden by another: what it is by name is what it is by number, and its device is that of its root.
static void kinds(void) {
  char line[1024], place[512], type[64];
  int known = 0;
  FILE *mounts = fopen("/proc/self/mountinfo", "r");
  CHECK(mounts);
  while (fgets(line, sizeof line, mounts)) {
    unsigned major, minor;
    char options[256], *rest = strstr(line, " - ");
    EQ(sscanf(line, "%*d %*d %u:%u %*s %511s %255s", &major, &minor, place, options), 4);
    CHECK(rest && sscanf(rest, " - %63s", type) == 1);
    struct statfs filesystem;
    struct stat status;
    if (stat(place, &status) || statfs(place, &filesystem)) continue;
    if (status.st_dev != makedev(major, minor) || !S_ISDIR(status.st_mode)) continue;
    for (unsigned i = 0; i < sizeof magics / sizeof *magics; i++) {
      if (strcmp(magics[i].name, type)) continue;
      if ((unsigned long)filesystem.f_type != magics[i].magic) fail_at(__FILE__, __LINE__, "%s at %s is %#lx", type, place, (long)filesystem.f_type);
      known++;
    }
    CHECK(filesystem.f_bsize > 0 && filesystem.f_namelen > 0 && filesystem.f_bfree <= filesystem.f_blocks);
    CHECK(filesystem.f_bavail <= filesystem.f_bfree && filesystem.f_ffree <= filesystem.f_files);
    static const struct { const char *word; long flag; } flags[] = {{"ro", ST_RDONLY}, {"nosuid", ST_NOSUID}, {"nodev", ST_NODEV}, {"noexec", ST_NOEXEC},
                                                                    {"noatime", ST_NOATIME}, {"nodiratime", ST_NODIRATIME}, {"relatime", ST_RELATIME}};
    long stated = 0x20;  // ST_VALID
    for (char *word = strtok(options, ","); word; word = strtok(NULL, ","))
      for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        if (!strcmp(word, flags[i].word)) stated |= flags[i].flag;
    if (filesystem.f_flags != stated) fail_at(__FILE__, __LINE__, "%s has flags %#lx, not %#lx", place, (long)filesystem.f_flags, stated);
    // statvfs(3) tells the same.
    struct statvfs other;
    OK(statvfs(place, &other));
    EQ(other.f_bsize, filesystem.f_bsize);
    EQ(other.f_namemax, filesystem.f_namelen);
    EQ(other.f_files, filesystem.f_files);
    EQ(other.f_blocks, filesystem.f_blocks);
  }
  fclose(mounts);
  CHECK(known >= 3);
  struct statfs filesystem;
  OK(statfs("/proc", &filesystem));
  EQ(filesystem.f_type, 0x9fa0);
  OK(statfs("/proc/self/fd", &filesystem));
  EQ(filesystem.f_type, 0x9fa0);
  // Each has an id, which no other has.
  fsid_t id = filesystem.f_fsid;
  CHECK(id.__val[0] | id.__val[1]);
  OK(statfs("/proc", &filesystem));
  CHECK(!memcmp(&id, &filesystem.f_fsid, sizeof id));
  OK(statfs("/dev/shm", &filesystem));
  EQ(filesystem.f_type, 0x01021994);
  CHECK(filesystem.f_fsid.__val[0] | filesystem.f_fsid.__val[1]);
  CHECK(memcmp(&id, &filesystem.f_fsid, sizeof id));
}

// Those that are nowhere mounted.
static void unmounted(void) {
  int p[2];
  OK(pipe(p));
  OK(close(p[1]));
  struct { int fd; unsigned long magic; } files[] = {
    {p[0], 0x50495045},
    {OK(memfd_create("kind", 0)), 0x01021994},
    {OK(socket(AF_UNIX, SOCK_STREAM, 0)), 0x534f434b},
    {OK(socket(AF_INET, SOCK_DGRAM, 0)), 0x534f434b},
    {OK(open("/proc/self/ns/user", O_RDONLY)), 0x6e736673},
    {OK(open("/proc/self/ns/net", O_RDONLY)), 0x6e736673},
    {OK(eventfd(0, 0)), 0x09041934},
    {OK(epoll_create1(0)), 0x09041934},
    {OK(timerfd_create(CLOCK_MONOTONIC, 0)), 0x09041934},
    {OK(inotify_init1(0)), 0x09041934},
  };
  for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
    struct statfs filesystem;
    OK(fstatfs(files[i].fd, &filesystem));
    EQ(filesystem.f_type, files[i].magic);
    EQ(filesystem.f_namelen, 255);
    EQ(filesystem.f_bsize, getpagesize());
    OK(close(files[i].fd));
  }
}

// No two files below a directory have the same number, unless they are one file with several names; and what a directory says of
// the number and kind is what the file has.
static struct { dev_t device; ino_t number; } seen[2048];
static int count;
static void walk(const char *path, int depth) {
  char below[512];
  struct stat status;
  OK(lstat(path, &status));
  for (int i = 0; i < count; i++)
    if (seen[i].device == status.st_dev && seen[i].number == status.st_ino) fail_at(__FILE__, __LINE__, "%s has the number of another", path);
  if (count == sizeof seen / sizeof *seen) return;
  seen[count].device = status.st_dev;
  seen[count++].number = status.st_ino;
  if (!S_ISDIR(status.st_mode) || !depth) return;
  DIR *directory = opendir(path);
  CHECK(directory);
  for (struct dirent *entry; directory && (entry = readdir(directory));) {
    if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "net")) continue;  // what is in that, all have in common
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    struct stat inner;
    if (lstat(below, &inner)) continue;
    if (inner.st_dev != status.st_dev || (inner.st_nlink > 1 && !S_ISDIR(inner.st_mode))) continue;
    EQ(entry->d_ino, inner.st_ino);
    EQ(entry->d_type, IFTODT(inner.st_mode));
    walk(below, depth - 1);
  }
  if (directory) OK(closedir(directory));
}
static void numbers(void) {
  static const char *const places[] = {"/sys/devices/system/cpu/cpu0", "/sys/devices/system/node", "/proc/sys/kernel", "/proc/sys/fs", "/proc/sys/net",
                                       "/proc/sys/vm", "/proc/self/task", "/proc/self/fdinfo", "/dev/pts", "/dev/shm"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    count = 0;
    if (!access(places[i], R_OK)) walk(places[i], 3);
  }
  // All of a filesystem are on its device.
  static const char *const inside[] = {"/proc", "/proc/1", "/proc/1/ns", "/proc/1/fd", "/proc/1/task", "/proc/1/status", "/proc/stat", "/proc/self",
                                       "/proc/self/", "/proc/self/fd", "/proc/self/fd/0", "/proc/self/task", "/proc/self/ns", "/proc/self/ns/mnt",
                                       "/proc/self/net", "/proc/self/net/", "/proc/net/unix", "/proc/sys", "/proc/sys/kernel", "/proc/sys/kernel/pid_max",
                                       "/proc/self/map_files", "/proc/self/stat", "/proc/self/fdinfo", "/proc/self/fdinfo/0", "/proc/sysvipc", NULL,
                                       "/sys", "/sys/devices", "/sys/devices/system", "/sys/devices/system/cpu/online", "/sys/devices/system/node/online",
                                       NULL, "/dev/pts", "/dev/pts/ptmx", NULL, "/dev/shm", NULL, "/dev/mqueue", NULL};
  dev_t first = 0;
  for (unsigned i = 0; i < sizeof inside / sizeof *inside; i++) {
    struct stat status;
    if (!inside[i]) first = 0;
    if (!inside[i] || lstat(inside[i], &status)) continue;
    if (first && status.st_dev != first) fail_at(__FILE__, __LINE__, "%s is on another device", inside[i]);
    CHECK(status.st_dev && status.st_ino);
    first = status.st_dev;
  }
  // From the root down: these are the way to those.
  static const char *const way[] = {"/sys", "/sys/devices", "/sys/devices/system", "/sys/devices/system/cpu", "/sys/devices/system/cpu/cpu0",
                                    "/sys/devices/system/cpu/online", "/sys/devices/system/cpu/present", "/sys/devices/system/cpu/possible"};
  count = 0;
  for (unsigned i = 0; i < sizeof way / sizeof *way; i++)
    if (!access(way[i], F_OK)) walk(way[i], 0);
}

// How long the links of /proc are said to be, and what init has that all have.
static void of_init(void) {
  static const struct { const char *name; long size; } links[] = {{"/proc/self", 0}, {"/proc/thread-self", 0}, {"/proc/self/fd/0", 64}, {"/proc/self/fd/1", 64}};
  struct stat status;
  for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
    OK(lstat(links[i].name, &status));
    if (status.st_size != links[i].size) fail_at(__FILE__, __LINE__, "%s: %ld bytes", links[i].name, (long)status.st_size);
  }
  static const char *const names[] = {"ns", "ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/user", "ns/uts", "fd", "fdinfo", "task", "task/1", "task/1/stat",
                                      "stat", "statm", "status", "cmdline", "environ", "maps", "cgroup", "oom_score", "mounts",
                                      "mountinfo", "cwd", "root"};
  char own[64], of_init[64];
  for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
    struct stat mine;
    snprintf(of_init, sizeof of_init, "/proc/1/%s", names[i]);
    snprintf(own, sizeof own, "/proc/self/%s", strncmp(names[i], "task/1", 6) ? names[i] : "task");
    // Who may not look at it is told so.
    if (lstat(of_init, &status)) { EQ(errno, EACCES); continue; }
    OK(lstat(own, &mine));
    if (strncmp(names[i], "task/1/", 7)) EQ(status.st_mode, mine.st_mode);
  }
  DIR *directory = opendir("/proc/1/ns");
  if (!directory) EQ(errno, EACCES);
  int kinds = 0;
  for (struct dirent *entry; directory && (entry = readdir(directory));) kinds += entry->d_name[0] != '.' && !strstr(entry->d_name, "_for_children");
  if (directory) CHECK(kinds >= 7);
  if (directory) OK(closedir(directory));
}

// A lock is shown with the device and number of its file, wherever that is.
static void shown_locks(void) {
  static const char *const places[] = {".", "/proc", "/proc/1", "/proc/1/task/1", "/proc/self/", "/proc/sys", "/proc/sys/kernel", "/proc/sysvipc", "/sys",
                                       "/sys/devices", "/sys/devices/system/cpu", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"};
  for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
    char line[256], wanted[128];
    struct stat status;
    int fd = open(places[i], O_RDONLY), found = 0;
    if (fd < 0) continue;
    OK(fstat(fd, &status));
    OK(flock(fd, LOCK_SH));
    snprintf(wanted, sizeof wanted, "FLOCK  ADVISORY  READ %d %02x:%02x:%lu 0 EOF", getpid(), major(status.st_dev), minor(status.st_dev),
             (unsigned long)status.st_ino);
    FILE *locks = fopen("/proc/locks", "r");
    CHECK(locks);
    while (fgets(line, sizeof line, locks)) found += strstr(line, wanted) != NULL;
    fclose(locks);
    if (found != 1) fail_at(__FILE__, __LINE__, "%s: %d of %s", places[i], found, wanted);
    OK(close(fd));
  }
}

// What is below /proc/PID is of the process's user, but for what is not its own; of root, where nobody may look.
static unsigned user, group;
static int looked;
static void owned(const char *path, int depth) {
  char below[512];
  struct stat status;
  if (lstat(path, &status)) return;
  // Directories that all may read are its user's in any case.
  int is_open = S_ISDIR(status.st_mode) && (status.st_mode & 0777) == 0555;
  looked++;
  if (status.st_uid != (is_open ? 1000 : user) || status.st_gid != (is_open ? 1001 : group))
    fail_at(__FILE__, __LINE__, "%s is of %d, %d", path, status.st_uid, status.st_gid);
  if (!S_ISDIR(status.st_mode) || !depth) return;
  DIR *directory = opendir(path);
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    if (entry->d_name[0] == '.' || !strcmp(entry->d_name, "net")) continue;
    snprintf(below, sizeof below, "%s/%s", path, entry->d_name);
    owned(below, depth - 1);
  }
  OK(closedir(directory));
}
static void owners(void) {
  OK(setresgid(1001, 1001, 1001));
  OK(setresuid(1000, 1000, 1000));
  OK(prctl(PR_SET_DUMPABLE, 1));
  int file = OK(open("/proc/self/stat", O_RDONLY));
  user = 1000, group = 1001;
  owned("/proc/self/", 4);
  CHECK(looked > 100);
  OK(close(file));
}
static void hidden_owners(void) {
  OK(setresgid(1001, 1001, 1001));
  OK(setresuid(1000, 1000, 1000));
  OK(prctl(PR_SET_DUMPABLE, 0));
  user = group = 0;
  looked = 0;
  owned("/proc/self/", 3);
  CHECK(looked > 40);
}

static long crosses(int directory, const char *path, unsigned long resolve) {
  struct open_how how = {.flags = O_RDONLY | O_NONBLOCK, .resolve = resolve};
  errno = 0;
  long fd = syscall(SYS_openat2, directory, path, &how, sizeof how);
  if (fd >= 0) close(fd);
  return fd < 0 ? -errno : 0;
}
// Of a way that leads out of a filesystem, by whichever step.
static void borders(void) {
  int root = OK(open("/", O_RDONLY | O_DIRECTORY)), proc = OK(open("/proc", O_RDONLY | O_DIRECTORY)), deep = OK(open("/proc/sys/kernel", O_RDONLY));
  OK(symlink("/proc/stat", "out"));
  OK(symlink("in", "link"));
  OK(close(OK(open("in", O_CREAT | O_WRONLY, 0600))));
  static const struct { int place; const char *path; int across, beneath, inside, links, magic; } ways[] = {
    // RESOLVE_NO_XDEV, _BENEATH, _IN_ROOT, _NO_SYMLINKS, _NO_MAGICLINKS
    {0, "proc/stat", EXDEV, 0, 0, 0, 0},
    {0, "proc", EXDEV, 0, 0, 0, 0},
    {0, "proc/..", EXDEV, 0, 0, 0, 0},
    {0, "..", 0, EXDEV, 0, 0, 0},
    {0, "/proc/stat", EXDEV, EXDEV, 0, 0, 0},
    {1, "stat", 0, 0, 0, 0, 0},
    {1, ".", 0, 0, 0, 0, 0},
    {1, "..", EXDEV, EXDEV, 0, 0, 0},
    {1, "../proc", EXDEV, EXDEV, ENOENT, 0, 0},
    {1, "sys/..", 0, 0, 0, 0, 0},
    {1, "sys/../..", EXDEV, EXDEV, 0, 0, 0},
    {1, "self/stat", 0, 0, 0, ELOOP, 0},
    {1, "self/root", EXDEV, EXDEV, EXDEV, ELOOP, ELOOP},
    {1, "self/cwd", EXDEV, EXDEV, EXDEV, ELOOP, ELOOP},
    {1, "/none", ENOENT, EXDEV, ENOENT, ENOENT, ENOENT},
    {2, "..", 0, EXDEV, 0, 0, 0},
    {2, "../..", 0, EXDEV, 0, 0, 0},
    {2, "../../..", EXDEV, EXDEV, 0, 0, 0},
    {2, "../fs", 0, EXDEV, ENOENT, 0, 0},
    {3, "in", 0, 0, 0, 0, 0},
    {3, "link", 0, 0, 0, ELOOP, 0},
    {3, "out", EXDEV, EXDEV, ENOENT, ELOOP, 0},
    {3, "../none", ENOENT, EXDEV, ENOENT, ENOENT, ENOENT},
  };
  int places[] = {root, proc, deep, OK(open(".", O_RDONLY | O_DIRECTORY))};
  for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
    int place = places[ways[i].place];
#define WAY(how, wanted) do { long is_ = crosses(place, ways[i].path, how); \
    if (is_ != -(wanted)) fail_at(__FILE__, __LINE__, "%d, %s: %s is %ld, not %d", ways[i].place, ways[i].path, #how, is_, -(wanted)); } while (0)
    WAY(RESOLVE_NO_XDEV, ways[i].across);
    WAY(RESOLVE_BENEATH, ways[i].beneath);
    WAY(RESOLVE_IN_ROOT, ways[i].inside);
    WAY(RESOLVE_NO_SYMLINKS, ways[i].links);
    WAY(RESOLVE_NO_MAGICLINKS, ways[i].magic);
  }
  OK(unlink("out")), OK(unlink("link")), OK(unlink("in"));
}

int main(void) {
  enter_scratch();
  PART(kinds());
  STEP("kinds");
  PART(unmounted());
  STEP("kinds of files without a place");
  PART(numbers());
  STEP("numbers");
  PART(of_init());
  STEP("links, and what init has");
  PART(shown_locks());
  STEP("locks");
  if (!geteuid()) in_child(owners);
  STEP("owners");
  if (!geteuid()) in_child(hidden_owners);
  STEP("owners of what is hidden");
  PART(borders());
  STEP("borders");
  return 0;
}
