// By which a process gives up what it will not need: Landlock, seccomp, capabilities. Nothing of it is
// wrapped by C libraries, and the headers may be older than the kernel: numbers and structures are those
// of landlock(7), seccomp(2) and capabilities(7).
#ifdef __linux__
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// --- Landlock ------------------------------------------------------------------------------------

// The same on every architecture.
enum { CREATE_RULESET = 444, ADD_RULE = 445, RESTRICT_SELF = 446 };
enum { CREATE_RULESET_VERSION = 1 };
enum { RULE_PATH_BENEATH = 1, RULE_NET_PORT = 2 };

struct path_beneath {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));

struct net_port {
  uint64_t allowed_access, port;
};

int godwit_landlock_version(void) {
  return (int)syscall(CREATE_RULESET, NULL, (size_t)0, CREATE_RULESET_VERSION);
}

int godwit_landlock_create(const struct godwit_landlock_ruleset *ruleset, int version) {
  // An older kernel knows fewer fields, and refuses a longer structure unless the rest is zero.
  size_t size = version >= 6   ? sizeof *ruleset
                : version >= 4 ? offsetof(struct godwit_landlock_ruleset, scoped)
                               : offsetof(struct godwit_landlock_ruleset, handled_access_net);
  return (int)syscall(CREATE_RULESET, ruleset, size, 0);
}

int godwit_landlock_allow_path(int ruleset, int fd, uint64_t access) {
  struct path_beneath rule = {.allowed_access = access, .parent_fd = fd};
  return (int)syscall(ADD_RULE, ruleset, RULE_PATH_BENEATH, &rule, 0);
}

int godwit_landlock_allow_port(int ruleset, uint16_t port, uint64_t access) {
  struct net_port rule = {.allowed_access = access, .port = port};
  return (int)syscall(ADD_RULE, ruleset, RULE_NET_PORT, &rule, 0);
}

int godwit_landlock_restrict(int ruleset) { return (int)syscall(RESTRICT_SELF, ruleset, 0); }

// --- seccomp -------------------------------------------------------------------------------------

_Static_assert(sizeof(struct godwit_bpf) == sizeof(struct sock_filter), "not BPF's layout");
_Static_assert(offsetof(struct godwit_bpf, k) == offsetof(struct sock_filter, k),
               "not BPF's layout");

int godwit_seccomp_is_offered(void) {
  // Filters, and the action that ends the whole process rather than one thread (Linux 4.14).
  uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int godwit_seccomp_install(const struct godwit_bpf *program, size_t count) {
  struct sock_fprog filter = {
      .len = (unsigned short)count, .filter = (struct sock_filter *)program};
  // Without the flag kernels before 5.16 would have the whole process run slower, for the sake of side
  // channels, which are not what a filter of calls is for.
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &filter);
}

int godwit_has_openat2(void) {
  // Without a structure (its size is zero) it says EINVAL.
  return syscall(437, -1, NULL, NULL, (size_t)0) == -1 && errno != ENOSYS;
}

// --- Privileges ----------------------------------------------------------------------------------

int godwit_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

int godwit_forbid_core_dumps(void) {
  struct rlimit none = {0, 0};
  // The limit does not hold for dumps that are piped to a program (core(5)).
  int result = setrlimit(RLIMIT_CORE, &none);
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? result : -1;
}

int godwit_capabilities(uint64_t *permitted) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(SYS_capget, &header, data) != 0) return -1;
  *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
  return 0;
}

int godwit_keep_capabilities(uint64_t kept) {
  uint64_t permitted;
  if (godwit_capabilities(&permitted) != 0) return -1;
  kept &= permitted;
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {
      {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
      {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)}};
  return (int)syscall(SYS_capset, &header, data);
}

#endif
