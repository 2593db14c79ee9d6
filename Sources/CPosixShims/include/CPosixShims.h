// What Swift cannot call or name itself: variadic functions, macros, structures that clash with the C
// library's own, and code that runs inside a signal handler.
#ifndef GODWIT_CPOSIXSHIMS_H
#define GODWIT_CPOSIXSHIMS_H

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

// --- Variadic functions --------------------------------------------------------------------------

int godwit_open(const char *path, int flags, mode_t mode);
int godwit_fcntl(int fd, int command, int argument);
int godwit_openat(int fd, const char *path, int flags, mode_t mode);

#ifdef __linux__
/// O_TMPFILE and O_PATH (open(2)), which Swift does not import everywhere.
enum { GODWIT_O_TMPFILE = 020000000 | O_DIRECTORY, GODWIT_O_PATH = 010000000 };
#else
/// Other systems have neither.
enum { GODWIT_O_TMPFILE = 0, GODWIT_O_PATH = 0 };
#endif

// --- Names beneath a directory -------------------------------------------------------------------
//
// `path` is one name in the directory `fd`, or empty for what is open as `fd`. No link is followed.

/// openat2(2) that stays beneath `fd` and follows no link; ENOSYS where there is none. `path` may have
/// several names.
int godwit_openat2_beneath(int fd, const char *path, int flags);

/// What statx(2) tells.
struct godwit_file_status {
  uint32_t mode, user, group;
  uint64_t links, size, blocks, device, inode;
  /// Of the device that a device node stands for.
  uint32_t major_number, minor_number;
  /// Access, modification, change and birth as seconds and nanoseconds; zeroes for a birth that isn't known.
  int64_t times[8];
};
int godwit_stat_at(int fd, const char *path, struct godwit_file_status *status);

enum godwit_rename_kind {
  GODWIT_RENAME_REPLACING,
  GODWIT_RENAME_EXCLUSIVE,
  GODWIT_RENAME_EXCHANGING
};
int godwit_rename_at(int from_fd, const char *from, int to_fd, const char *to,
                     enum godwit_rename_kind kind);

enum godwit_node_type {
  GODWIT_NODE_FIFO,
  GODWIT_NODE_SOCKET,
  GODWIT_NODE_CHARACTER_DEVICE,
  GODWIT_NODE_BLOCK_DEVICE
};
/// mknodat(2) with mode 0600; ENOTSUP for what the system can't make this way.
int godwit_make_node(int fd, const char *path, enum godwit_node_type type,
                     uint32_t device_major, uint32_t device_minor);

/// These take descriptors for names alone (O_PATH), too.
int godwit_chmod_descriptor(int fd, mode_t mode);
int godwit_chown_descriptor(int fd, uid_t user, gid_t group);
int godwit_utimens_descriptor(int fd, const struct timespec times[2]);
/// Opens what is open as `fd` anew.
int godwit_reopen_descriptor(int fd, int flags);
/// Gives what is open as `fd` a name in `directory`.
int godwit_link_descriptor(int fd, int directory, const char *path);

ssize_t godwit_get_attribute(int fd, const char *path, const char *attribute, void *value,
                             size_t size);
/// The names, each with a NUL behind it.
ssize_t godwit_list_attributes(int fd, const char *path, char *list, size_t size);
int godwit_set_attribute(int fd, const char *path, const char *attribute, const void *value,
                         size_t size);
/// What errno is when a file has no attribute of that name.
int godwit_no_such_attribute(void);
int godwit_remove_attribute(int fd, const char *path, const char *attribute);

// --- ioctl ---------------------------------------------------------------------------------------

int godwit_ioctl_fionread(int fd, int *count);
int godwit_ioctl_get_window_size(int fd, uint16_t size[4]);
int godwit_ioctl_set_window_size(int fd, const uint16_t size[4]);

/// The kernel's generic `struct termios2` (asm-generic/termbits.h), field for field.
struct godwit_termios2 {
  uint32_t c_iflag, c_oflag, c_cflag, c_lflag;
  uint8_t c_line;
  uint8_t c_cc[19];
  uint32_t c_ispeed, c_ospeed;
};

/// TCGETS2. -1 with ENOTSUP where the host has no such structure.
int godwit_get_termios2(int fd, struct godwit_termios2 *modes);
/// `when`: 0 now (TCSETS2), 1 when output has drained (TCSETSW2), 2 and input discarded (TCSETSF2).
int godwit_set_termios2(int fd, int when, const struct godwit_termios2 *modes);

// --- What differs between systems ----------------------------------------------------------------

/// One directory entry. Returns 1 and the entry, 0 at the end, -1 with errno. `name` is valid until the
/// next call.
int godwit_readdir(DIR *directory, const char **name, size_t *length, uint8_t *type);

/// poll(2) for at most `timeout` nanoseconds; negative: for ever.
int godwit_poll(struct pollfd *items, nfds_t count, int64_t timeout);

