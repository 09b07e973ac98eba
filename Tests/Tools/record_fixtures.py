#!/usr/bin/env python3
"""Records the trees `Fixtures/live-*`: captures of the running kernel with exactly known sockets.

    sudo Tests/Tools/record_fixtures.py .build/debug/sockinspect [FOLDER] [SCENE ...]

Each scene runs in namespaces of its own (network, processes, mounts, host name, cgroups), so that a capture holds the scene's processes
and sockets and nothing of the machine. In there the host is called `fixture`, the boot id is zero, and of the kernel's release only the
numbers are left: a vendor's suffix would show where it was recorded. All else is as the kernel printed it.

A role is one process. It makes its sockets in steps: one after the other, all roles do their first, then all their second.
Tests/InspectionTests/LiveFixtureTests.swift checks what the trees hold.
"""
import array
import ctypes
import os
import platform
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from socket import (AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX, IPPROTO_IPV6, IPPROTO_TCP, SOCK_DGRAM, SOCK_RAW,
                    SOCK_SEQPACKET, SOCK_STREAM, SOL_SOCKET)

PYTHON = "/usr/bin/python3"
STAGE = "/srv"  # A tmpfs while a scene plays.
SOCKETS = STAGE + "/s"
HELD = []  # Keeps sockets from being closed.


# The parts that sockets play.

def make(family, kind, protocol=0, local=None, options=(), listen=None):
    """Makes and holds a socket."""
    made = socket.socket(family, kind, protocol)
    for option in options:
        made.setsockopt(*option)
    if local is not None:
        made.bind(local)
    if listen is not None:
        made.listen(listen)
    HELD.append(made)
    return made


def accept(listener):
    accepted = listener.accept()[0]
    HELD.append(accepted)
    return accepted


SMALL = [(SOL_SOCKET, socket.SO_RCVBUF, 4096), (SOL_SOCKET, socket.SO_SNDBUF, 4096)]
V6ONLY = (IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
REUSE = (SOL_SOCKET, socket.SO_REUSEADDR, 1)
REUSE_PORT = (SOL_SOCKET, socket.SO_REUSEPORT, 1)


def fill(sender):
    """Sends until neither the peer's receive buffer nor the own send buffer takes more."""
    quiet = 0
    while quiet < 20:
        try:
            sender.send(b"x" * 65536, socket.MSG_DONTWAIT)
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.001)


def drain(receiver):
    """Reads until nothing has come for a while; what is held back comes in bursts as the window opens."""
    quiet = 0
    while quiet < 300:
        try:
            quiet = quiet if receiver.recv(1 << 20, socket.MSG_DONTWAIT) else quiet + 1
        except BlockingIOError:
            quiet += 1
        time.sleep(0.001)


