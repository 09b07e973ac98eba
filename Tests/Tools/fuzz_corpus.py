#!/usr/bin/env python3
"""Writes the first inputs of the fuzzing runs, made from Fixtures, into the folder given: one folder for each target."""
import os
import pathlib
import io
import re
import struct
import sys
import tarfile

TABLES = ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6", "sctp/eps", "sctp/assocs",
          "unix", "packet", "netlink"]
TRANSPORTS = ["tcp", "mptcp", "udp", "udplite", "sctp", "smc", "raw", "icmp", "unix", "packet", "netlink", "vsock", "xdp", "tipc"]
PROCESS_FILES = {"stat", "status", "cgroup"}
QUERIES = ["state established and dport = :443 and process = nginx*", "sport >= :1024 or not ( dst 10.0.0.0/8 )",
           "src [::1]:80 | dst :https", "state = listen,time_wait", "recv_queue > 1M", "process != 'a b' and pid = 1,2,3",
           "exclude time-wait ! dport 8000-8100", "fwmark = 0x1/0xff and dev = lo", "path = @abs* && user = root",
           "rtt_us gt 10ms", "autobound", "cgroup = /system.slice/*", "ipv6_only = yes"]
OPTIONS = ["--port 1234", "-tulpn", "--json --columns +rtt_us,-owners", "--state listen --sort=-recv_queue", "-xl", "--help query",
           "capture --redact dir", "--count-by state,process", "--source proc --root x -4tl", "completions bash", "-- :80"]

UNIX_NAMES = (b"Num       RefCount Protocol Flags    Type St Inode Path\n"
              b"0000000000000000: 00000002 00000000 00010000 0001 01 1 /run/a\n"
              b"0000000000000000: 00000002 00000000 00000000 0001 01 2 @n\n"
              b"0000000000000000: 00000002 00000000 00000000 0001 01 9 /b\n"
              b"0000000000000000: 00000003 00000000 00000000 0001 03 3\n")
SCTP = {"sctp/eps": b" ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
                    b"0000000012345678 0000000087654321 2   10  29   3868      0 80001 192.0.2.1 198.51.100.1 \n"
                    b"0000000012345678 0000000087654321 0   7   30   0      1000 80002 \n",
        "sctp/assocs": b" ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS HBINT\n"
                       b"0000000012345678 0000000087654321 2   1   3  0       1      200      100       0 80001 3868  36412  "
                       b"192.0.2.1 *2001:0db8:0000:0000:0000:0000:0000:0001 <-> *192.0.2.7 \t    7500     10\n"}
FIELDS = [("unsigned short common_type", 0, 2), ("unsigned char common_flags", 2, 1), ("int common_pid", 4, 4),
          ("const void * skaddr", 8, 8), ("int oldstate", 16, 4), ("int newstate", 20, 4), ("__u16 sport", 24, 2),
          ("__u16 dport", 26, 2), ("__u16 family", 28, 2), ("__u16 protocol", 30, 2), ("__u8 saddr[4]", 32, 4),
          ("__u8 daddr[4]", 36, 4), ("__u8 saddr_v6[16]", 40, 16), ("__u8 daddr_v6[16]", 56, 16)]
TRACEPOINT = ("name: inet_sock_set_state\nID: 2287\nformat:\n" + "".join(
    f"\tfield:{name};\toffset:{offset};\tsize:{size};\tsigned:0;\n" for name, offset, size in FIELDS)).encode()
# A sample of a connection that begins, and a thread that ended.
RAW = "ef08000100000000" + "0010000081888fff" + "0700000002000000" + "0000d20402000600" + "7f0000017f000002" + "00" * 32
RING = ("09000000" + "0000" + "7c00" + "2a000000" + "2b000000" + "0100000000000000" + "01000000" + "00000000"
        + "48000000" + RAW + "04000000" + "0000" + "3800" + "00" * 48)
NAMES = [b"python3\0/run/a.sock", b"tmux: server\0@x\0 two  blanks\0", "caf\u00e9\0\u202egpj.exe\0\u0301a".encode(), b"\x1b[31m\0\xff\xc3(\0a\nb",
         b"-\0\"\"\0=1+1\0\\x41"]
# What the kernel, and container engines, write about mounts, rings, links and containers.
PLACES = [b"101 30 0:4 net:[4026532177] /run/netns/a\\040b rw shared:88 - nsfs nsfs rw\n",
          b"flags:\t02000002\nUserFiles:\t2\n    0: socket:[11295465]\n    1: <none>\nscm_fds: 1\n", b"tcp 2049\nudp 2049\n",
          b"/kubepods.slice/kubepods-pod0a1b.slice/cri-containerd-" + b"3f" * 32 + b".scope", b"/user.slice/user@1000.service/app.slice/x",
          b"cart-7c9f_shop_api-" + b"3f" * 32 + b".log", b'{"Name":"/web","annotations":{"io.kubernetes.cri.sandbox-name":"a"}}',
          b'[{"id":"3f","names":["db"]}]', b"/usr/lib/systemd/systemd-resolved\0-x"]
