// Kernel calls and constants that Swift's Glibc module lacks. Every function is a thin inline
// wrapper, except those of CLinux.c, which must be safe to call in a signal handler and share
// state.
#ifndef SOCKINSPECT_CLINUX_H
#define SOCKINSPECT_CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <signal.h>
#include <spawn.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <wctype.h>
#include <linux/perf_event.h>

// How many words the program was started with, its name among them, and each of them; NULL when
// there is none of the index.
int sockinspect_start_count(void);
const char *sockinspect_start_argument(int index);
// Takes out of the environment what was put there for the Swift runtime's start. To be called
// before any thread is started.
void sockinspect_forget_runtime_root(void);

// Whether the kernel calls itself a 32-bit one to this process: personality(2), PER_LINUX32.
static inline int sockinspect_claims_32_bits(void) {
  long present = syscall(SYS_personality, 0xffffffffl);
  return present >= 0 && (present & 0xff) == 0x08;
}

// Whether the program was linked without shared libraries: then the kernel loaded no interpreter
// for it (getauxval(3), AT_BASE).
static inline int sockinspect_is_static(void) { return getauxval(AT_BASE) == 0; }

// getdents64(2), which Glibc's module does not show.
static inline long sockinspect_getdents64(int descriptor, void *buffer, size_t size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}

// open(2) and openat(2) are variadic in C and so invisible to Swift with a mode.
static inline int sockinspect_openat(int directory, const char *path, int flags, unsigned mode) {
  return openat(directory, path, flags, mode);
}

// posix_spawn_file_actions_addclosefrom_np(3), which Glibc's module does not show.
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int sockinspect_spawn_close_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// fcntl(2) is variadic.
static inline int sockinspect_duplicate(int descriptor) { return fcntl(descriptor, F_DUPFD_CLOEXEC, 0); }
static inline int sockinspect_set_blocking(int descriptor) {
  int flags = fcntl(descriptor, F_GETFL);
  return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK);
}

// The kind of file system that holds an open file: fstatfs(2)'s f_type, or 0 when the call fails.
static inline uint64_t sockinspect_filesystem_type(int descriptor) {
  struct statfs status;
  return fstatfs(descriptor, &status) == 0 ? (uint64_t)(unsigned long)status.f_type : 0;
}

// openat2(2), which the C library has no wrapper for. Since Linux 5.6; ENOSYS before.
static inline int sockinspect_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how;
  memset(&how, 0, sizeof how);
  how.flags = flags;
  how.resolve = resolve;
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// renameat2(2) within a directory with RENAME_NOREPLACE (1), which the C library has no wrapper for
// before 2.28. Since Linux 3.15; EINVAL where the file system cannot do it.
static inline int sockinspect_rename_new(int directory, const char *from, const char *to) {
  return (int)syscall(SYS_renameat2, directory, from, directory, to, 1u);
}

// How many processors sched_getaffinity(2) allows the calling thread; 0 when that fails (more than
// 8192 of them).
static inline int sockinspect_allowed_processors(void) {
  unsigned long mask[128] = {0};
  long size = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
  int count = 0;
  for (long word = 0; word * (long)sizeof(long) < size; word++) count += __builtin_popcountl(mask[word]);
  return count;
}

// The terminal's size through ioctl(TIOCGWINSZ), which is variadic. Returns 0, or -1 with errno.
static inline int sockinspect_window_size(int descriptor, uint16_t *columns, uint16_t *rows) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

// Makes a terminal raw, as cfmakeraw(3) does. Its former modes are kept, and `restore` is what must
// be written to it at the end: see the next two. Returns 0, or -1 with errno. Only one terminal at
// a time.
int sockinspect_terminal_enter(int descriptor, const char *restore, size_t count);
// Writes what was given, and restores the terminal's modes. Safe in a signal handler; does nothing
// when it was done already.
void sockinspect_terminal_leave(void);
// From now on signals that end the process by default, those of a crash among them, find the
// terminal restored and the file of sockinspect_note_socket_file removed.
void sockinspect_terminal_guard(void);
// Notes the file of a unix socket, at most one; NULL for none any more. Returns 0, or -1 when there
// is no such file.
int sockinspect_note_socket_file(const char *path);

