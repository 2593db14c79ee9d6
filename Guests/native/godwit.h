// The host ABI, version 1.0, for guests of it. Written by Scripts/native-header from Docs/HostABI.json:
// do not edit. What the calls mean is in Docs/HostABI.md.
#ifndef GODWIT_H
#define GODWIT_H
#include <stddef.h>
#include <stdint.h>

#define GODWIT_VERSION_MAJOR 1
#define GODWIT_VERSION_MINOR 0

// A call answers a number, or minus one of these.
enum godwit_error {
  GODWIT_NOT_FOUND = 1, // there is no such thing
  GODWIT_EXISTS = 2, // the name is taken
  GODWIT_NOT_DIRECTORY = 3, // it is no directory
  GODWIT_IS_DIRECTORY = 4, // it is a directory
  GODWIT_NOT_EMPTY = 5, // the directory has entries
  GODWIT_PERMISSION_DENIED = 6, // the host or the configuration refuses it
  GODWIT_NOT_PERMITTED = 7, // the host refuses it to this user
  GODWIT_READ_ONLY = 8, // nothing may be changed there
  GODWIT_NO_SPACE = 9, // the storage is full
  GODWIT_QUOTA_EXCEEDED = 10, // the user's share of the storage is used up
  GODWIT_FILE_TOO_LARGE = 11, // a file cannot be so long
  GODWIT_TOO_MANY_OPEN = 12, // there are no more handles
  GODWIT_OUT_OF_MEMORY = 13, // the host has no more memory
  GODWIT_NAME_TOO_LONG = 14, // a name or path is too long
  GODWIT_TOO_MANY_LINKS = 15, // the file has as many names as it can have
  GODWIT_TOO_MANY_SYMBOLIC_LINKS = 16, // a symbolic link is in the way; none is followed
  GODWIT_CROSS_DEVICE = 17, // the names lie on two file systems
  GODWIT_BUSY = 18, // the host uses it
  GODWIT_TEXT_BUSY = 19, // it is a program that runs
  GODWIT_INVALID = 20, // the handle is not open, or an argument makes no sense
  GODWIT_NOT_SUPPORTED = 21, // this host or file system cannot do it
  GODWIT_ILLEGAL_SEEK = 22, // the stream has no positions
  GODWIT_WOULD_BLOCK = 23, // there is nothing to read, or no room to write, at the moment
  GODWIT_BROKEN_PIPE = 24, // the reading end is closed
  GODWIT_INTERRUPTED = 25, // never thrown; for hosts whose system cannot repeat a call
  GODWIT_NOT_TERMINAL = 26, // it is no terminal
  GODWIT_NO_DEVICE = 27, // nothing is behind it
  GODWIT_CONNECTION_RESET = 28, // the other end broke the connection off
  GODWIT_CONNECTION_REFUSED = 29, // nobody listens there
  GODWIT_NETWORK_UNREACHABLE = 30, // there is no way to that network, or it is not allowed
  GODWIT_HOST_UNREACHABLE = 31, // there is no way to that machine
  GODWIT_TIMED_OUT = 32, // the other end did not answer
  GODWIT_ADDRESS_IN_USE = 33, // somebody else has the address
  GODWIT_ADDRESS_NOT_AVAILABLE = 34, // the address is not this machine's
  GODWIT_MESSAGE_TOO_LONG = 35, // a datagram is too long for the network
  GODWIT_IO = 36, // the device failed
};

enum godwit_open {
  GODWIT_OPEN_READ = 1,
  GODWIT_OPEN_WRITE = 2,
  GODWIT_OPEN_CREATE = 4,
  GODWIT_OPEN_EXCLUSIVE = 8,
  GODWIT_OPEN_TRUNCATE = 16,
  GODWIT_OPEN_APPEND = 32,
  GODWIT_OPEN_LISTEN = 64,
  GODWIT_OPEN_PATH = 128,
  GODWIT_OPEN_DIRECTORY = 256,
  GODWIT_OPEN_UNNAMED = 512,
};

enum godwit_ready {
  GODWIT_READY_READABLE = 1,
  GODWIT_READY_WRITABLE = 2,
  GODWIT_READY_HANGUP = 4,
  GODWIT_READY_ERROR = 8,
};