/// Random bytes, all of them. -1 when the system has no generator.
int godwit_random(void *buffer, size_t count);

/// fallocate(2); ENOTSUP where there is none.
int godwit_fallocate(int fd, int mode, int64_t offset, int64_t length);

/// Has the kernel begin to write to storage what was written to the file so far; a hint.
void godwit_begin_writeback(int fd);

/// A pipe with as much room as an unprivileged user may have; both ends are closed on exec, and the reading one,
/// ends[0], never waits.
int godwit_pipe(int ends[2]);

/// A unix-domain stream socket, closed on exec.
int godwit_socket_unix(void);
/// accept(2), closed on exec.
int godwit_accept(int fd);
/// send(2) that neither waits nor raises SIGPIPE (on Darwin the host ignores that).
ssize_t godwit_send(int fd, const void *bytes, size_t count);
/// Binds (or connects) `fd` to a unix-domain address; -1 with ENAMETOOLONG when it does not fit.
int godwit_bind_unix(int fd, const char *path);
int godwit_connect_unix(int fd, const char *path);
/// godwit_send with a descriptor that goes along (SCM_RIGHTS, unix(7)).
ssize_t godwit_send_descriptor(int fd, const void *bytes, size_t count, int descriptor);
/// recv(2) that does not wait; `descriptor` is what came along, closed on exec, or -1.
ssize_t godwit_receive_descriptor(int fd, void *bytes, size_t count, int *descriptor);
/// The effective user on the other end of a unix socket.
int godwit_peer_user(int fd, uint32_t *user);

/// The path of this program's file.
const char *godwit_program_path(void);

/// The process on the other end of a unix socket.
int godwit_peer_process(int fd, int32_t *process);

/// Starts this program again with other arguments, in a session of its own. Its standard error is `error`, and it
/// has, from descriptor 3 on, those in `inherited`; standard input and output are /dev/null. 0 or an error number.
int godwit_start_again(char *const arguments[], const int *inherited, size_t count, int error);

/// The same, but the process has all standard streams of this one, and `connection` as descriptor 3.
int godwit_start_detached(char *const arguments[], int connection, int32_t *child);
/// Waits for the end of a child, and gives its wait status.
int godwit_wait_for(int32_t child, int *status);
/// Two unix-domain stream sockets that are joined, both closed on exec.
int godwit_socket_pair(int ends[2]);
/// Has `place` be what `fd` is, and stay open on exec (dup2(2)).
int godwit_replace_descriptor(int fd, int place);

/// Starts the program `arguments[0]`, which is looked for in PATH, with these as its standard streams. 0 or an error
/// number.
int godwit_start_program(char *const arguments[], int input, int output, int error,
                         int32_t *child);
/// The same, in a session of its own, without input, and with `output` as its standard error, and output if it
/// `has_output`: else that is lost.
int godwit_start_watched(char *const arguments[], int output, bool has_output, int32_t *child);
/// Runs `arguments` in new user, pid, mount, network, IPC and UTS namespaces, with a /tmp, /proc and /dev/shm of their
/// own, and ends with its status as a shell gives it; with 125, and a line on standard error, if that can't be. Only
/// where there is one thread.
void godwit_run_isolated(char *const arguments[]) __attribute__((noreturn));
/// waitpid(2) that does not wait.
int godwit_reap(int32_t child, int *status);
/// fork(2); the child leads a session of its own. Only where there is one thread.
int godwit_fork_session(void);
/// Has a pipe hold at most so many bytes, where the system can.
int godwit_narrow_pipe(int fd, int bytes);

/// Lets the process open as many files as it may (RLIMIT_NOFILE).
void godwit_raise_descriptor_limit(void);

/// An address of the internet, 4 or 16 bytes long.
struct godwit_address {
  uint8_t bytes[16];
  uint8_t length;
  uint16_t port;
};

/// A TCP or UDP socket of the address's family that never waits, closed on exec.
int godwit_socket_internet(const struct godwit_address *address, int is_datagram);
int godwit_bind_internet(int fd, const struct godwit_address *address, int may_reuse);
int godwit_connect_internet(int fd, const struct godwit_address *address);
/// accept(2) with the peer's address; what it gives never waits, and is closed on exec.
int godwit_accept_internet(int fd, struct godwit_address *peer);
int godwit_local_address(int fd, struct godwit_address *address);
int godwit_peer_address(int fd, struct godwit_address *address);
/// 1 for a socket of datagrams, 0 for one that listens for connections, -1 for any other.
int godwit_service_type(int fd);
/// The pending error (SO_ERROR), which is told once.
int godwit_socket_error(int fd, int *error);
int godwit_end_writing(int fd);
/// Has a connection be reset when it is closed.
void godwit_reset_at_close(int fd);
/// Sends a datagram, to the socket's peer when `to` is NULL.
ssize_t godwit_send_to(int fd, const void *bytes, size_t count, const struct godwit_address *to);
ssize_t godwit_receive_from(int fd, void *bytes, size_t count, struct godwit_address *from);