// getxattr(2), or fgetxattr(2) without a path; Glibc's module lacks their header.
static inline long sockinspect_getxattr(const char *path, int file, const char *name, void *value, size_t size) {
  return path ? syscall(SYS_getxattr, path, name, value, size) : syscall(SYS_fgetxattr, file, name, value, size);
}

// pidfd_getfd(2), a copy of another process's descriptor. Since Linux 5.6.
static inline int sockinspect_pidfd_getfd(int process, int descriptor) {
  return (int)syscall(438, process, descriptor, 0);
}

// ioctl(SIOCGSKNS), which is variadic: a descriptor of the network namespace of a socket. Since
// Linux 4.10.
static inline int sockinspect_socket_namespace(int descriptor) { return ioctl(descriptor, 0x894C); }

// kcmp(KCMP_FILES): 0 when two threads share their table of descriptors, -1 with errno when the
// call fails.
static inline int sockinspect_compare_files(int first, int second) {
  return (int)syscall(SYS_kcmp, first, second, 2, 0, 0);
}

// pidfd_open(2) and pidfd_send_signal(2), which the C library of some systems has no wrappers for.
// Since Linux 5.3 and 5.1.
static inline int sockinspect_pidfd_open(int pid) { return (int)syscall(434, pid, 0); }
static inline int sockinspect_pidfd_send_signal(int descriptor, int signal) {
  return (int)syscall(424, descriptor, signal, NULL, 0);
}

// Whether the interface with a name is up: netdevice(7)'s SIOCGIFFLAGS. 1 or 0; -1 when the call
// fails.
static inline int sockinspect_interface_is_up(const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  int result = ioctl(descriptor, SIOCGIFFLAGS, &request);
  close(descriptor);
  return result != 0 ? -1 : (request.ifr_flags & IFF_UP) != 0;
}

// unshare(2).
static inline int sockinspect_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }
// Whether the calling thread has a capability in its effective set (capget(2)), by its number.
static inline int sockinspect_has_capability(int number) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[2];
  memset(data, 0, sizeof data);
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return (data[number / 32].effective >> (number % 32)) & 1;
}

// setresuid(2), of the calling thread alone: the C library's function would change all threads.
static inline int sockinspect_set_thread_user(unsigned user) {
  return (int)syscall(SYS_setresuid, user, user, user);
}

// setns(2), of the calling thread.
static inline int sockinspect_setns(int descriptor, int type) { return (int)syscall(SYS_setns, descriptor, type); }

// mallopt(3), which Glibc's module does not show: blocks of this size or more are given back to the
// system when they are freed.
static inline int sockinspect_return_blocks(int size) { return mallopt(M_MMAP_THRESHOLD, size); }
// mallopt(3): all threads take memory from one arena.
static inline int sockinspect_one_arena(void) { return mallopt(M_ARENA_MAX, 1); }
// malloc_trim(3): whole pages that are free go back to the system.
static inline int sockinspect_return_pages(void) { return malloc_trim(0); }

// A mount that nothing on the machine sees: fsopen(2), fsconfig(2) and fsmount(2), since Linux 5.2.
// Returns its root folder, or -1 with errno.
static inline int sockinspect_detached_mount(const char *type) {
  int context = (int)syscall(430, type, 1u);  // fsopen, FSOPEN_CLOEXEC
  if (context < 0) return -1;
  int result = (int)syscall(431, context, 6u, NULL, NULL, 0);  // fsconfig, FSCONFIG_CMD_CREATE
  if (result == 0) result = (int)syscall(432, context, 1u, 0u);  // fsmount, FSMOUNT_CLOEXEC
  int code = errno;
  close(context);
  errno = code;
  return result;
}

