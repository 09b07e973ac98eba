#!/usr/bin/env python3
"""Runs a program with one system call failing: fail_call.py CALL[:ARG=VALUE|:ARG!=VALUE] ERRNO PROGRAM [ARGUMENT...]

The call fails with the errno each time that the program makes it, if the argument (0 is the first; its lower 32 bits count) has the value, or
has it not. It takes a seccomp filter and no package, and neither root nor a tracer. `fail_call.py openat:0!=-100 EMFILE PROGRAM` leaves the
dynamic loader alone, which opens by paths from the current folder (AT_FDCWD).
"""
import ctypes
import errno
import os
import platform
import re
import struct
import sys

# The numbers of the calls (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
NUMBERS = {
    "x86_64": {
        "read": 0, "mmap": 9, "fcntl": 72, "socket": 41, "sendto": 44, "recvmsg": 47, "bind": 49, "getsockname": 51,
        "setsockopt": 54, "fstatfs": 138, "getdents64": 217, "openat": 257, "newfstatat": 262, "readlinkat": 267,
        "clone3": 435, "openat2": 437, "setns": 308, "unshare": 272, "getxattr": 191, "pidfd_open": 434, "clone": 56,
        "fstat": 5, "fgetxattr": 193, "epoll_create1": 291, "perf_event_open": 298, "pipe2": 293,
    },
    "aarch64": {
        "fcntl": 25, "fstatfs": 44, "openat": 56, "getdents64": 61, "read": 63, "readlinkat": 78, "newfstatat": 79,
        "getxattr": 8, "fgetxattr": 10, "epoll_create1": 20, "pipe2": 59, "fstat": 80, "unshare": 97, "socket": 198,
        "bind": 200, "getsockname": 204, "sendto": 206, "setsockopt": 208, "recvmsg": 212, "clone": 220, "mmap": 222,
        "perf_event_open": 241, "setns": 268, "pidfd_open": 434, "clone3": 435, "openat2": 437,
    },
}

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # BPF_LD|BPF_W|BPF_ABS, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K
ALLOW, ERRNO = 0x7FFF0000, 0x00050000  # SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO


def filter_program(number, condition, code):
    """The instructions: (operation, jump when true, jump when false, value)."""
    rules = [(LOAD, 0, 0, 0), (EQUAL, 0, 1, number)]
    if condition:
        argument, is_equal, value = condition
        # struct seccomp_data: number 4 bytes, architecture 4, instruction pointer 8, arguments of 8 bytes.
        rules[1] = (EQUAL, 0, 3, number)
        rules.append((LOAD, 0, 0, 16 + 8 * argument))
        rules.append((EQUAL, 0, 1, value & 0xFFFFFFFF) if is_equal else (EQUAL, 1, 0, value & 0xFFFFFFFF))
    return rules + [(RETURN, 0, 0, ERRNO | code), (RETURN, 0, 0, ALLOW)]


def install(rules):
    code = b"".join(struct.pack("=HBBI", *rule) for rule in rules)
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]

    program = Program(len(rules), ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    # PR_SET_NO_NEW_PRIVS; PR_SET_SECCOMP with SECCOMP_MODE_FILTER.
    if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(program), 0, 0):
        sys.exit(f"fail_call.py: prctl: {os.strerror(ctypes.get_errno())}")


def main():
    match = re.fullmatch(r"(\w+)(?::(\d)(!?)=(-?\w+))?", sys.argv[1])
    numbers = NUMBERS.get(platform.machine())
    if not match or not numbers or match[1] not in numbers:
        sys.exit(f"fail_call.py: {sys.argv[1]}: no such call on {platform.machine()}")
    condition = (int(match[2]), not match[3], int(match[4], 0)) if match[2] else None
    install(filter_program(numbers[match[1]], condition, getattr(errno, sys.argv[2])))
    os.execv(sys.argv[3], sys.argv[3:])


main()
