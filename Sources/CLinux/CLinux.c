#include "CLinux.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <termios.h>

// What the C library gave to this program's first function. Swift reads its own list from
// /proc/self/cmdline, so that it is empty without /proc.
static int start_count;
static char **start_arguments;
static int has_runtime_root;

// Runs before the constructors of the Swift runtime, which have no priority. One of them ends the
// program when /proc/self/exe does not show where the runtime is ("Unable to obtain Swift runtime
// path"), unless SWIFT_ROOT is set: it needs the path for the program that prints backtraces.
__attribute__((constructor(101))) static void keep_start(int count, char **arguments) {
  char first;
  start_count = count;
  start_arguments = arguments;
  if (readlink("/proc/self/exe", &first, 1) < 0 && getenv("SWIFT_ROOT") == NULL)
    has_runtime_root = setenv("SWIFT_ROOT", "/", 1) == 0;
}

int sockinspect_start_count(void) { return start_count; }

const char *sockinspect_start_argument(int index) {
  return index >= 0 && index < start_count ? start_arguments[index] : NULL;
}

void sockinspect_forget_runtime_root(void) {
  if (has_runtime_root) unsetenv("SWIFT_ROOT");
  has_runtime_root = 0;
}

// What there is to restore. A signal handler reads it, so that only plain memory may be needed for
// it.
static struct {
  volatile sig_atomic_t is_entered;
  int descriptor;
  size_t count;
  char restore[64];
  struct termios mode;
} terminal;

int sockinspect_terminal_enter(int descriptor, const char *restore, size_t count) {
  struct termios mode;
  if (count > sizeof terminal.restore) {
    errno = E2BIG;
    return -1;
  }
  if (tcgetattr(descriptor, &mode) != 0) return -1;
  // If this is entered a second time, the modes read here would be the raw ones.
  if (!terminal.is_entered) terminal.mode = mode;
  memcpy(terminal.restore, restore, count);
  terminal.count = count;
  terminal.descriptor = descriptor;
  terminal.is_entered = 1;
  cfmakeraw(&mode);
  if (tcsetattr(descriptor, TCSANOW, &mode) == 0) return 0;
  int code = errno;
  terminal.is_entered = 0;
  errno = code;
  return -1;
}

void sockinspect_terminal_leave(void) {
  if (!terminal.is_entered) return;
  terminal.is_entered = 0;
  size_t done = 0;
  // The descriptor may not wait: a terminal that accepts nothing for long gets no more.
  for (int attempt = 0; done < terminal.count && attempt < 100; attempt++) {
    ssize_t written = write(terminal.descriptor, terminal.restore + done, terminal.count - done);
    if (written > 0) done += (size_t)written;
  }
  tcsetattr(terminal.descriptor, TCSANOW, &terminal.mode);
}

static const int ends[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGTRAP, SIGABRT, SIGFPE,    SIGSYS,  SIGQUIT,
                           SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
#ifdef SIGSTKFLT
                           SIGSTKFLT,
#endif
};
static struct sigaction former[NSIG];

// The file of a unix socket, which is removed at the end while it is still the one that was noted.
static struct {
  volatile sig_atomic_t is_there;
  char path[sizeof(((struct sockaddr_un *)0)->sun_path) + 1];
  dev_t device;
  ino_t inode;
} socket_file;

int sockinspect_note_socket_file(const char *path) {
  struct stat status;
  socket_file.is_there = 0;
  if (path == NULL || strlen(path) >= sizeof socket_file.path || lstat(path, &status) != 0) return -1;
  strcpy(socket_file.path, path);
  socket_file.device = status.st_dev;
  socket_file.inode = status.st_ino;
  socket_file.is_there = 1;
  return 0;
}

static void remove_socket_file(void) {
  struct stat status;
  if (!socket_file.is_there) return;
  socket_file.is_there = 0;
  if (lstat(socket_file.path, &status) == 0 && status.st_dev == socket_file.device && status.st_ino == socket_file.inode)
    unlink(socket_file.path);
}

static void restore_and_end(int number, siginfo_t *info, void *context) {
  int code = errno;
  sockinspect_terminal_leave();
  remove_socket_file();
  // The handler that was installed before runs now: the runtime's prints where the program was.
  const struct sigaction *before = &former[number];
  if (before->sa_flags & SA_SIGINFO) {
    before->sa_sigaction(number, info, context);
  } else if (before->sa_handler != SIG_DFL) {
    before->sa_handler(number);
  }
  // The runtime then goes on, as a fault comes again by itself; a signal that was sent does not,
  // and a program without its terminal must not stay. It ends at the latest when this returns,
  // until when the signal may be blocked.
  signal(number, SIG_DFL);
  raise(number);
  errno = code;
}

static void guard(int number) {
  struct sigaction action, present;
  if (sigaction(number, NULL, &present) != 0) return;
  if (present.sa_handler == SIG_IGN) return;
  if ((present.sa_flags & SA_SIGINFO) && present.sa_sigaction == restore_and_end) return;
  former[number] = present;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = restore_and_end;
  action.sa_mask = present.sa_mask;
  // The runtime reads memory that may not be there while it prints: then a fault must reach it.
  action.sa_flags = SA_ONSTACK | SA_SIGINFO | (present.sa_flags & SA_NODEFER);
  sigaction(number, &action, NULL);
}

void sockinspect_terminal_guard(void) {
  // A stack that has run out has no room for a handler.
  static char room[65536];
  stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  stack_t present;
  if (sigaltstack(NULL, &present) == 0 && (present.ss_flags & SS_DISABLE)) sigaltstack(&stack, NULL);
  for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) guard(ends[index]);
  for (int number = SIGRTMIN; number <= SIGRTMAX; number++) guard(number);
}

int sockinspect_fork_server(int listener, const void *answer, size_t count) {
  int ready[2];
  if (sockinspect_pipe(ready) != 0) return -1;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child != 0) {
    // Only when it is to die with this process may anything else happen to it.
    int code = errno;
    char byte;
    close(ready[1]);
    while (child > 0 && read(ready[0], &byte, 1) < 0 && errno == EINTR) continue;
    close(ready[0]);
    errno = code;
    return child;
  }
  // From here on only what is safe after fork(2) in a process of any number of threads.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  if (write(ready[1], "", 1) != 1) _exit(1);
  int kept = listener == 3 ? 3 : dup2(listener, 3);
  syscall(436, 4u, ~0u, 0u);  // close_range, since Linux 5.9
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (;;) {
    int client = accept(kept, NULL, NULL);
    if (client < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      _exit(1);
    }
    // Closing with bytes unread would reset the connection, as would an option of the listener.
    struct linger off = {0, 0};
    setsockopt(client, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    char request[1024];
    if (recv(client, request, sizeof request, 0) > 0) send(client, answer, count, MSG_NOSIGNAL);
    close(client);
  }
}