enum godwit_file_kind {
  GODWIT_FILE_KIND_REGULAR = 0,
  GODWIT_FILE_KIND_DIRECTORY = 1,
  GODWIT_FILE_KIND_SYMBOLIC_LINK = 2,
  GODWIT_FILE_KIND_CHARACTER_DEVICE = 3,
  GODWIT_FILE_KIND_BLOCK_DEVICE = 4,
  GODWIT_FILE_KIND_FIFO = 5,
  GODWIT_FILE_KIND_SOCKET = 6,
};

enum godwit_stream_kind {
  GODWIT_STREAM_KIND_TERMINAL = 16,
  GODWIT_STREAM_KIND_PIPE = 17,
  GODWIT_STREAM_KIND_OTHER = 18,
};

enum godwit_allocation {
  GODWIT_ALLOCATION_RESERVE = 0,
  GODWIT_ALLOCATION_RESERVE_KEEPING_SIZE = 1,
  GODWIT_ALLOCATION_PUNCH_HOLE = 2,
};

enum godwit_rename_kind {
  GODWIT_RENAME_KIND_REPLACING = 0,
  GODWIT_RENAME_KIND_EXCLUSIVE = 1,
  GODWIT_RENAME_KIND_EXCHANGING = 2,
};

enum godwit_terminal_change {
  GODWIT_TERMINAL_CHANGE_NOW = 0,
  GODWIT_TERMINAL_CHANGE_DRAINED = 1,
  GODWIT_TERMINAL_CHANGE_FLUSHED = 2,
};

enum godwit_clock {
  GODWIT_CLOCK_MONOTONIC = 0,
  GODWIT_CLOCK_REALTIME = 1,
  GODWIT_CLOCK_PROCESSOR_TIME = 2,
};

enum godwit_change_of {
  GODWIT_CHANGE_OF_PERMISSIONS = 1,
  GODWIT_CHANGE_OF_USER_ID = 2,
  GODWIT_CHANGE_OF_GROUP_ID = 4,
  GODWIT_CHANGE_OF_ACCESSED = 8,
  GODWIT_CHANGE_OF_MODIFIED = 16,
};

enum godwit_memory {
  GODWIT_MEMORY_READ = 1,
  GODWIT_MEMORY_WRITE = 2,
  GODWIT_MEMORY_EXECUTE = 4,
};

enum godwit_access {
  GODWIT_ACCESS_READ = 1,
  GODWIT_ACCESS_WRITE = 2,
  GODWIT_ACCESS_EXECUTE = 3,
};

enum godwit_exception_kind {
  GODWIT_EXCEPTION_KIND_UNMAPPED = 1,
  GODWIT_EXCEPTION_KIND_PROTECTION = 2,
  GODWIT_EXCEPTION_KIND_BUS = 3,
  GODWIT_EXCEPTION_KIND_MISALIGNED = 4,
  GODWIT_EXCEPTION_KIND_MEMORY_LIMIT = 5,
  GODWIT_EXCEPTION_KIND_NON_CANONICAL = 6,
  GODWIT_EXCEPTION_KIND_DIVIDE = 16,
  GODWIT_EXCEPTION_KIND_FLOATING_POINT = 17,
  GODWIT_EXCEPTION_KIND_VECTOR_FLOATING_POINT = 18,
  GODWIT_EXCEPTION_KIND_ILLEGAL_INSTRUCTION = 19,
  GODWIT_EXCEPTION_KIND_BREAKPOINT = 20,
  GODWIT_EXCEPTION_KIND_SINGLE_STEP = 21,
  GODWIT_EXCEPTION_KIND_GENERAL_PROTECTION = 22,
  GODWIT_EXCEPTION_KIND_ALIGNMENT = 23,
  GODWIT_EXCEPTION_KIND_BOUNDS = 24,
};

// An offset that is none: the stream's own place. A length that is none: no value.
#define GODWIT_NO_OFFSET UINT64_MAX
#define GODWIT_NO_VALUE UINT64_MAX
// A deadline that never comes. As a result: what was asked for is not there.
#define GODWIT_NEVER INT64_MAX
#define GODWIT_NONE INT64_MAX

