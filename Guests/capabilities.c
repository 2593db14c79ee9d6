// Capabilities: what capset, prctl and a change of users leave of them, what the calls check, and what execve makes of
// them.
#include "check.h"
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#define BIT(capability) (1ull << (capability))

struct sets { uint64_t effective, permitted, inheritable; };

static struct sets get(pid_t pid) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, pid};
  struct __user_cap_data_struct data[2];
  OK(syscall(SYS_capget, &head, data));
  return (struct sets){data[0].effective | (uint64_t)data[1].effective << 32,
                       data[0].permitted | (uint64_t)data[1].permitted << 32,
                       data[0].inheritable | (uint64_t)data[1].inheritable << 32};
}

static long set(struct sets s) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {{s.effective, s.permitted, s.inheritable},
                                           {s.effective >> 32, s.permitted >> 32, s.inheritable >> 32}};
  return syscall(SYS_capset, &head, data);
}

static uint64_t shown(const char *name) {
  char text[4096];
  int fd = OK(open("/proc/self/status", O_RDONLY));
  int size = OK(read(fd, text, sizeof text - 1));
  text[size] = 0;
  OK(close(fd));
  char *line = strstr(text, name);
  CHECK(line);
  return strtoull(line + strlen(name) + 1, NULL, 16);
}

static void few(void) {
  struct sets all = get(0);
  CHECK(all.permitted & BIT(CAP_CHOWN));
  EQ(all.inheritable, 0);
  OK(set((struct sets){BIT(CAP_CHOWN), BIT(CAP_CHOWN) | BIT(CAP_KILL), 0}));
  struct sets now = get(getpid());
  EQ(now.effective, BIT(CAP_CHOWN));
  EQ(now.permitted, BIT(CAP_CHOWN) | BIT(CAP_KILL));
  EQ(shown("CapEff:"), BIT(CAP_CHOWN));
  EQ(shown("CapPrm:"), BIT(CAP_CHOWN) | BIT(CAP_KILL));
  FAILS(EPERM, setuid(99));
  FAILS(EPERM, setgroups(0, NULL));
  FAILS(EPERM, chroot("/"));
  FAILS(EACCES, setpriority(PRIO_PROCESS, 0, -5));
  FAILS(EPERM, mknod("/tmp/capabilities.device", S_IFCHR | 0600, 0x103));
  FAILS(EPERM, set((struct sets){BIT(CAP_SETUID), BIT(CAP_SETUID), 0}));
  FAILS(EPERM, set((struct sets){BIT(CAP_KILL) | BIT(CAP_CHOWN), BIT(CAP_KILL), 0}));
  FAILS(EPERM, prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
  OK(set((struct sets){0, BIT(CAP_KILL), BIT(CAP_KILL)}));
  EQ(get(0).inheritable, BIT(CAP_KILL));
}

static void headers(void) {
  struct __user_cap_header_struct head = {0, 0};
  struct __user_cap_data_struct data[2];
  FAILS(EINVAL, syscall(SYS_capget, &head, data));
  EQ(head.version, _LINUX_CAPABILITY_VERSION_3);
  head.version = 0;
  OK(syscall(SYS_capget, &head, NULL));
  head.pid = -1;
  FAILS(EINVAL, syscall(SYS_capget, &head, data));
  head.pid = 0x3fffff;
  FAILS(ESRCH, syscall(SYS_capget, &head, data));
  head.pid = getppid();
  FAILS(EPERM, syscall(SYS_capset, &head, data));
}

static void users(void) {
  struct sets all = get(0);
  OK(setresuid(-1, 1000, -1));
  EQ(get(0).effective, 0);
  EQ(get(0).permitted, all.permitted);
  OK(setresuid(-1, 0, -1));
  EQ(get(0).effective, all.permitted);
  OK(setresuid(1000, 1000, 1000));
  EQ(get(0).permitted, 0);
}

static void kept(void) {
  struct sets all = get(0);
  FAILS(EINVAL, prctl(PR_SET_KEEPCAPS, 2));
  OK(prctl(PR_SET_KEEPCAPS, 1));
  EQ(prctl(PR_GET_KEEPCAPS), 1);
  struct sets more = all;
  more.inheritable = BIT(CAP_KILL);
  OK(set(more));
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  OK(setresuid(1000, 1000, 1000));
  // Those that are kept are not handed to programs.
  EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 0);
  EQ(get(0).permitted, all.permitted);
  EQ(get(0).effective, 0);
  OK(set((struct sets){BIT(CAP_SETUID), BIT(CAP_SETUID), 0}));
  OK(setuid(77));
  EQ(getuid(), 77);
}

