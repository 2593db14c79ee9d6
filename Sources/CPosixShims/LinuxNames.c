// Calls on names beneath a directory's descriptor, as Linux has them. The older system calls of a host that
// lacks the newer ones go through /proc/self/fd.
#ifdef __linux__
#define _GNU_SOURCE 1
#include "CPosixShims.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

// Numbers that all architectures share, for older headers.
enum {
  NR_OPENAT2 = 437,
  NR_FCHMODAT2 = 452,
  NR_SETXATTRAT = 463,
  NR_GETXATTRAT,
  NR_LISTXATTRAT,
  NR_REMOVEXATTRAT,
};

// The kernel lacks the call, or a sandbox around this process doesn't know it.
static bool is_missing(void) { return errno == ENOSYS || errno == EPERM; }

// Another name of what is open as `fd`, or of the entry `path` in that directory.
struct descriptor_path {
  char text[64 + 256];
};

static int descriptor_path(struct descriptor_path *name, int fd, const char *path) {
  int length = snprintf(name->text, sizeof name->text, "/proc/self/fd/%d%s%s", fd,
                        *path ? "/" : "", path);
  if (length >= (int)sizeof name->text) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return 0;
}

int godwit_openat2_beneath(int fd, const char *path, int flags) {
  // struct open_how (openat2(2)); RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH.
  struct {
    uint64_t flags, mode, resolve;
  } how = {.flags = (uint64_t)flags, .resolve = 0x02 | 0x04 | 0x08};
  return (int)syscall(NR_OPENAT2, fd, path, &how, sizeof how);
}

int godwit_stat_at(int fd, const char *path, struct godwit_file_status *status) {
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
  struct statx found;
  if (statx(fd, path, flags, STATX_BASIC_STATS | STATX_BTIME, &found) == 0) {
    bool has_birth = found.stx_mask & STATX_BTIME;
    *status = (struct godwit_file_status){
        .mode = found.stx_mode,
        .user = found.stx_uid,
        .group = found.stx_gid,
        .links = found.stx_nlink,
        .size = found.stx_size,
        .blocks = found.stx_blocks,
        .device = makedev(found.stx_dev_major, found.stx_dev_minor),
        .inode = found.stx_ino,
        .major_number = found.stx_rdev_major,
        .minor_number = found.stx_rdev_minor,
        .times = {found.stx_atime.tv_sec, found.stx_atime.tv_nsec, found.stx_mtime.tv_sec,
                  found.stx_mtime.tv_nsec, found.stx_ctime.tv_sec, found.stx_ctime.tv_nsec,
                  has_birth ? found.stx_btime.tv_sec : 0, has_birth ? found.stx_btime.tv_nsec : 0},
    };
    return 0;
  }
  if (!is_missing()) return -1;
  struct stat old;
  if (fstatat(fd, path, &old, flags) != 0) return -1;
  *status = (struct godwit_file_status){
      .mode = old.st_mode,
      .user = old.st_uid,
      .group = old.st_gid,
      .links = old.st_nlink,
      .size = (uint64_t)old.st_size,
      .blocks = (uint64_t)old.st_blocks,
      .device = old.st_dev,
      .inode = old.st_ino,
      .major_number = major(old.st_rdev),
      .minor_number = minor(old.st_rdev),
      .times = {old.st_atim.tv_sec, old.st_atim.tv_nsec, old.st_mtim.tv_sec, old.st_mtim.tv_nsec,
                old.st_ctim.tv_sec, old.st_ctim.tv_nsec},
  };
  return 0;
}