struct godwit_time {
  int64_t seconds;
  int32_t nanoseconds;
};
_Static_assert(sizeof(struct godwit_time) == 16, "struct godwit_time");
_Static_assert(offsetof(struct godwit_time, seconds) == 0, "seconds");
_Static_assert(offsetof(struct godwit_time, nanoseconds) == 8, "nanoseconds");

struct godwit_name {
  int32_t directory;
  uint32_t path_length;
  const void *path;
};
_Static_assert(sizeof(struct godwit_name) == 16, "struct godwit_name");
_Static_assert(offsetof(struct godwit_name, directory) == 0, "directory");
_Static_assert(offsetof(struct godwit_name, path_length) == 4, "path_length");
_Static_assert(offsetof(struct godwit_name, path) == 8, "path");

struct godwit_attributes {
  uint8_t kind;
  uint8_t reserved;
  uint16_t permissions;
  uint32_t user_id;
  uint32_t group_id;
  uint32_t device_major;
  uint32_t device_minor;
  uint64_t link_count;
  uint64_t size;
  uint64_t blocks;
  uint64_t device;
  uint64_t inode;
  struct godwit_time created;
  struct godwit_time accessed;
  struct godwit_time modified;
  struct godwit_time changed;
};
_Static_assert(sizeof(struct godwit_attributes) == 128, "struct godwit_attributes");
_Static_assert(offsetof(struct godwit_attributes, kind) == 0, "kind");
_Static_assert(offsetof(struct godwit_attributes, reserved) == 1, "reserved");
_Static_assert(offsetof(struct godwit_attributes, permissions) == 2, "permissions");
_Static_assert(offsetof(struct godwit_attributes, user_id) == 4, "user_id");
_Static_assert(offsetof(struct godwit_attributes, group_id) == 8, "group_id");
_Static_assert(offsetof(struct godwit_attributes, device_major) == 12, "device_major");
_Static_assert(offsetof(struct godwit_attributes, device_minor) == 16, "device_minor");
_Static_assert(offsetof(struct godwit_attributes, link_count) == 24, "link_count");
_Static_assert(offsetof(struct godwit_attributes, size) == 32, "size");
_Static_assert(offsetof(struct godwit_attributes, blocks) == 40, "blocks");
_Static_assert(offsetof(struct godwit_attributes, device) == 48, "device");
_Static_assert(offsetof(struct godwit_attributes, inode) == 56, "inode");
_Static_assert(offsetof(struct godwit_attributes, created) == 64, "created");
_Static_assert(offsetof(struct godwit_attributes, accessed) == 80, "accessed");
_Static_assert(offsetof(struct godwit_attributes, modified) == 96, "modified");
_Static_assert(offsetof(struct godwit_attributes, changed) == 112, "changed");

struct godwit_change {
  uint32_t which;
  uint16_t permissions;
  uint16_t reserved;
  uint32_t user_id;
  uint32_t group_id;
  struct godwit_time accessed;
  struct godwit_time modified;
};
_Static_assert(sizeof(struct godwit_change) == 48, "struct godwit_change");
_Static_assert(offsetof(struct godwit_change, which) == 0, "which");
_Static_assert(offsetof(struct godwit_change, permissions) == 4, "permissions");
_Static_assert(offsetof(struct godwit_change, reserved) == 6, "reserved");
_Static_assert(offsetof(struct godwit_change, user_id) == 8, "user_id");
_Static_assert(offsetof(struct godwit_change, group_id) == 12, "group_id");
_Static_assert(offsetof(struct godwit_change, accessed) == 16, "accessed");
_Static_assert(offsetof(struct godwit_change, modified) == 32, "modified");

