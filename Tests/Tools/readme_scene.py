#!/usr/bin/env python3
"""Makes the sockets that the README's examples show, and runs a command among them.

    unshare --net --fork --pid --mount-proc Tests/Tools/readme_scene.py COMMAND [ARGUMENT ...]

Run it in namespaces of its own, as above: it wants its ports free, and shows no socket of the machine. The processes carry the names
that the examples show and end with it.
"""
import ctypes
import os
import socket
import subprocess
import sys
import time

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG, PR_SET_NAME, SIGKILL = 1, 15, 9


def process(name, make):
    """Starts a process with a name, which holds what `make` returns until the scene ends."""
    if os.fork() == 0:
        LIBC.prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
        LIBC.prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)
        held = make()
        time.sleep(600)
        os._exit(len(held))
    time.sleep(0.3)


def listener(address, port, backlog, family=socket.AF_INET):
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((address, port))
    made.listen(backlog)
    return made


def accepting(port, backlog, clients):
    server = listener("127.0.0.1", port, backlog)
    return [server] + [server.accept()[0] for _ in range(clients)]


def connection(port, source):
    return socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.1", source))


def client():
    first = connection(1234, 40000)
    first.sendall(b"Hello, world")
    connection(1234, 40002).close()
    return [first, connection(1234, 40004)]


def backend():
    for index in range(3):
        connection(8080, 41000 + index).close()
    return []


def worker():
    held = [listener("127.0.0.1", 9000, 2)]
    return held + [connection(9000, 42000 + index) for index in range(3)]


def resolver():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 53))
    return [made]


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    process("server", lambda: accepting(1234, 5, 3))
    process("client", client)
    process("api", lambda: accepting(8080, 128, 3))
    process("backend", backend)
    process("worker", worker)
    process("web", lambda: [listener("::", 8443, 511, socket.AF_INET6)])
    process("resolver", resolver)
    sys.exit(subprocess.call(sys.argv[1:]))


if __name__ == "__main__":
    main()