// perf_event_open(2) for all tasks on one processor: the records of a tracepoint (`tracepoint` is
// its id) or, with 0, those about processes: their names, beginnings, ends and namespaces. Every
// record has its task, its time by CLOCK_MONOTONIC and its processor.
// `counts_losses` makes read(2) return how many records did not fit into the ring
// (PERF_FORMAT_LOST, since Linux 6.0).
// It counts and records nothing until sockinspect_perf_enable: what came before there is a ring
// would be counted and never read.
static inline int sockinspect_perf_open(uint64_t tracepoint, int processor, uint32_t watermark, int counts_losses) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU;
  attributes.sample_id_all = 1;
  attributes.use_clockid = 1;
  attributes.clockid = 1;  // CLOCK_MONOTONIC
  attributes.watermark = 1;
  attributes.wakeup_watermark = watermark;
  if (counts_losses) attributes.read_format = 1u << 4;  // PERF_FORMAT_LOST
  if (tracepoint != 0) {
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = tracepoint;
    attributes.sample_period = 1;
    attributes.sample_type |= PERF_SAMPLE_RAW;
  } else {
    attributes.type = PERF_TYPE_SOFTWARE;
    attributes.config = PERF_COUNT_SW_DUMMY;
    attributes.comm = 1;
    attributes.comm_exec = 1;
    attributes.task = 1;
    attributes.namespaces = 1;
  }
  return (int)syscall(SYS_perf_event_open, &attributes, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
}

static inline int sockinspect_perf_enable(int descriptor) { return ioctl(descriptor, PERF_EVENT_IOC_ENABLE, 0); }

// The ring that perf_event_open(2) shares: the first page of the mapping is a struct
// perf_event_mmap_page. What the kernel wrote before it moved the head is seen after the head is,
// and it writes over what was read only after the tail is moved.
static inline uint64_t sockinspect_ring_head(const void *page) {
  return __atomic_load_n(&((const struct perf_event_mmap_page *)page)->data_head, __ATOMIC_ACQUIRE);
}
static inline uint64_t sockinspect_ring_tail(const void *page) {
  return ((const struct perf_event_mmap_page *)page)->data_tail;
}
static inline void sockinspect_ring_set_tail(void *page, uint64_t tail) {
  __atomic_store_n(&((struct perf_event_mmap_page *)page)->data_tail, tail, __ATOMIC_RELEASE);
}

// Binds a netlink socket to a port id that the kernel chooses.
static inline int sockinspect_netlink_bind(int descriptor, uint32_t groups) {
  struct sockaddr_nl address;
  memset(&address, 0, sizeof address);
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  return bind(descriptor, (const struct sockaddr *)&address, sizeof address);
}

// The port id of a bound netlink socket. Returns 0, or -1 with errno.
static inline int sockinspect_netlink_port(int descriptor, uint32_t *port) {
  struct sockaddr_nl address;
  socklen_t length = sizeof address;
  if (getsockname(descriptor, (struct sockaddr *)&address, &length) != 0) return -1;
  *port = address.nl_pid;
  return 0;
}

// Receives one netlink datagram. `sender` gets the port id of who sent it, `flags` the MSG_ flags
// such as MSG_TRUNC.
static inline ssize_t sockinspect_netlink_receive(
    int descriptor, void *buffer, size_t size, uint32_t *sender, int *flags) {
  struct sockaddr_nl address;
  memset(&address, 0, sizeof address);
  struct iovec part = {.iov_base = buffer, .iov_len = size};
  struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &part, .msg_iovlen = 1};
  ssize_t count = recvmsg(descriptor, &message, *flags);
  *sender = address.nl_pid;
  *flags = message.msg_flags;
  return count;
}

// pipe2(2), which Glibc's module does not show; both ends are close-on-exec from the start.
static inline int sockinspect_pipe(int *descriptors) { return (int)syscall(SYS_pipe2, descriptors, O_CLOEXEC); }

// accept4(2), which Glibc's module does not show; the new descriptor is close-on-exec.
static inline int sockinspect_accept(int descriptor) {
  return (int)syscall(SYS_accept4, descriptor, NULL, NULL, SOCK_CLOEXEC);
}

