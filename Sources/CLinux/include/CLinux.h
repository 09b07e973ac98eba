// Kernel calls and constants that Swift's Glibc module lacks. Header-only: every function is a thin inline wrapper.
#ifndef SOCKINSPECT_CLINUX_H
#define SOCKINSPECT_CLINUX_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <linux/netlink.h>

// getdents64(2), which Glibc's module does not show.
static inline long sockinspect_getdents64(int descriptor, void *buffer, size_t size) {
  return syscall(SYS_getdents64, descriptor, buffer, size);
}

// open(2) and openat(2) are variadic in C and so invisible to Swift with a mode.
static inline int sockinspect_openat(int directory, const char *path, int flags, unsigned mode) {
  return openat(directory, path, flags, mode);
}

// The terminal's size through ioctl(TIOCGWINSZ), which is variadic. Returns 0, or -1 with errno.
static inline int sockinspect_window_size(int descriptor, uint16_t *columns, uint16_t *rows) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

// setns(2).
static inline int sockinspect_setns(int descriptor, int kind) { return (int)syscall(SYS_setns, descriptor, kind); }

// unshare(2).
static inline int sockinspect_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }

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

// Receives one netlink datagram. `sender` gets the port id of who sent it, `flags` the MSG_ flags such as MSG_TRUNC.
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

#endif