static void secured(void) {
  EQ(prctl(PR_GET_SECUREBITS), 0);
  OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED));
  struct sets all = get(0);
  OK(setresuid(1000, 1000, 1000));
  EQ(get(0).effective, all.effective);
  FAILS(EPERM, prctl(PR_SET_SECUREBITS, 0));
  FAILS(EPERM, prctl(PR_SET_SECUREBITS, 1 << 20));
  OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED));
  FAILS(EPERM, prctl(PR_SET_KEEPCAPS, 1));
}

static void bounded(void) {
  EQ(prctl(PR_CAPBSET_READ, CAP_SYS_TIME), 1);
  OK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
  EQ(prctl(PR_CAPBSET_READ, CAP_SYS_TIME), 0);
  CHECK(!(shown("CapBnd:") & BIT(CAP_SYS_TIME)));
  FAILS(EINVAL, prctl(PR_CAPBSET_DROP, 1000));
  FAILS(EINVAL, prctl(PR_CAPBSET_READ, 1000));
}

static void ambient(void) {
  FAILS(EPERM, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  struct sets all = get(0);
  all.inheritable = BIT(CAP_KILL);
  OK(set(all));
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0, 0), 1);
  EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0);
  EQ(shown("CapAmb:"), BIT(CAP_KILL));
  FAILS(EINVAL, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 1000, 0, 0));
  FAILS(EINVAL, prctl(PR_CAP_AMBIENT, 9, 0, 0, 0));
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_KILL, 0, 0));
  EQ(shown("CapAmb:"), 0);
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  all.inheritable = 0;
  OK(set(all));
  EQ(shown("CapAmb:"), 0);
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

static char own[200];

// Runs itself to see what execve leaves.
static void executed(struct sets expected, const char *file) {
  char effective[32], permitted[32];
  snprintf(effective, sizeof effective, "%llx", (long long)expected.effective);
  snprintf(permitted, sizeof permitted, "%llx", (long long)expected.permitted);
  OK(execl(file, file, "check", effective, permitted, NULL));
}

static uint64_t bounding(void) { return shown("CapBnd:"); }

static void root_executes(void) {
  OK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
  OK(set((struct sets){BIT(CAP_KILL), BIT(CAP_KILL), 0}));
  executed((struct sets){bounding(), bounding(), 0}, own);
}

static void no_root_executes(void) {
  OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT));
  executed((struct sets){0, 0, 0}, own);
}

static void ambient_executes(void) {
  struct sets all = get(0);
  all.inheritable = BIT(CAP_KILL) | BIT(CAP_CHOWN);
  OK(set(all));
  OK(prctl(PR_SET_KEEPCAPS, 1));
  OK(setresuid(1000, 1000, 1000));
  OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0));
  executed((struct sets){BIT(CAP_KILL), BIT(CAP_KILL), 0}, own);
}

static void user_executes(void) {
  OK(setresuid(1000, 1000, 1000));
  executed((struct sets){0, 0, 0}, own);
}

static char copy[64];

static void file_gives(void) {
  OK(setresuid(1000, 1000, 1000));
  executed((struct sets){BIT(CAP_KILL), BIT(CAP_KILL), 0}, copy);
}