int godwit_rename_at(int from_fd, const char *from, int to_fd, const char *to,
                     enum godwit_rename_kind kind) {
  // Not every C library wraps renameat2(2). RENAME_NOREPLACE is 1, RENAME_EXCHANGE 2.
  if (kind == GODWIT_RENAME_REPLACING) return renameat(from_fd, from, to_fd, to);
  unsigned flags = kind == GODWIT_RENAME_EXCLUSIVE ? 1 : 2;
  return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int godwit_make_node(int fd, const char *path, enum godwit_node_type type,
                     uint32_t device_major, uint32_t device_minor) {
  static const mode_t types[] = {S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK};
  return mknodat(fd, path, types[type] | 0600, makedev(device_major, device_minor));
}

int godwit_chmod_descriptor(int fd, mode_t mode) {
  if (syscall(NR_FCHMODAT2, fd, "", mode, AT_EMPTY_PATH) == 0) return 0;
  // One that isn't for names alone.
  if (is_missing() && fchmod(fd, mode) == 0) return 0;
  if (errno != EBADF && !is_missing()) return -1;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, "") != 0) return -1;
  return chmod(name.text, mode);
}

int godwit_chown_descriptor(int fd, uid_t user, gid_t group) {
  return fchownat(fd, "", user, group, AT_EMPTY_PATH);
}

int godwit_utimens_descriptor(int fd, const struct timespec times[2]) {
  if (utimensat(fd, "", times, AT_EMPTY_PATH) == 0) return 0;
  // Before Linux 5.8 the flag is none.
  if (errno != EINVAL && errno != ENOENT) return -1;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, "") != 0) return -1;
  return utimensat(AT_FDCWD, name.text, times, 0);
}

int godwit_reopen_descriptor(int fd, int flags) {
  struct descriptor_path name;
  if (descriptor_path(&name, fd, "") != 0) return -1;
  return open(name.text, flags);
}

int godwit_link_descriptor(int fd, int directory, const char *path) {
  struct descriptor_path name;
  if (descriptor_path(&name, fd, "") != 0) return -1;
  return linkat(AT_FDCWD, name.text, directory, path, AT_SYMLINK_FOLLOW);
}

// The kernel lacks the calls below, or does not take a descriptor for names alone.
static bool needs_path(void) { return is_missing() || errno == EBADF; }

// struct xattr_args (linux/xattr.h).
struct attribute_value {
  uint64_t value;
  uint32_t size, flags;
};

int godwit_no_such_attribute(void) { return ENODATA; }

ssize_t godwit_get_attribute(int fd, const char *path, const char *attribute, void *value,
                             size_t size) {
  struct attribute_value arguments = {.value = (uintptr_t)value, .size = (uint32_t)size};
  long count = syscall(NR_GETXATTRAT, fd, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, attribute,
                       &arguments, sizeof arguments);
  if (count >= 0 || !needs_path()) return count;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, path) != 0) return -1;
  return *path ? lgetxattr(name.text, attribute, value, size)
               : getxattr(name.text, attribute, value, size);
}

ssize_t godwit_list_attributes(int fd, const char *path, char *list, size_t size) {
  long count = syscall(NR_LISTXATTRAT, fd, path, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, list, size);
  if (count >= 0 || !needs_path()) return count;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, path) != 0) return -1;
  return *path ? llistxattr(name.text, list, size) : listxattr(name.text, list, size);
}

int godwit_set_attribute(int fd, const char *path, const char *attribute, const void *value,
                         size_t size) {
  struct attribute_value arguments = {.value = (uintptr_t)value, .size = (uint32_t)size};
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
  if (syscall(NR_SETXATTRAT, fd, path, flags, attribute, &arguments, sizeof arguments) == 0)
    return 0;
  if (!needs_path()) return -1;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, path) != 0) return -1;
  return *path ? lsetxattr(name.text, attribute, value, size, 0)
               : setxattr(name.text, attribute, value, size, 0);
}

int godwit_remove_attribute(int fd, const char *path, const char *attribute) {
  int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
  if (syscall(NR_REMOVEXATTRAT, fd, path, flags, attribute) == 0) return 0;
  if (!needs_path()) return -1;
  struct descriptor_path name;
  if (descriptor_path(&name, fd, path) != 0) return -1;
  return *path ? lremovexattr(name.text, attribute) : removexattr(name.text, attribute);
}

#endif
