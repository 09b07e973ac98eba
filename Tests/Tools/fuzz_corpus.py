#!/usr/bin/env python3
"""Writes the first inputs of the fuzzing runs, made from Fixtures, into the folder given: one folder for each target."""
import os
import pathlib
import re
import sys

TABLES = ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "unix", "packet", "netlink"]
TRANSPORTS = ["tcp", "mptcp", "udp", "udplite", "raw", "icmp", "unix", "packet", "netlink"]
PROCESS_FILES = {"stat", "status", "cgroup"}
QUERIES = ["state established and dport = :443 and process = nginx*", "sport >= :1024 or not ( dst 10.0.0.0/8 )",
           "src [::1]:80 | dst :https", "state = listen,time_wait", "recv_queue > 1M", "process != 'a b' and pid = 1,2,3",
           "exclude time-wait ! dport 8000-8100", "fwmark = 0x1/0xff and dev = lo", "path = @abs* && user = root",
           "rtt_us gt 10ms", "autobound", "cgroup = /system.slice/*", "ipv6_only = yes"]
OPTIONS = ["--port 1234", "-tulpn", "--json --columns +rtt_us,-owners", "--state listen --sort=-recv_queue", "-xl", "--help query",
           "capture --redact dir", "--count-by state,process", "--source proc --root x -4tl", "completions bash", "-- :80"]


def main():
    fixtures, folder = pathlib.Path(__file__).parents[2] / "Fixtures", pathlib.Path(sys.argv[1])

    def put(target, name, data):
        (folder / target).mkdir(parents=True, exist_ok=True)
        (folder / target / name).write_bytes(data)

    for root, _, files in os.walk(fixtures):
        for name in files:
            path = pathlib.Path(root) / name
            label = "-".join(path.relative_to(fixtures).parts)
            if path.is_symlink():
                continue
            data = path.read_bytes()[:8192]
            if path.parent.name == "net" and name in TABLES:
                put("procnet", label, bytes([TABLES.index(name), 0]) + data)
            elif name == "manifest":
                put("manifest", label, data)
            elif name in PROCESS_FILES:
                put("process", label, data)
            elif name.endswith(".hex"):
                kind = re.split(r"[-.]", name)[0].rstrip("6")
                index = TRANSPORTS.index(kind) if kind in TRANSPORTS else 0
                digits = re.sub(rb"#.*|\s", b"", path.read_bytes())
                put("sockdiag", label, bytes([index]) + bytes.fromhex(digits.decode())[:8192])
    for index, query in enumerate(QUERIES):
        put("query", str(index), query.encode())
    for index, options in enumerate(OPTIONS):
        put("options", str(index), options.replace(" ", "\0").encode())


if __name__ == "__main__":
    main()
