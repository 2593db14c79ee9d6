// Files beneath the root: made, written, read at offsets, listed, renamed, linked, cut off and removed; handles of files that
// have lost their names.
#include "native.h"

static int32_t root;

static int32_t open_at(const char *path, uint32_t options) {
  struct godwit_name name = beneath(root, path);
  return (int32_t)godwit_open_beneath(&name, options, 0640);
}

int main(int argc, char **argv) {
  (void)argc, (void)argv;
  const uint32_t both = GODWIT_OPEN_READ | GODWIT_OPEN_WRITE;
  root = open_uri("file:/", both);
  check(root >= 0, "open the root");
  check(godwit_kind(root) == GODWIT_FILE_KIND_DIRECTORY, "its kind");
  check_error(open_uri("file:/no/grant", both), GODWIT_PERMISSION_DENIED, "what was not granted");
  struct godwit_name folder = beneath(root, "folder"), gone = beneath(root, "gone"), name = beneath(root, "folder/a");
  struct godwit_name other = beneath(root, "folder/b"), link = beneath(root, "folder/link"), none = beneath(root, "");
  check(godwit_make_directory(&folder, 0750) == 0, "make a directory");
  check_error(godwit_make_directory(&folder, 0750), GODWIT_EXISTS, "make it twice");
  check_error(godwit_make_directory(&none, 0750), GODWIT_INVALID, "make nothing");
  int32_t file = open_at("folder/a", both | GODWIT_OPEN_CREATE | GODWIT_OPEN_EXCLUSIVE);
  check(file >= 0, "make a file");
  check_error(open_at("folder/a", both | GODWIT_OPEN_CREATE | GODWIT_OPEN_EXCLUSIVE), GODWIT_EXISTS, "make it again");
  check_error(open_at("folder/a/b", GODWIT_OPEN_READ), GODWIT_NOT_DIRECTORY, "a name beneath a file");
  check_error(open_at("folder", both), GODWIT_IS_DIRECTORY, "write a directory");
  check(godwit_options(file) == both, "its options");
  check(godwit_write(file, 10, "0123456789", 10) == 10, "write");
  char bytes[32];
  check(godwit_read(file, 0, bytes, 32) == 20 && bytes[9] == 0 && bytes[19] == '9', "read it");
  check(godwit_read(file, 20, bytes, 32) == 0, "its end");
  struct godwit_attributes attributes;
  check(godwit_attributes(&name, &attributes) == 0, "attributes");
  check(attributes.kind == GODWIT_FILE_KIND_REGULAR && attributes.permissions == 0640 && attributes.size == 20, "which");
  check(godwit_set_length(file, 15) == 0 && godwit_read(file, 0, bytes, 32) == 15, "cut it off");
  check(godwit_allocate(file, 12, 14, GODWIT_ALLOCATION_PUNCH_HOLE) == 0, "punch a hole");
  check(godwit_read(file, 0, bytes, 32) == 15 && bytes[12] == 0 && bytes[14] == '4', "around it");
  check_error(godwit_allocate(file, 3, 3, GODWIT_ALLOCATION_RESERVE), GODWIT_INVALID, "an empty range");
  struct godwit_change change = {GODWIT_CHANGE_OF_PERMISSIONS | GODWIT_CHANGE_OF_MODIFIED, 04711, 0, 0, 0, {0}, {77, 5}};
  check(godwit_set_attributes(&name, &change) == 0, "set attributes");
  check(godwit_attributes(&name, &attributes) == 0 && attributes.permissions == 04711, "permissions");
  check(attributes.modified.seconds == 77 && attributes.modified.nanoseconds == 5, "times");
  check(godwit_make_symbolic_link(&link, "a", 1) == 0, "make a link");
  check(godwit_read_symbolic_link(&link, bytes, 32) == 1 && bytes[0] == 'a', "read it");
  check_error(open_at("folder/link", GODWIT_OPEN_READ), GODWIT_TOO_MANY_SYMBOLIC_LINKS, "no link is followed");
  struct godwit_name upward = beneath(root, "folder/../folder");
  check_error(godwit_attributes(&upward, &attributes), GODWIT_INVALID, "no name goes up");
  check(godwit_make_link(&other, &name) == 0, "a second name");
  check(godwit_entries(&folder, bytes, 32) == 12, "entries");
  check(memcmp(bytes, "\0\1a\0\1b\2\4link", 12) == 0, "which entries");
  check(godwit_entries(&folder, bytes, 3) == 12, "too little room");
  check(godwit_rename(&folder, &gone, GODWIT_RENAME_KIND_REPLACING) == 0, "rename");
  check_error(godwit_attributes(&name, &attributes), GODWIT_NOT_FOUND, "the old name");
  check_error(godwit_remove(&gone, 1), GODWIT_NOT_EMPTY, "remove what has entries");
  const char *names[] = {"gone/a", "gone/b", "gone/link"};
  for (int i = 0; i < 3; i++) {
    struct godwit_name entry = beneath(root, names[i]);
    check(godwit_remove(&entry, 0) == 0, names[i]);
  }
  check(godwit_remove(&gone, 1) == 0, "remove the directory");
  check(godwit_read(file, 14, bytes, 1) == 1 && bytes[0] == '4', "a file without a name");
  struct godwit_name itself = beneath(file, "");
  check(godwit_attributes(&itself, &attributes) == 0 && attributes.size == 15, "its attributes");
  int32_t unnamed = open_at("", both | GODWIT_OPEN_UNNAMED);
  check(unnamed >= 0 && godwit_write(unnamed, 0, "x", 1) == 1, "a file that never had a name");
  struct godwit_volume volume;
  check(godwit_volume(&none, &volume) == 0 && volume.block_size > 0 && volume.name_limit == 255, "the volume");
  int32_t reader = open_uri("dir:/", GODWIT_OPEN_READ);
  struct godwit_name refused = beneath(reader, "refused");
  check_error(godwit_make_directory(&refused, 0700), GODWIT_READ_ONLY, "change beneath what was opened for reading");
  check_error(godwit_open_beneath(&refused, both | GODWIT_OPEN_CREATE, 0600), GODWIT_READ_ONLY, "nor by opening");
  int32_t inner = (int32_t)godwit_open_beneath(&(struct godwit_name){reader, 3, "tmp"}, GODWIT_OPEN_READ, 0);
  struct godwit_name deep = beneath(inner, "refused");
  check(inner >= 0, "a directory beneath it");
  check_error(godwit_make_directory(&deep, 0700), GODWIT_READ_ONLY, "nor there");
  for (int32_t handle = root + 1; handle < root + 20; handle++) check(godwit_close(handle) == 0, "close");
  check_error(godwit_read(file, 0, bytes, 1), GODWIT_INVALID, "a closed handle");
  put("files ok\n");
  return 0;
}