def states(family, address):
    """Every state of TCP: the port of the server's end names it, the client's is 32000 higher."""
    def listener(port, backlog=4, options=()):
        return make(family, SOCK_STREAM, 0, (address, port), SMALL + list(options), backlog)

    def client(port, to=None):
        made = make(family, SOCK_STREAM, 0, (address, port), SMALL)
        if to is not None:
            made.connect((address, to))
        return made

    def pair(port):
        waiting = listener(port)
        first = client(port + 32000, port)
        second = accept(waiting)
        waiting.close()
        return first, second

    # 8001 LISTEN; 8002 a listener with a full queue: a connection that was not accepted, and one in SYN_SENT.
    listener(8001, 16)
    listener(8002, 0)
    client(40002, 8002)
    late = client(40102)
    late.setblocking(False)
    late.connect_ex((address, 8002))
    # 8003 SYN_RECV: nothing was sent to a listener that is not to be woken before.
    listener(8003, options=[(IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 60)])
    client(40003, 8003)
    # 8004 ESTABLISHED, with five bytes that were not read.
    first, _ = pair(8004)
    first.send(b"hello")
    # 8005 FIN_WAIT1: unread bytes hold back the FIN.
    first, _ = pair(8005)
    fill(first)
    first.shutdown(socket.SHUT_WR)
    # 8006 FIN_WAIT2 and CLOSE_WAIT.
    first, _ = pair(8006)
    first.shutdown(socket.SHUT_WR)
    # 8007 CLOSING, the peer FIN_WAIT2: both FINs were held back, and only the client has read.
    first, second = pair(8007)
    fill(first)
    fill(second)
    first.shutdown(socket.SHUT_WR)
    second.shutdown(socket.SHUT_WR)
    drain(first)
    # 8008 LAST_ACK, the peer FIN_WAIT2.
    first, second = pair(8008)
    fill(first)
    second.shutdown(socket.SHUT_WR)
    first.shutdown(socket.SHUT_WR)
    # 8009 TIME_WAIT, at the server's end, which closed first.
    first, second = pair(8009)
    second.close()
    first.close()
    # 8010 CLOSE: reset by the peer, and in no table any more; the descriptor is still there.
    first, _ = pair(8010)
    first.setsockopt(SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    first.close()
    # 8011 to 8013 without a file: FIN_WAIT2 (as a small socket), FIN_WAIT1 and LAST_ACK.
    pair(8011)[0].close()
    first, _ = pair(8012)
    fill(first)
    first.close()
    first, second = pair(8013)
    fill(first)
    second.shutdown(socket.SHUT_WR)
    first.close()
    # 8014 CLOSE: bound only, in no table.
    make(family, SOCK_STREAM, 0, (address, 8014))
    time.sleep(0.2)
    yield


def states4():
    return states(AF_INET, "127.0.0.1")


def states6():
    return states(AF_INET6, "::1")


UDPLITE = 136


def server():
    listeners = [
        make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 7001), listen=8),
        make(AF_INET6, SOCK_STREAM, 0, ("::1", 7001), [V6ONLY], 8),
        make(AF_INET6, SOCK_STREAM, 0, ("::", 7002), listen=8),
        make(AF_INET, SOCK_STREAM, 0, ("0.0.0.0", 7004), listen=8),
    ]
    make(AF_INET6, SOCK_STREAM, 0, ("::", 7003), [V6ONLY], 8)
    make(AF_INET, SOCK_DGRAM, 0, ("127.0.0.1", 7101))
    make(AF_INET6, SOCK_DGRAM, 0, ("::1", 7101))
    make(AF_INET6, SOCK_DGRAM, 0, ("::", 7102))
    # Addresses that the machine does not have: IP_FREEBIND, IPV6_FREEBIND.
    make(AF_INET, SOCK_DGRAM, 0, ("192.0.2.10", 7103), [(0, 15, 1)])
    make(AF_INET6, SOCK_DGRAM, 0, ("2001:db8::10", 7103), [(IPPROTO_IPV6, 78, 1)])
    for _ in range(2):
        make(AF_INET, SOCK_DGRAM, 0, ("224.0.0.251", 7104), [REUSE])
    make(AF_INET, SOCK_DGRAM, UDPLITE, ("127.0.0.1", 7201))
    make(AF_INET6, SOCK_DGRAM, UDPLITE, ("::1", 7201))
    yield
    for listener in listeners:
        accept(listener)
    yield