KEYS = [b"\0jk/nginx\r", b"\3\x1b[A\x1b[1;5B\x1bOP", b"\5\x1b[200~pasted\x1b[201~q", "\x02\u00e9\u65e5".encode(), b"\1\x1b[<0;10;5M", b"\0\x1b",
        b"\4\x1b[<65;10;5M\x1b[M !!\x1b]11;rgb:ffff/0000/dddd\x07", b"\6\x1bP1$r0m\x1b\\q\x1b]11;rgba:f/f/f/f\x1b\\"]
CLASSIC = ["-i :1234 -n -P", "-tulpn", "-iTCP -sTCP:LISTEN", "-U -a -c dbus -F0pcn", "-anp --tcp --verbose", "-r1m%T -i", "+D /tmp", "-e /x -t a.sock",
           "-i 4tcp@[::1]:80-90,http -d ^3-8 -g -p 1,^2", "--numeric-hosts -c -W -ee"]


# What `cgroups` of a capture has.
GROUPS = (b"4242 /system.slice/nginx.service unit nginx.service nginx.service - -\n- /a\\x20b\n7 /x pod a/b/c - c a/b\n")


def archive(form, names):
    """An archive in one of the forms that tar programs write."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=form) as tar:
        for name in names:
            entry = tarfile.TarInfo(name.rstrip("/"))
            if name.endswith("/"):
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            elif "/fd/" in name or name.endswith("exe"):
                entry.type, entry.linkname = tarfile.SYMTYPE, "socket:[4242]" + "x" * (150 if name.endswith("exe") else 0)
                tar.addfile(entry)
            else:
                entry.size = 5
                tar.addfile(entry, io.BytesIO(b"table"))
    return output.getvalue()[:8192]


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
    for index, data in enumerate(PLACES):
        put("process", f"place-{index}", data)
    joined = b""
    for index, name in enumerate(TABLES):
        for path in sorted(fixtures.glob(f"*/net/{name}")):
            data = path.read_bytes()[:2048]
            put("redaction", f"{path.parts[-3]}-{name}", bytes([index]) + data)
            if name == "unix":
                put("names", path.parts[-3], data)
            joined += b"==> " + name.encode() + b" <==\n" + data + b"\nother text\n"
    for start in range(0, len(joined), 8192):
        put("joined", str(start), b"\x07" + joined[start:start + 8192])
    for path in sorted(fixtures.glob("*/[0-9]*/*")):
        if path.name in PROCESS_FILES:
            put("redaction", f"{path.parts[-3]}-{path.parts[-2]}-{path.name}", b"\0" + path.read_bytes()[:4096])
    for name, rows in SCTP.items():
        index = TABLES.index(name)
        put("procnet", name.replace("/", "-"), bytes([index, 0]) + rows)
        put("redaction", name.replace("/", "-"), bytes([index]) + rows)
    put("joined", "sctp", b"\x07" + b"".join(SCTP.values()))
    put("names", "forged", UNIX_NAMES)
    names = ["net/", "net/tcp", "42/fd/3", "42/exe", "./manifest", "a/" * 60 + "tcp", "a" * 120 + "/net/tcp"]
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        for count in range(1, len(names) + 1):
            if form != tarfile.USTAR_FORMAT or count < 4:
                put("archive", f"{form}-{count}", archive(form, names[:count]))
    put("archive", "groups", GROUPS)
    put("counters", "snmp", b"Tcp: RtoMin CurrEstab\nTcp: 200 -1\nUdp: InErrors\nUdp: 18446744073709551616\n")
    put("counters", "snmp6", b"Ip6InReceives\t3\nUdp6InErrors 0\n")
    put("tracepoint", "format", TRACEPOINT + b"\0" + bytes.fromhex(RING))
    for index, query in enumerate(QUERIES):
        put("query", str(index), query.encode())
    for index, options in enumerate(OPTIONS):
        put("options", str(index), options.replace(" ", "\0").encode())

    for index, name in enumerate(NAMES):
        put("outputs", str(index), name)
    for index, keys in enumerate(KEYS):
        put("keys", str(index), keys)
    for index, line in enumerate(CLASSIC):
        put("classic", str(index), line.replace(" ", "\0").encode())
    put("filter", "0", filter_rules())


def filter_rules():
    """A chain of nf_tables and a rule in it that drops a port, each behind its kind and length."""

    def attribute(kind, *data):
        value = b"".join(data)
        return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)

    def number(kind, value):
        return attribute(kind, struct.pack(">I", value))

    def expression(name, *data):
        return attribute(1, attribute(1, name + b"\0"), attribute(2, *data))

    header = bytes([2, 0, 0, 0])
    hook = attribute(4, number(1, 1), number(2, 0))
    chain = header + attribute(1, b"t\0") + attribute(3, b"in\0") + hook + number(5, 0)
    port = expression(b"payload", number(1, 1), number(2, 2), number(3, 2), number(4, 2))
    equal = expression(b"cmp", number(1, 1), number(2, 0), attribute(3, attribute(1, bytes([0x1F, 0x90]))))
    drop = expression(b"immediate", number(1, 0), attribute(2, attribute(2, number(1, 0))))
    rule = header + attribute(1, b"t\0") + attribute(2, b"in\0") + attribute(4, port, equal, drop)
    return b"".join(bytes([kind, len(message)]) + message for kind, message in enumerate([chain, rule]))


if __name__ == "__main__":
    main()