struct godwit_volume {
  uint64_t block_size;
  uint64_t blocks;
  uint64_t blocks_free;
  uint64_t blocks_available;
  uint64_t files;
  uint64_t files_free;
  uint64_t name_limit;
};
_Static_assert(sizeof(struct godwit_volume) == 56, "struct godwit_volume");
_Static_assert(offsetof(struct godwit_volume, block_size) == 0, "block_size");
_Static_assert(offsetof(struct godwit_volume, blocks) == 8, "blocks");
_Static_assert(offsetof(struct godwit_volume, blocks_free) == 16, "blocks_free");
_Static_assert(offsetof(struct godwit_volume, blocks_available) == 24, "blocks_available");
_Static_assert(offsetof(struct godwit_volume, files) == 32, "files");
_Static_assert(offsetof(struct godwit_volume, files_free) == 40, "files_free");
_Static_assert(offsetof(struct godwit_volume, name_limit) == 48, "name_limit");

struct godwit_terminal_modes {
  uint32_t input;
  uint32_t output;
  uint32_t control;
  uint32_t local;
  uint8_t line;
  uint8_t characters[19];
  uint32_t input_speed;
  uint32_t output_speed;
};
_Static_assert(sizeof(struct godwit_terminal_modes) == 44, "struct godwit_terminal_modes");
_Static_assert(offsetof(struct godwit_terminal_modes, input) == 0, "input");
_Static_assert(offsetof(struct godwit_terminal_modes, output) == 4, "output");
_Static_assert(offsetof(struct godwit_terminal_modes, control) == 8, "control");
_Static_assert(offsetof(struct godwit_terminal_modes, local) == 12, "local");
_Static_assert(offsetof(struct godwit_terminal_modes, line) == 16, "line");
_Static_assert(offsetof(struct godwit_terminal_modes, characters) == 17, "characters");
_Static_assert(offsetof(struct godwit_terminal_modes, input_speed) == 36, "input_speed");
_Static_assert(offsetof(struct godwit_terminal_modes, output_speed) == 40, "output_speed");

struct godwit_window_size {
  uint16_t rows;
  uint16_t columns;
  uint16_t pixel_width;
  uint16_t pixel_height;
};
_Static_assert(sizeof(struct godwit_window_size) == 8, "struct godwit_window_size");
_Static_assert(offsetof(struct godwit_window_size, rows) == 0, "rows");
_Static_assert(offsetof(struct godwit_window_size, columns) == 2, "columns");
_Static_assert(offsetof(struct godwit_window_size, pixel_width) == 4, "pixel_width");
_Static_assert(offsetof(struct godwit_window_size, pixel_height) == 6, "pixel_height");

struct godwit_address {
  uint8_t bytes[16];
  uint16_t port;
  uint8_t length;
  uint8_t reserved;
};
_Static_assert(sizeof(struct godwit_address) == 20, "struct godwit_address");
_Static_assert(offsetof(struct godwit_address, bytes) == 0, "bytes");
_Static_assert(offsetof(struct godwit_address, port) == 16, "port");
_Static_assert(offsetof(struct godwit_address, length) == 18, "length");
_Static_assert(offsetof(struct godwit_address, reserved) == 19, "reserved");

struct godwit_wait_item {
  int32_t handle;
  uint8_t interest;
  uint8_t ready;
  uint16_t reserved;
};
_Static_assert(sizeof(struct godwit_wait_item) == 8, "struct godwit_wait_item");
_Static_assert(offsetof(struct godwit_wait_item, handle) == 0, "handle");
_Static_assert(offsetof(struct godwit_wait_item, interest) == 4, "interest");
_Static_assert(offsetof(struct godwit_wait_item, ready) == 5, "ready");
_Static_assert(offsetof(struct godwit_wait_item, reserved) == 6, "reserved");

struct godwit_facts {
  uint64_t processors;
  uint64_t memory;
  uint32_t host_name_length;
  uint8_t host_name[64];
};
_Static_assert(sizeof(struct godwit_facts) == 88, "struct godwit_facts");
_Static_assert(offsetof(struct godwit_facts, processors) == 0, "processors");
_Static_assert(offsetof(struct godwit_facts, memory) == 8, "memory");
_Static_assert(offsetof(struct godwit_facts, host_name_length) == 16, "host_name_length");
_Static_assert(offsetof(struct godwit_facts, host_name) == 20, "host_name");