def client():
    for family, kind, protocol, local, remote in [
        (AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 41001), ("127.0.0.1", 7001)),
        (AF_INET6, SOCK_STREAM, 0, ("::1", 41001), ("::1", 7001)),
        # An IPv4 client of an IPv6 listener, and an IPv6 client of an IPv4 one.
        (AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 41002), ("127.0.0.1", 7002)),
        (AF_INET6, SOCK_STREAM, 0, ("::ffff:127.0.0.1", 41004), ("::ffff:127.0.0.1", 7004)),
        (AF_INET, SOCK_DGRAM, 0, ("127.0.0.1", 41101), ("127.0.0.1", 7101)),
        (AF_INET6, SOCK_DGRAM, 0, ("::1", 41101), ("::1", 7101)),
        (AF_INET6, SOCK_DGRAM, 0, ("::ffff:127.0.0.1", 41102), ("::ffff:127.0.0.1", 7101)),
        (AF_INET, SOCK_DGRAM, UDPLITE, ("127.0.0.1", 41201), ("127.0.0.1", 7201)),
    ]:
        made = make(family, kind, protocol, local)
        made.connect(remote)
        if kind == SOCK_DGRAM:
            made.send(b"hello")
    yield


def probe():
    make(AF_INET, SOCK_RAW, 253, ("127.0.0.1", 0))
    make(AF_INET, SOCK_RAW, 254).connect(("127.0.0.2", 0))
    make(AF_INET6, SOCK_RAW, 253, ("::1", 0))
    make(AF_INET6, SOCK_RAW, socket.IPPROTO_ICMPV6)
    make(AF_INET, SOCK_DGRAM, socket.IPPROTO_ICMP, ("127.0.0.1", 4242))
    make(AF_INET6, SOCK_DGRAM, socket.IPPROTO_ICMPV6, ("::1", 4243))
    # ETH_P_ALL on one interface; an ethertype for local experiments on any.
    make(AF_PACKET, SOCK_RAW, socket.htons(3), ("lo", 3))
    make(AF_PACKET, SOCK_DGRAM, socket.htons(0x88B5))
    # NETLINK_ROUTE with the group RTMGRP_LINK; NETLINK_GENERIC with a port id beyond 2^31; an unbound one, which
    # no table has.
    make(AF_NETLINK, SOCK_RAW, 0, (4097, 1))
    make(AF_NETLINK, SOCK_DGRAM, 16, (0xFFFFF001, 0))
    make(AF_NETLINK, SOCK_RAW, 15)
    yield


HOSTILE = [
    b"two  blanks and \"quotes\"",
    b" ",
    b"trailing blank ",
    b"line\nbreak",
    b"two\n\nbreaks",
    b"ends in a newline\n",
    b"line\n0000: 00000002 00000000 00010000 0001 01 notanumber fake",
    b"tab\tand\x1b[31mred\x07",
    b"bad\xff\xc3(\x9b31m",
    "bidi\u202egpj.exe".encode(),
    b"carriage\rreturn",
    b"@not-abstract",
]


def unix():
    # A name that imitates the line of `stat` and the line of `status`, and an escape sequence.
    name(b"u) R 1\n\x1b[31m(x")
    listener = make(AF_UNIX, SOCK_STREAM, 0, SOCKETS + "/stream", listen=4)
    make(AF_UNIX, SOCK_STREAM).connect(SOCKETS + "/stream")
    accept(listener)
    # Not accepted.
    make(AF_UNIX, SOCK_STREAM).connect(SOCKETS + "/stream")
    make(AF_UNIX, SOCK_DGRAM, 0, SOCKETS + "/dgram")
    make(AF_UNIX, SOCK_DGRAM, 0, SOCKETS + "/dgram-client").connect(SOCKETS + "/dgram")
    listener = make(AF_UNIX, SOCK_SEQPACKET, 0, SOCKETS + "/seqpacket", listen=4)
    make(AF_UNIX, SOCK_SEQPACKET).connect(SOCKETS + "/seqpacket")
    accept(listener)
    make(AF_UNIX, SOCK_STREAM, 0, b"\0abstract", listen=4)
    make(AF_UNIX, SOCK_DGRAM, 0, b"\0abstract\0with\0nul")
    make(AF_UNIX, SOCK_DGRAM, 0, b"\0abstract\nline")
    make(AF_UNIX, SOCK_DGRAM, 0, b"")  # The kernel chooses an abstract name.
    make(AF_UNIX, SOCK_STREAM)
    for kind in (SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET):
        HELD.extend(socket.socketpair(AF_UNIX, kind))
    for path in HOSTILE:
        make(AF_UNIX, SOCK_DGRAM, 0, SOCKETS.encode() + b"/" + path)
    os.chdir(SOCKETS)
    make(AF_UNIX, SOCK_DGRAM, 0, "relative")
    make(AF_UNIX, SOCK_DGRAM, 0, " leading blank")
    make(AF_UNIX, SOCK_DGRAM, 0, "l" * 107)
    yield


