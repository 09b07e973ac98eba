#!/usr/bin/env python3
"""Makes the sockets that the README's examples show, and runs a command among them.

    unshare --net --fork --pid --mount-proc Tests/Tools/readme_scene.py [COMMAND [ARGUMENT ...]]

Run it in namespaces of its own, as above: it wants its ports free, and shows no socket of the machine. The processes carry the names
that the examples show and end with it. Without a command it prints `ready` and ends with its input.
"""
import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import sys

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def process(name, role):
    """Starts a process with a name and waits for the first socket that `role` yields; it holds all of them until the scene ends.

    Returns a pipe that is at its end when the process has made its last socket.
    """
    reading, writing = os.pipe()
    if os.fork() == 0:
        LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        # The sockets get the numbers from 3 on.
        writing = fcntl.fcntl(writing, fcntl.F_DUPFD, 100)
        os.closerange(3, 100)
        held = []
        for made in role():
            held.append(made)
            os.write(writing, b".")
        os.close(writing)
        signal.pause()
        os._exit(len(held))
    os.close(writing)
    if not os.read(reading, 1):
        sys.exit(f"{name} has made no socket")
    return reading


def listener(address, port, backlog, family=socket.AF_INET):
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(backlog)
    return made


def accepting(port, backlog, clients):
    server = listener("127.0.0.1", port, backlog)
    yield server
    for _ in range(clients):
        yield server.accept()[0]


def connection(port, source):
    return socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.1", source))


def client():
    first = connection(1234, 40000)
    first.sendall(b"Hello, world")
    yield first
    connection(1234, 40002).close()
    yield connection(1234, 40004)


def backend():
    for index in range(3):
        closed = connection(8088, 41000 + index)
        closed.close()
        yield closed


def worker():
    yield listener("127.0.0.1", 9000, 2)
    for index in range(3):
        yield connection(9000, 42000 + index)


def web():
    yield listener("::", 8443, 511, socket.AF_INET6)


def database():
    # A container, as far as sockets are concerned.
    if LIBC.unshare(0x40000000):
        sys.exit("no network namespace can be made")
    yield listener("0.0.0.0", 5432, 244)


def resolver():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 53))
    yield made


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    processes = [
        process("server", lambda: accepting(1234, 5, 3)),
        process("client", client),
        process("api", lambda: accepting(8088, 128, 3)),
        process("backend", backend),
        process("worker", worker),
        process("web", web),
        process("resolver", resolver),
        process("postgres", database),
    ]
    for reading in processes:
        while os.read(reading, 1):
            pass
        os.close(reading)
    if len(sys.argv) > 1:
        sys.exit(subprocess.call(sys.argv[1:]))
    os.write(1, b"ready\n")
    os.close(1)
    sys.stdin.read()


if __name__ == "__main__":
    main()
