/// Python that makes rules of nf_tables with netlink messages of its own, since nft(8) may be
/// missing: a prelude for a ``PythonPeer``.
enum FilterTables {
  static let prelude = """
    def attr(t, data, nested=False):
        n = len(data) + 4
        return struct.pack('=HH', n, t | (0x8000 if nested else 0)) + data + b'\\0' * (-n % 4)
    def text(t, x): return attr(t, x.encode() + b'\\0')
    def nest(t, *parts): return attr(t, b''.join(parts), True)
    def be(t, v): return attr(t, struct.pack('>I', v & 0xFFFFFFFF))
    def message(kind, flags, family, body, seq, res=0):
        payload = struct.pack('=BBH', family, 0, socket.htons(res)) + body
        return struct.pack('=IHHII', 16 + len(payload), kind, flags, seq, 0) + payload
    def apply(*changes):
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        s.bind((0, 0)); s.settimeout(10)
        out = message(0x10, 1, 0, b'', 0, 10)
        for seq, (kind, flags, family, body) in enumerate(changes, 1):
            out += message(10 << 8 | kind, 5 | flags, family, body, seq)
        s.send(out + message(0x11, 1, 0, b'', len(changes) + 1, 10))
        left = len(changes)
        while left:
            data = s.recv(65536)
            while data:
                length, kind = struct.unpack('=IH', data[:6])
                if kind == 2:
                    if struct.unpack('=i', data[16:20])[0]: raise OSError(data[16:20])
                    left -= 1
                data = data[(length + 3) & ~3:]
    def expr(name, *data): return nest(1, text(1, name), nest(2, *data))
    def table(family=2): return (0, 0x400, family, text(1, 't'))
    def chain(name, hook=None, policy=1, kind='filter', family=2):
        body = text(1, 't') + text(3, name)
        if hook is not None: body += nest(4, be(1, hook), be(2, 0)) + text(7, kind) + be(5, policy)
        return (3, 0x400, family, body)
    def rule(name, *parts, family=2): return (6, 0xC00, family, text(1, 't') + text(2, name) + nest(4, *parts))
    def cmp(data): return expr('cmp', be(1, 1), be(2, 0), nest(3, attr(1, data)))
    def field(base, offset, length): return expr('payload', be(1, 1), be(2, base), be(3, offset), be(4, length))
    def meta(key): return expr('meta', be(2, key), be(1, 1))
    def port(n): return meta(16) + cmp(b'\\6') + field(2, 2, 2) + cmp(struct.pack('>H', n))
    counter = expr('counter', attr(1, b'\\0' * 8), attr(2, b'\\0' * 8))
    def verdict(code, to=None): return expr('immediate', be(1, 0), nest(2, nest(2, be(1, code), *([text(2, to)] if to else []))))
    def value(register, data): return expr('immediate', be(1, register), nest(2, attr(1, data)))
    drop, accept, reject = verdict(0), verdict(1), expr('reject', be(1, 0), attr(2, b'\\0'))
    def dnat(address, to):
        return value(1, socket.inet_aton(address)) + value(2, struct.pack('>H', to)) + \\
    expr('nat', be(1, 1), be(2, 2), be(3, 1), be(5, 2))

    """
}