def shop():
    """A listener that two forked workers have as well, one of them twice."""
    listener = make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 6001), listen=8)
    for index in range(2):
        if os.fork() == 0:
            name(b"shop worker")
            if index == 1:
                HELD.append(listener.dup())
            signal.pause()
    make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 6005), [REUSE_PORT], 8)
    yield


def broker():
    """Hands sockets to `taker`: one that both have then, one that it closes, and one that is on its way for ever."""
    listener = make(AF_UNIX, SOCK_STREAM, 0, SOCKETS + "/broker", listen=1)
    yield
    connection = accept(listener)
    both, given, travelling = (make(AF_INET, SOCK_DGRAM, 0, ("127.0.0.1", port)) for port in (6002, 6003, 6004))
    for passed in ([both, given], [travelling]):
        numbers = array.array("i", [each.fileno() for each in passed])
        connection.sendmsg([b"x"], [(SOL_SOCKET, socket.SCM_RIGHTS, numbers)])
    given.close()
    travelling.close()
    yield


def taker():
    connection = make(AF_UNIX, SOCK_STREAM)
    connection.connect(SOCKETS + "/broker")
    # Listeners of one user that share a port are two sockets.
    make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 6005), [REUSE_PORT], 8)
    yield
    HELD.extend(socket.recv_fds(connection, 1, 8)[1])
    yield


def headless():
    """A process whose main thread has ended: only its other thread's folder shows its descriptors."""
    make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 6006), listen=8)
    yield


def service():
    listener = make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 5001), listen=8)
    make(AF_UNIX, SOCK_STREAM, 0, SOCKETS + "/service", listen=8)
    yield
    accept(listener)
    yield


def other():
    make(AF_INET, SOCK_DGRAM, 0, ("127.0.0.1", 5002))
    yield


def mine():
    make(AF_INET6, SOCK_STREAM, 0, ("::1", 5003), listen=8)
    make(AF_INET, SOCK_STREAM, 0, ("127.0.0.1", 45001)).connect(("127.0.0.1", 5001))
    yield


def locked():
    """A process of the same user that may not be looked into: not dumpable (PR_SET_DUMPABLE is 4)."""
    make(AF_INET, SOCK_DGRAM, 0, ("127.0.0.1", 5004))
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
    yield


# A scene: its name, the user who captures, and the roles with their users.
NOBODY = 65534
SCENES = {
    "tcp-states": (0, [(states4, 1000), (states6, 1001)]),
    "families": (0, [(server, 1000), (client, 1001), (probe, 0)]),
    "unix": (0, [(unix, 1000)]),
    "shared": (0, [(shop, 1000), (broker, 1001), (taker, 1000), (headless, 1003)]),
    "unprivileged": (NOBODY, [(service, 0), (other, 1000), (mine, NOBODY), (locked, NOBODY)]),
}


# How a scene is played.

def name(text):
    with open("/proc/self/comm", "wb", buffering=0) as file:
        file.write(text)


def perform(role):
    """The life of a role's process: a step for each line that comes, and a line back."""
    def steps():
        playing = role()
        next(playing)
        print("done", flush=True)
        for _ in sys.stdin:
            next(playing, None)
            print("done", flush=True)

    name(role.__name__.encode())
    os.umask(0)  # Other users connect to what it binds.
    if role is not headless:
        return steps()
    threading.Thread(target=steps).start()
    # exit(2), which ends this thread only; exit_group(2) would end the process.
    ctypes.CDLL(None).syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)