// accept4(2) with the address of who connected; the new descriptor is close-on-exec and does not
// block.
static inline int sockinspect_accept_ready(int descriptor, void *address, uint32_t *length) {
  return (int)syscall(SYS_accept4, descriptor, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

// epoll(7). `struct epoll_event` is packed on some machines, so its members cross as values of
// their own.
static inline int sockinspect_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int sockinspect_epoll_control(int queue, int operation, int descriptor, uint32_t events, uint64_t tag) {
  struct epoll_event event;
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.u64 = tag;
  return epoll_ctl(queue, operation, descriptor, &event);
}
// At most 64 events at a time. Returns their number, or -1 with errno.
static inline int sockinspect_epoll_wait(int queue, uint32_t *events, uint64_t *tags, int milliseconds) {
  struct epoll_event ready[64];
  int count = epoll_wait(queue, ready, 64, milliseconds);
  for (int index = 0; index < count; index++) {
    events[index] = ready[index].events;
    tags[index] = ready[index].data.u64;
  }
  return count;
}

// signalfd(2) for signals that the calling thread blocks; the kernel's set is 64 bits wide. Not
// blocking, close-on-exec.
static inline int sockinspect_signal_descriptor(uint64_t signals) {
  return (int)syscall(SYS_signalfd4, -1, &signals, sizeof signals, O_NONBLOCK | O_CLOEXEC);
}
// Whether the process ignores a signal. The handler's members of struct sigaction are macros, which
// Swift does not see.
static inline int sockinspect_signal_is_ignored(int signal) {
  struct sigaction action;
  return sigaction(signal, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}
// The number of the next signal of a signalfd; 0 when none has come. It is the first member of
// struct signalfd_siginfo, of 128 bytes.
static inline uint32_t sockinspect_next_signal(int descriptor) {
  uint32_t information[32];
  return read(descriptor, information, sizeof information) == sizeof information ? information[0] : 0;
}

// Sends one byte with a descriptor beside it (SCM_RIGHTS). The CMSG macros are invisible to Swift.
// Returns 1, or -1 with errno.
static inline ssize_t sockinspect_send_descriptor(int descriptor, int passed) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(header), &passed, sizeof passed);
  return sendmsg(descriptor, &message, MSG_NOSIGNAL);
}

// Receives one byte and the descriptor beside it. Returns the descriptor, or -1 with errno; ENOMSG
// when none came.
static inline int sockinspect_receive_descriptor(int descriptor) {
  char byte = 0;
  struct iovec part = {.iov_base = &byte, .iov_len = 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  memset(&control, 0, sizeof control);
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
  if (recvmsg(descriptor, &message, MSG_CMSG_CLOEXEC) < 0) return -1;
  struct cmsghdr *header = CMSG_FIRSTHDR(&message);
  if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
      header->cmsg_len != CMSG_LEN(sizeof(int))) {
    errno = ENOMSG;
    return -1;
  }
  int passed;
  memcpy(&passed, CMSG_DATA(header), sizeof passed);
  return passed;
}

// prctl(2) with PR_SET_PDEATHSIG: the signal this process gets when the thread that started it
// ends.
static inline int sockinspect_parent_death_signal(int signal) { return (int)syscall(SYS_prctl, 1, signal, 0, 0, 0); }

// Forks a process that accepts connections of a listener, reads what each sends, answers and closes
// it, for good. It is killed when the thread that calls this ends, and has no other descriptors than
// the listener and the standard streams. Returns its id, or -1 with errno.
int sockinspect_fork_server(int listener, const void *answer, size_t count);

// Brings the loopback interface of the thread's network namespace up, through ioctl(SIOCSIFFLAGS),
// which is variadic.
static inline int sockinspect_loopback_up(void) {
  int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, "lo", 3);
  int result = ioctl(descriptor, SIOCGIFFLAGS, &request);
  if (result == 0) {
    request.ifr_flags |= IFF_UP;
    result = ioctl(descriptor, SIOCSIFFLAGS, &request);
  }
  int code = errno;
  close(descriptor);
  errno = code;
  return result;
}

// iswprint(3), whose header is not in Glibc's module.
static inline int sockinspect_is_printable(uint32_t character) { return iswprint((wint_t)character) != 0; }

#endif