static void nothing_new(void) {
  OK(setresuid(1000, 1000, 1000));
  OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  executed((struct sets){0, 0, 0}, copy);
}

static void too_much(void) {
  OK(prctl(PR_CAPBSET_DROP, CAP_KILL));
  OK(setresuid(1000, 1000, 1000));
  FAILS(EPERM, execl(copy, copy, "check", "0", "0", NULL));
}

// What the file's attribute, what the process may inherit, and its ambient set make of it.
#define HIGH BIT(CAP_CHECKPOINT_RESTORE)
static const struct attribute {
  uint32_t magic;
  uint64_t permits, inherits;
  uint32_t root;
  uint64_t inheritable, ambient;
  uint64_t effective, permitted;  // then
} attributes[] = {
  {VFS_CAP_REVISION_2 | 1, BIT(CAP_KILL), 0, 0, 0, 0, BIT(CAP_KILL), BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2, BIT(CAP_KILL), 0, 0, 0, 0, 0, BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2 | 1, 0, BIT(CAP_KILL), 0, 0, 0, 0, 0},
  {VFS_CAP_REVISION_2 | 1, 0, BIT(CAP_KILL), 0, BIT(CAP_KILL) | BIT(CAP_CHOWN), 0, BIT(CAP_KILL), BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2, 0, BIT(CAP_KILL), 0, BIT(CAP_KILL) | BIT(CAP_CHOWN), 0, 0, BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2 | 1, BIT(CAP_CHOWN), BIT(CAP_KILL), 0, BIT(CAP_KILL), 0, BIT(CAP_KILL) | BIT(CAP_CHOWN), BIT(CAP_KILL) | BIT(CAP_CHOWN)},
  {VFS_CAP_REVISION_2 | 1, HIGH, 0, 0, 0, 0, HIGH, HIGH},
  {VFS_CAP_REVISION_2 | 1, 0, HIGH | BIT(0), 0, HIGH, 0, HIGH, HIGH},
  {VFS_CAP_REVISION_2 | 1, BIT(63) | BIT(CAP_KILL), BIT(62), 0, 0, 0, BIT(CAP_KILL), BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2 | 1, BIT(CAP_KILL), 0, 0, BIT(CAP_CHOWN), BIT(CAP_CHOWN), BIT(CAP_KILL), BIT(CAP_KILL)},
  {VFS_CAP_REVISION_2, 0, 0, 0, BIT(CAP_CHOWN), BIT(CAP_CHOWN), 0, 0},
  {VFS_CAP_REVISION_3 | 1, BIT(CAP_KILL), 0, 0, 0, 0, BIT(CAP_KILL), BIT(CAP_KILL)},
  {VFS_CAP_REVISION_3, HIGH, BIT(CAP_CHOWN), 0, BIT(CAP_CHOWN), 0, 0, HIGH | BIT(CAP_CHOWN)},
  {VFS_CAP_REVISION_3 | 1, BIT(CAP_KILL), 0, 1000, 0, 0, 0, 0},  // of a namespace whose root is another
  {VFS_CAP_REVISION_3 | 1, BIT(CAP_KILL), 0, 1, 0, 0, 0, 0},
};
static const struct attribute *attribute;

static void attribute_gives(void) {
  struct sets all = get(0);
  all.inheritable = attribute->inheritable;
  OK(set(all));
  OK(prctl(PR_SET_KEEPCAPS, 1));
  OK(setresuid(1000, 1000, 1000));
  for (int i = 0; i < 64; i++)
    if (attribute->ambient & BIT(i)) OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0));
  executed((struct sets){attribute->effective, attribute->permitted, 0}, copy);
}