def play(scene):
    """Process 1 of a scene."""
    capturing, roles = SCENES[scene]
    running = []
    for role, user in roles:
        running.append(subprocess.Popen(
            ["python3", "-IS", __file__, "--perform", role.__name__], executable=PYTHON, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, user=user, group=user, extra_groups=[]))
        assert running[-1].stdout.readline() == "done\n", role.__name__
    for _ in range(2):
        for process in running:
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.stdout.readline() == "done\n", process.args
    subprocess.run(
        ["sockinspect", "capture", STAGE + "/capture/tree"], executable=STAGE + "/sockinspect", check=True,
        user=capturing, group=capturing, extra_groups=[])
    destination = f"{STAGE}/out/live-{scene}"
    shutil.rmtree(destination, ignore_errors=True)
    shutil.copytree(STAGE + "/capture/tree", destination, symlinks=True)
    # Files for their owner only would be a hindrance, and git does not keep empty folders.
    for folder, folders, files in os.walk(destination, topdown=False):
        if not os.listdir(folder):
            os.rmdir(folder)
            continue
        os.chmod(folder, 0o755)
        for file in files:
            if not os.path.islink(f"{folder}/{file}"):
                os.chmod(f"{folder}/{file}", 0o644)


def prepare(scene, binary, output):
    """Makes the stage: inside of the namespaces, before the play."""
    socket.sethostname("fixture")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", STAGE], check=True)
    script = shutil.copy(__file__, STAGE + "/fixture.py")
    os.chmod(script, 0o755)
    os.chmod(shutil.copy(binary, STAGE + "/sockinspect"), 0o755)
    for folder, mode in [("out", 0o755), ("capture", 0o1777), ("s", 0o1777)]:
        os.mkdir(f"{STAGE}/{folder}")
        os.chmod(f"{STAGE}/{folder}", mode)
    subprocess.run(["mount", "--bind", output, STAGE + "/out"], check=True)
    release = re.match(r"[0-9.]+", os.uname().release).group()
    for path, content in [("osrelease", release), ("random/boot_id", "00000000-0000-0000-0000-000000000000")]:
        replacement = STAGE + "/" + os.path.basename(path)
        with open(replacement, "w") as file:
            file.write(content + "\n")
        subprocess.run(["mount", "--bind", replacement, "/proc/sys/kernel/" + path], check=True)
    with open("/proc/sys/net/ipv4/ping_group_range", "w") as file:
        file.write("0 0")
    with socket.socket(AF_INET, SOCK_DGRAM) as control:
        import fcntl
        # SIOCSIFFLAGS with IFF_UP.
        fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 1))
    # The play has no path of the machine among its arguments.
    os.execv(PYTHON, ["python3", "-IS", script, "--play", scene])


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    if arguments[1] == "--perform":
        return perform(globals()[arguments[2]])
    if arguments[1] == "--play":
        return play(arguments[2])
    if arguments[1] == "--prepare":
        return prepare(*arguments[2:])
    binary = os.path.abspath(arguments[1])
    fixtures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures")
    output = os.path.abspath(arguments[2] if len(arguments) > 2 else fixtures)
    for scene in arguments[3:] or SCENES:
        # Pipes, so that no socket comes in as standard input, output or error.
        played = subprocess.run(
            ["unshare", "--net", "--uts", "--ipc", "--cgroup", "--mount", "--pid", "--fork", "--kill-child",
             "--mount-proc", PYTHON, "-IS", os.path.abspath(__file__), "--prepare", scene, binary, output],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        print(f"live-{scene}: {'recorded' if played.returncode == 0 else 'failed'}")
        if played.stdout:
            print(played.stdout, end="")
        if played.returncode != 0:
            sys.exit(1)


if __name__ == "__main__":
    main(sys.argv)