/// What in a `struct timespec` leaves a file time alone (UTIME_OMIT).
long godwit_utime_omit(void);

/// The environment's strings, NULL at the end.
char **godwit_environment(void);

/// The largest resident size that this process has had, in bytes.
uint64_t godwit_peak_resident_bytes(void);

/// Processors this process may run on.
int godwit_processor_count(void);

// --- Threads -------------------------------------------------------------------------------------

/// Starts a thread with every signal blocked that runs `body(argument)`. 0 or an error number.
int godwit_thread_start(void (*body)(void *), void *argument, uintptr_t *thread);
void godwit_thread_join(uintptr_t thread);
void godwit_thread_detach(uintptr_t thread);

/// Gives the system back the pages of this program's code and of its libraries': what is needed comes back from their files.
void godwit_give_back_code(void);

/// Lets the calling thread have only what other threads leave of the processors.
void godwit_thread_lower_priority(void);

/// A mutex with two condition variables.
struct godwit_monitor;
/// NULL without memory.
struct godwit_monitor *godwit_monitor_make(void);
void godwit_monitor_free(struct godwit_monitor *monitor);
void godwit_monitor_lock(struct godwit_monitor *monitor);
void godwit_monitor_unlock(struct godwit_monitor *monitor);
/// Waits on condition 0 or 1 with the mutex locked. `timeout` in nanoseconds, negative: for ever. Returns false
/// after a timeout.
bool godwit_monitor_wait(struct godwit_monitor *monitor, int condition, int64_t timeout);
/// Wakes one thread, or all, that wait on the condition.
void godwit_monitor_signal(struct godwit_monitor *monitor, int condition);
void godwit_monitor_broadcast(struct godwit_monitor *monitor, int condition);

// --- Confinement ---------------------------------------------------------------------------------

#ifdef __linux__
/// `struct landlock_ruleset_attr` (landlock(7)).
struct godwit_landlock_ruleset {
  uint64_t handled_access_fs, handled_access_net, scoped;
};

/// The version of Landlock's interface, 1 or more; -1 where there is none.
int godwit_landlock_version(void);
/// A descriptor of a new ruleset, for a kernel of that version.
int godwit_landlock_create(const struct godwit_landlock_ruleset *ruleset, int version);
/// Allows `access` to what is open as `fd`, and beneath it.
int godwit_landlock_allow_path(int ruleset, int fd, uint64_t access);
int godwit_landlock_allow_port(int ruleset, uint16_t port, uint64_t access);
/// Confines this thread and those that it starts from now on.
int godwit_landlock_restrict(int ruleset);

/// An instruction of classic BPF: `struct sock_filter`.
struct godwit_bpf {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

/// 1 where filters of system calls can be installed, and can end the process.
int godwit_seccomp_is_offered(void);
int godwit_seccomp_install(const struct godwit_bpf *program, size_t count);

int godwit_has_openat2(void);

/// PR_SET_NO_NEW_PRIVS (prctl(2)).
int godwit_no_new_privileges(void);
/// Neither in a file nor through a program.
int godwit_forbid_core_dumps(void);
/// The capabilities that this process has or can have, as bits (capabilities(7)).
int godwit_capabilities(uint64_t *permitted);
/// Gives up all capabilities but those in `kept`, which it does not gain.
int godwit_keep_capabilities(uint64_t kept);
#endif

// --- Waking a wait -------------------------------------------------------------------------------

/// A wake-up channel: ends[0] is polled, ends[1] is written. They are the same descriptor on Linux.
int godwit_waker_open(int ends[2]);
/// Makes the reading end readable. Async-signal-safe; keeps errno.
void godwit_waker_wake(int end);
/// Discards pending wake-ups.
void godwit_waker_drain(int end);

// --- Host signals --------------------------------------------------------------------------------

/// The waker ends to write to when a signal comes; -1 for none.
void godwit_signals_set_wakers(int first, int second);
/// Catches `signal` (1 to 63): its bit is set and the wakers are woken.
int godwit_signals_catch(int signal);

/// 1 when `signal` is ignored, as `nohup` and shells without job control leave it to a program.
int godwit_signal_is_ignored(int signal);
/// Back to the disposition it had before the first catch.
int godwit_signals_release(int signal);
/// The set of signals caught since the last take, bit n for signal n; clears it.
uint64_t godwit_signals_take(void);
uint64_t godwit_signals_peek(void);
/// SIG_IGN, unless a handler is installed.
int godwit_signal_ignore(int signal);

// --- Crashes -------------------------------------------------------------------------------------

/// From now on a crash of this process ends it with `status` and one line on standard error.
void godwit_crashes_exit(int status);
/// From now on a bus error at an address from `start` to `end` ends this process with `status` and `line`.
void godwit_bus_errors_exit(uintptr_t start, uintptr_t end, int status, const char *line);

#endif