struct godwit_exception {
  uint64_t kind;
  uint64_t address;
  uint64_t access;
  uint64_t program_counter;
  uint64_t stack_pointer;
  uint64_t thread_pointer;
  uint64_t flags;
  uint64_t general[31];
};
_Static_assert(sizeof(struct godwit_exception) == 304, "struct godwit_exception");
_Static_assert(offsetof(struct godwit_exception, kind) == 0, "kind");
_Static_assert(offsetof(struct godwit_exception, address) == 8, "address");
_Static_assert(offsetof(struct godwit_exception, access) == 16, "access");
_Static_assert(offsetof(struct godwit_exception, program_counter) == 24, "program_counter");
_Static_assert(offsetof(struct godwit_exception, stack_pointer) == 32, "stack_pointer");
_Static_assert(offsetof(struct godwit_exception, thread_pointer) == 40, "thread_pointer");
_Static_assert(offsetof(struct godwit_exception, flags) == 48, "flags");
_Static_assert(offsetof(struct godwit_exception, general) == 56, "general");

// The trap: any call by its number.
static inline int64_t godwit_call(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                                  uint64_t f) {
#if defined(__x86_64__)
  register uint64_t in_rax __asm__("rax") = number;
  register uint64_t in_rdi __asm__("rdi") = a;
  register uint64_t in_rsi __asm__("rsi") = b;
  register uint64_t in_rdx __asm__("rdx") = c;
  register uint64_t in_r10 __asm__("r10") = d;
  register uint64_t in_r8 __asm__("r8") = e;
  register uint64_t in_r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "+r"(in_rax) : "r"(in_rdi), "r"(in_rsi), "r"(in_rdx), "r"(in_r10), "r"(in_r8), "r"(in_r9) : "rcx", "r11", "memory");
  return (int64_t)in_rax;
#elif defined(__aarch64__)
  register uint64_t in_x8 __asm__("x8") = number;
  register uint64_t in_x0 __asm__("x0") = a;
  register uint64_t in_x1 __asm__("x1") = b;
  register uint64_t in_x2 __asm__("x2") = c;
  register uint64_t in_x3 __asm__("x3") = d;
  register uint64_t in_x4 __asm__("x4") = e;
  register uint64_t in_x5 __asm__("x5") = f;
  __asm__ volatile("svc #0" : "+r"(in_x0) : "r"(in_x8), "r"(in_x1), "r"(in_x2), "r"(in_x3), "r"(in_x4), "r"(in_x5) : "memory");
  return (int64_t)in_x0;
#elif defined(__riscv)
  register uint64_t in_a7 __asm__("a7") = number;
  register uint64_t in_a0 __asm__("a0") = a;
  register uint64_t in_a1 __asm__("a1") = b;
  register uint64_t in_a2 __asm__("a2") = c;
  register uint64_t in_a3 __asm__("a3") = d;
  register uint64_t in_a4 __asm__("a4") = e;
  register uint64_t in_a5 __asm__("a5") = f;
  __asm__ volatile("ecall" : "+r"(in_a0) : "r"(in_a7), "r"(in_a1), "r"(in_a2), "r"(in_a3), "r"(in_a4), "r"(in_a5) : "memory");
  return (int64_t)in_a0;
#else
#error "no trap is known for this ISA"
#endif
}

// The host half.

// Opens anything but the files beneath a grant.
static inline int64_t godwit_open(const void *uri, uint64_t uri_length, uint32_t options) {
  return godwit_call(1, (uint64_t)uri, (uint64_t)(uri_length), (uint64_t)(options), 0, 0, 0);
}

// Opens a file beneath a directory, or makes one.
static inline int64_t godwit_open_beneath(const struct godwit_name *name, uint32_t options, uint32_t permissions) {
  return godwit_call(2, (uint64_t)name, (uint64_t)(options), (uint64_t)(permissions), 0, 0, 0);
}

