// Files by their handles: what they are, that they stay through renames, and who may open them.
#include "check.h"

static struct file_handle *handle(unsigned room) {
  struct file_handle *handle = calloc(1, sizeof *handle + 128);
  handle->handle_bytes = room;
  return handle;
}

static struct file_handle *handle_of(int folder, const char *path, int flags, int *mount) {
  struct file_handle *got = handle(128);
  OK(name_to_handle_at(folder, path, got, mount, flags));
  return got;
}

static int same(struct file_handle *a, struct file_handle *b) {
  return a->handle_type == b->handle_type && a->handle_bytes == b->handle_bytes &&
         !memcmp(a->f_handle, b->f_handle, a->handle_bytes);
}

static struct file_handle *kept;
static int root;
static void stranger(void) {
  int mount;
  OK(setresuid(1000, 1000, 1000));
  OK(name_to_handle_at(AT_FDCWD, "/", handle(128), &mount, 0));
  FAILS(EPERM, open_by_handle_at(root, kept, O_RDONLY));
}

static int end(void) {
  OK(unlink("below/file"));
  OK(unlink("link"));
  OK(rmdir("below"));
  return 0;
}

int main(void) {
  int mount = -1, other = -2;
  char text[16] = "";
  enter_scratch();
  OK(mkdir("below", 0755));
  int fd = OK(open("below/file", O_CREAT | O_RDWR, 0600));
  EQ(OK(write(fd, "by number", 9)), 9);
  OK(symlink("below/file", "link"));
  root = OK(open(".", O_RDONLY | O_DIRECTORY));

  if (getenv("GUEST_SCRATCH")) {
    // The filesystem there may have none.
    if (name_to_handle_at(root, "link", handle(128), &mount, 0) == -1 && errno == EOPNOTSUPP) return end();
  }
  kept = handle_of(AT_FDCWD, "below/file", 0, &mount);
  CHECK(kept->handle_bytes > 0 && kept->handle_bytes <= 128);
  CHECK(same(kept, handle_of(root, "below/file", 0, &other)));
  EQ(mount, other);
  CHECK(same(kept, handle_of(fd, "", AT_EMPTY_PATH, &other)));
  CHECK(same(kept, handle_of(root, "link", AT_SYMLINK_FOLLOW, &other)));
  struct file_handle *link_ = handle_of(root, "link", 0, &other);
  CHECK(!same(kept, link_));
  CHECK(!same(kept, handle_of(root, "below", 0, &other)));

  struct file_handle *small = handle(0);
  FAILS(EOVERFLOW, name_to_handle_at(root, "below/file", small, &other, 0));
  EQ(small->handle_bytes, kept->handle_bytes);
  EQ(other, mount);
  // Room for it to the byte.
  small = handle(kept->handle_bytes - 1);
  FAILS(EOVERFLOW, name_to_handle_at(root, "below/file", small, &other, 0));
  EQ(small->handle_bytes, kept->handle_bytes);
  OK(name_to_handle_at(root, "below/file", small, &other, 0));
  CHECK(same(kept, small));
  FAILS(EINVAL, name_to_handle_at(root, "below/file", handle(129), &other, 0));
  FAILS(EINVAL, name_to_handle_at(root, "below/file", handle(128), &other, 0x10));
  FAILS(ENOENT, name_to_handle_at(root, "none", handle(128), &other, 0));
  FAILS(EBADF, name_to_handle_at(99, "none", handle(128), &other, 0));
  FAILS(EFAULT, name_to_handle_at(root, "below/file", (void *)8, &other, 0));
  FAILS(EFAULT, name_to_handle_at(root, "below/file", handle(128), (void *)8, 0));

  if (is_host_root()) {
    OK(close(fd));
    fd = OK(open_by_handle_at(root, kept, O_RDWR));
    EQ(OK(read(fd, text, 15)), 9);
    STREQ(text, "by number");
    OK(rename("below/file", "moved"));
    OK(close(fd));
    fd = OK(open_by_handle_at(AT_FDCWD, kept, O_RDONLY | O_CLOEXEC));
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    EQ(OK(pread(fd, text, 15, 3)), 6);
    FAILS(EBADF, write(fd, "x", 1));
    CHECK(same(kept, handle_of(root, "moved", 0, &other)));
    int folder = OK(open_by_handle_at(root, handle_of(root, "below", 0, &other), O_RDONLY | O_DIRECTORY));
    OK(mkdirat(folder, "further", 0755));
    OK(rmdir("below/further"));
    FAILS(ELOOP, open_by_handle_at(root, link_, O_RDONLY));
    int path = OK(open_by_handle_at(root, link_, O_PATH | O_NOFOLLOW));
    EQ(OK(readlinkat(path, "", text, 15)), 10);
    FAILS(ENOTDIR, open_by_handle_at(root, kept, O_RDONLY | O_DIRECTORY));
    FAILS(EBADF, open_by_handle_at(99, kept, O_RDONLY));
    FAILS(EINVAL, open_by_handle_at(root, handle(0), O_RDONLY));
    FAILS(EFAULT, open_by_handle_at(root, (void *)8, O_RDONLY));
    struct file_handle *odd = handle(8);
    odd->handle_type = 77;
    FAILS(ESTALE, open_by_handle_at(root, odd, O_RDONLY));
    OK(close(fd));
    OK(link("moved", "second"));
    OK(unlink("moved"));
    OK(close(OK(open_by_handle_at(root, kept, O_RDONLY))));
    OK(unlink("second"));
    FAILS(ESTALE, open_by_handle_at(root, kept, O_RDONLY));
    fd = OK(open("second", O_CREAT | O_RDWR, 0600));
    in_child(stranger);
    OK(rename("second", "below/file"));
  }
  return end();
}