static void attributes_give(void) {
  for (unsigned i = 0; i < sizeof attributes / sizeof *attributes; i++) {
    attribute = &attributes[i];
    struct vfs_ns_cap_data value = {attribute->magic, {{attribute->permits, attribute->inherits}, {attribute->permits >> 32, attribute->inherits >> 32}},
                                    attribute->root};
    long size = (attribute->magic & VFS_CAP_REVISION_MASK) == VFS_CAP_REVISION_3 ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2;
    // Some filesystems have none; and who is not in the namespace can't be its root.
    if (setxattr(copy, "security.capability", &value, size, 0)) {
      CHECK(errno == EOPNOTSUPP || (errno == EPERM && attribute->root));
      continue;
    }
    int status = status_of(attribute_gives);
    if (status) fail_at(__FILE__, __LINE__, "row %u: status %#x", i, status);
  }
}

// Of a program that runs as root: all, but if its file says which, and it was not root who ran it.
static uint64_t wanted_effective, wanted_permitted;
static void user_runs(void) {
  OK(setresuid(1000, 1000, 1000));
  executed((struct sets){wanted_effective, wanted_permitted, 0}, copy);
}
static void root_runs(void) { executed((struct sets){wanted_effective, wanted_permitted, 0}, copy); }
static void runs_as_root(void) {
  struct vfs_cap_data value = {VFS_CAP_REVISION_2, {{BIT(CAP_KILL), 0}, {0, 0}}};
  OK(chmod(copy, 04755));
  wanted_effective = wanted_permitted = bounding();
  in_child(user_runs);
  in_child(root_runs);
  if (setxattr(copy, "security.capability", &value, sizeof value, 0)) return;
  in_child(root_runs);
  wanted_effective = 0, wanted_permitted = BIT(CAP_KILL);
  in_child(user_runs);
  value.magic_etc |= VFS_CAP_FLAGS_EFFECTIVE;
  OK(setxattr(copy, "security.capability", &value, sizeof value, 0));
  wanted_effective = BIT(CAP_KILL);
  in_child(user_runs);
  OK(chmod(copy, 0755));
  OK(removexattr(copy, "security.capability"));
  wanted_effective = wanted_permitted = 0;
  in_child(user_runs);
}

static void copy_own(void) {
  snprintf(copy, sizeof copy, "/tmp/capabilities.%d", getpid());
  int from = OK(open("/proc/self/exe", O_RDONLY)), to = OK(open(copy, O_CREAT | O_EXCL | O_WRONLY, 0755));
  char buffer[1 << 16];
  long n;
  while ((n = OK(read(from, buffer, sizeof buffer))) > 0) EQ(OK(write(to, buffer, n)), n);
  OK(close(from));
  OK(close(to));
}

int main(int argc, char **argv) {
  if (argc == 4) {
    struct sets now = get(0);
    EQ(now.effective, strtoull(argv[2], NULL, 16));
    EQ(now.permitted, strtoull(argv[3], NULL, 16));
    EQ(prctl(PR_GET_KEEPCAPS), 0);
    return 0;
  }
  if (geteuid()) return 0;
  OK(readlink("/proc/self/exe", own, sizeof own - 1));
  in_child(few);
  STEP("few");
  in_child(headers);
  STEP("headers");
  in_child(users);
  STEP("users");
  in_child(kept);
  STEP("kept");
  in_child(secured);
  STEP("secured");
  in_child(bounded);
  STEP("bounded");
  in_child(ambient);
  STEP("ambient");
  copy_own();
  in_child(root_executes);
  in_child(no_root_executes);
  snprintf(own, sizeof own, "%s", copy);
  in_child(ambient_executes);
  in_child(user_executes);
  STEP("execve");
  struct vfs_cap_data data = {VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, {{1 << CAP_KILL, 0}, {0, 0}}};
  if (setxattr(copy, "security.capability", &data, sizeof data, 0) == 0) {
    in_child(file_gives);
    in_child(nothing_new);
    in_child(too_much);
  } else {
    EQ(errno, EOPNOTSUPP);
  }
  STEP("files");
  attributes_give();
  removexattr(copy, "security.capability");
  runs_as_root();
  OK(unlink(copy));
  STEP("attributes of files");
  return 0;
}