// Gives a handle up; one that is not open is ignored.
static inline int64_t godwit_close(int32_t handle) {
  return godwit_call(3, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// What a stream is.
static inline int64_t godwit_kind(int32_t handle) {
  return godwit_call(4, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// What can be done with a stream.
static inline int64_t godwit_options(int32_t handle) {
  return godwit_call(5, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// Reads at most what the buffer holds; 0 at the end.
static inline int64_t godwit_read(int32_t handle, uint64_t offset, void *buffer, uint64_t buffer_size) {
  return godwit_call(6, (uint64_t)(handle), (uint64_t)(offset), (uint64_t)buffer, (uint64_t)(buffer_size), 0, 0);
}

// Writes some of the bytes, at least one unless there are none.
static inline int64_t godwit_write(int32_t handle, uint64_t offset, const void *bytes, uint64_t bytes_length) {
  return godwit_call(7, (uint64_t)(handle), (uint64_t)(offset), (uint64_t)bytes, (uint64_t)(bytes_length), 0, 0);
}

// The shared position of an inherited file.
static inline int64_t godwit_position(int32_t handle) {
  return godwit_call(8, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// Moves the shared position of an inherited file.
static inline int64_t godwit_set_position(int32_t handle, uint64_t offset) {
  return godwit_call(9, (uint64_t)(handle), (uint64_t)(offset), 0, 0, 0, 0);
}

// Returns when a file's bytes are on storage.
static inline int64_t godwit_flush(int32_t handle, int metadata) {
  return godwit_call(10, (uint64_t)(handle), (uint64_t)(metadata), 0, 0, 0, 0);
}

// Cuts a file off, or adds zeroes.
static inline int64_t godwit_set_length(int32_t handle, uint64_t length) {
  return godwit_call(11, (uint64_t)(handle), (uint64_t)(length), 0, 0, 0, 0);
}

// Reserves storage, or gives it up.
static inline int64_t godwit_allocate(int32_t handle, uint64_t range_start, uint64_t range_end, enum godwit_allocation how) {
  return godwit_call(12, (uint64_t)(handle), (uint64_t)(range_start), (uint64_t)(range_end), (uint64_t)(how), 0, 0);
}

// Attributes of what the name itself denotes.
static inline int64_t godwit_attributes(const struct godwit_name *name, struct godwit_attributes *result) {
  return godwit_call(13, (uint64_t)name, (uint64_t)result, 0, 0, 0, 0);
}

// Changes owner, permissions, times.
static inline int64_t godwit_set_attributes(const struct godwit_name *name, const struct godwit_change *change) {
  return godwit_call(14, (uint64_t)name, (uint64_t)change, 0, 0, 0, 0);
}

// The value of an extended attribute, or that there is none.
static inline int64_t godwit_extended_attribute(const void *attribute, uint64_t attribute_length, const struct godwit_name *name, void *result, uint64_t result_size) {
  return godwit_call(15, (uint64_t)attribute, (uint64_t)(attribute_length), (uint64_t)name, (uint64_t)result, (uint64_t)(result_size), 0);
}

// The names of the extended attributes, sorted by bytes.
static inline int64_t godwit_extended_attributes(const struct godwit_name *name, void *result, uint64_t result_size) {
  return godwit_call(16, (uint64_t)name, (uint64_t)result, (uint64_t)(result_size), 0, 0, 0);
}

// Sets or removes an extended attribute.
static inline int64_t godwit_set_extended_attribute(const void *attribute, uint64_t attribute_length, const struct godwit_name *name, const void *value, uint64_t value_length) {
  return godwit_call(17, (uint64_t)attribute, (uint64_t)(attribute_length), (uint64_t)name, (uint64_t)value, (uint64_t)(value_length), 0);
}

// The entries of a directory, sorted by bytes.
static inline int64_t godwit_entries(const struct godwit_name *name, void *result, uint64_t result_size) {
  return godwit_call(18, (uint64_t)name, (uint64_t)result, (uint64_t)(result_size), 0, 0, 0);
}

// Makes a directory.
static inline int64_t godwit_make_directory(const struct godwit_name *name, uint32_t permissions) {
  return godwit_call(19, (uint64_t)name, (uint64_t)(permissions), 0, 0, 0, 0);
}

// Makes a symbolic link.
static inline int64_t godwit_make_symbolic_link(const struct godwit_name *name, const void *target, uint64_t target_length) {
  return godwit_call(20, (uint64_t)name, (uint64_t)target, (uint64_t)(target_length), 0, 0, 0);
}

// The whole target of a symbolic link.
static inline int64_t godwit_read_symbolic_link(const struct godwit_name *name, void *result, uint64_t result_size) {
  return godwit_call(21, (uint64_t)name, (uint64_t)result, (uint64_t)(result_size), 0, 0, 0);
}

// Gives a file a second name.
static inline int64_t godwit_make_link(const struct godwit_name *name, const struct godwit_name *existing) {
  return godwit_call(22, (uint64_t)name, (uint64_t)existing, 0, 0, 0, 0);
}

// Renames atomically.
static inline int64_t godwit_rename(const struct godwit_name *from, const struct godwit_name *to, enum godwit_rename_kind how) {
  return godwit_call(23, (uint64_t)from, (uint64_t)to, (uint64_t)(how), 0, 0, 0);
}

// Removes a name.
static inline int64_t godwit_remove(const struct godwit_name *name, int is_directory) {
  return godwit_call(24, (uint64_t)name, (uint64_t)(is_directory), 0, 0, 0, 0);
}

// Sizes of the file system the name lies on.
static inline int64_t godwit_volume(const struct godwit_name *name, struct godwit_volume *result) {
  return godwit_call(25, (uint64_t)name, (uint64_t)result, 0, 0, 0, 0);
}

// The modes, in the layout of struct termios2.
static inline int64_t godwit_terminal_modes(int32_t handle, struct godwit_terminal_modes *result) {
  return godwit_call(26, (uint64_t)(handle), (uint64_t)result, 0, 0, 0, 0);
}

// Changes the modes.
static inline int64_t godwit_set_terminal_modes(int32_t handle, const struct godwit_terminal_modes *modes, enum godwit_terminal_change when) {
  return godwit_call(27, (uint64_t)(handle), (uint64_t)modes, (uint64_t)(when), 0, 0, 0);
}

// The size of the window.
static inline int64_t godwit_window_size(int32_t handle, struct godwit_window_size *result) {
  return godwit_call(28, (uint64_t)(handle), (uint64_t)result, 0, 0, 0, 0);
}

// Changes the size of the window.
static inline int64_t godwit_set_window_size(int32_t handle, const struct godwit_window_size *size) {
  return godwit_call(29, (uint64_t)(handle), (uint64_t)size, 0, 0, 0, 0);
}

// Bytes that `read` would give without waiting.
static inline int64_t godwit_bytes_available(int32_t handle) {
  return godwit_call(30, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// Drops unread input, unsent output.
static inline int64_t godwit_discard_terminal(int32_t handle, int input, int output) {
  return godwit_call(31, (uint64_t)(handle), (uint64_t)(input), (uint64_t)(output), 0, 0, 0);
}

// The next connection, and the address at its other end.
static inline int64_t godwit_accept(int32_t handle, struct godwit_address *result) {
  return godwit_call(32, (uint64_t)(handle), (uint64_t)result, 0, 0, 0, 0);
}

// Returns once connected.
static inline int64_t godwit_finish_connecting(int32_t handle) {
  return godwit_call(33, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// Ends the bytes of a connection; reading goes on.
static inline int64_t godwit_end_writing(int32_t handle) {
  return godwit_call(34, (uint64_t)(handle), 0, 0, 0, 0, 0);
}

// The address on this machine.
static inline int64_t godwit_local_address(int32_t handle, struct godwit_address *result) {
  return godwit_call(35, (uint64_t)(handle), (uint64_t)result, 0, 0, 0, 0);
}

// Sends one datagram, whole.
static inline int64_t godwit_send(int32_t handle, const void *bytes, uint64_t bytes_length, const struct godwit_address *address) {
  return godwit_call(36, (uint64_t)(handle), (uint64_t)bytes, (uint64_t)(bytes_length), (uint64_t)address, 0, 0);
}

// Receives one datagram.
static inline int64_t godwit_receive(int32_t handle, void *buffer, uint64_t buffer_size, struct godwit_address *result) {
  return godwit_call(37, (uint64_t)(handle), (uint64_t)buffer, (uint64_t)(buffer_size), (uint64_t)result, 0, 0);
}

// Waits until something is ready, the deadline, or `interrupt`.
static inline int64_t godwit_wait(struct godwit_wait_item *items, uint64_t items_count, int64_t deadline) {
  return godwit_call(38, (uint64_t)items, (uint64_t)(items_count), (uint64_t)(deadline), 0, 0, 0);
}

// Ends the current wait, or else the next.
static inline int64_t godwit_interrupt(void) {
  return godwit_call(39, 0, 0, 0, 0, 0, 0);
}

// Has something done when it is time.
static inline int64_t godwit_set_alarm(int64_t deadline) {
  return godwit_call(40, (uint64_t)(deadline), 0, 0, 0, 0, 0);
}

// What a clock shows.
static inline int64_t godwit_now(enum godwit_clock clock, struct godwit_time *result) {
  return godwit_call(41, (uint64_t)(clock), (uint64_t)result, 0, 0, 0, 0);
}

// Bytes that nobody can predict.
static inline int64_t godwit_entropy(void *buffer, uint64_t buffer_size) {
  return godwit_call(42, (uint64_t)buffer, (uint64_t)(buffer_size), 0, 0, 0, 0);
}

// Processors, bytes of memory, the name of the host.
static inline int64_t godwit_facts(struct godwit_facts *result) {
  return godwit_call(43, (uint64_t)result, 0, 0, 0, 0, 0);
}

// One line on standard error.
static inline int64_t godwit_log(const void *message, uint64_t message_length) {
  return godwit_call(44, (uint64_t)message, (uint64_t)(message_length), 0, 0, 0, 0);
}

// The guest half.

// Makes memory, all zeroes.
static inline int64_t godwit_map_memory(uint64_t length, uint32_t protection, const void *address) {
  return godwit_call(64, (uint64_t)(length), (uint64_t)(protection), (uint64_t)address, 0, 0, 0);
}

// Gives memory up.
static inline int64_t godwit_unmap_memory(const void *address, uint64_t length) {
  return godwit_call(65, (uint64_t)address, (uint64_t)(length), 0, 0, 0, 0);
}

// Changes what may be done with memory.
static inline int64_t godwit_protect_memory(const void *address, uint64_t length, uint32_t protection) {
  return godwit_call(66, (uint64_t)address, (uint64_t)(length), (uint64_t)(protection), 0, 0, 0);
}

// Starts a thread of the process.
static inline int64_t godwit_start_thread(const void *entry, const void *stack, uint64_t argument, const void *pointer, const void *ended) {
  return godwit_call(67, (uint64_t)entry, (uint64_t)stack, (uint64_t)(argument), (uint64_t)pointer, (uint64_t)ended, 0);
}

// Ends the calling thread, or all; the last thread ends the process.
static inline int64_t godwit_end(int32_t status, int process) {
  return godwit_call(68, (uint64_t)(status), (uint64_t)(process), 0, 0, 0, 0);
}

// Sets the register that a thread finds its own memory by.
static inline int64_t godwit_set_thread_pointer(const void *pointer) {
  return godwit_call(69, (uint64_t)pointer, 0, 0, 0, 0, 0);
}

// Waits until somebody wakes the address.
static inline int64_t godwit_wait_on_address(const void *address, uint32_t expected, int64_t deadline) {
  return godwit_call(70, (uint64_t)address, (uint64_t)(expected), (uint64_t)(deadline), 0, 0, 0);
}

// Wakes threads that wait on the address.
static inline int64_t godwit_wake_address(const void *address, uint64_t count) {
  return godwit_call(71, (uint64_t)address, (uint64_t)(count), 0, 0, 0, 0);
}

// Says where the calling thread goes on after an exception.
static inline int64_t godwit_set_exception_handler(const void *entry, const void *stack) {
  return godwit_call(72, (uint64_t)entry, (uint64_t)stack, 0, 0, 0, 0);
}

// Goes on with the registers of a record, and with those that it does not have as they were.
static inline int64_t godwit_resume_exception(const void *record) {
  return godwit_call(73, (uint64_t)record, 0, 0, 0, 0, 0);
}

#endif
