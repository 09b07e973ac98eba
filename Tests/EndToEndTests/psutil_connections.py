"""Prints the TCP and UDP sockets that psutil lists: one line each, with blanks between transport, state, ends, pid and descriptor."""
import socket

import psutil

for c in psutil.net_connections(kind="inet"):
    transport = {socket.SOCK_STREAM: "tcp", socket.SOCK_DGRAM: "udp"}[c.type]
    local = f"{c.laddr.ip} {c.laddr.port}" if c.laddr else "- 0"
    peer = f"{c.raddr.ip} {c.raddr.port}" if c.raddr else "- 0"
    print(transport, c.status, local, peer, c.pid or 0, c.fd)
