"""Hostile ends of a migration, for tests; they share no code with Godwit.

    peers.py receive SCENARIO GODWIT      is a receiver, which speaks over its standard streams
    peers.py send GODWIT RECEIVER-OPTION...   is a sender, of one receiver after the other, and says what came of each
    peers.py trees GODWIT RECEIVER-OPTION...  the same, and the guest's root is to come
"""
import hashlib
import os
import subprocess
import sys
import threading

PREAMBLE = b'\x89GODMIG\n' + b'\1\0\0\0' * 2
(HELLO, OFFER, ACCEPT, REFUSAL, FINISH, PREPARED, COMMIT, COMMITTED, ABORT, DROPPED, SETTLE, UNKNOWN,
 RECEIVED) = range(1, 14)


PAGES_HELD, PAGES_LENT, PAGE_CHUNK, PAGES_WANTED, PAGES_TAKEN, PAGES_DONE = range(50, 56)


def varint(n):
    out = b''
    while n >= 128:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def frame(kind, content):
    return len(content).to_bytes(4, 'little') + bytes([kind]) + content


def message(number, *fields):
    return frame(1, field(number, b''.join(fields)))


def read(source, count):
    data = b''
    while len(data) < count:
        part = os.read(source, count - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def read_frame(source):
    head = read(source, 5)
    content = read(source, int.from_bytes(head[:4], 'little'))
    return head[4], content


def read_message(source, number=None):
    """The next message, or the next of this number."""
    while True:
        kind, content = read_frame(source)
        if kind == 1 and number in (None, content[0] >> 3):
            return content


def start(godwit, *options):
    process = subprocess.Popen(
        [godwit, 'receive', *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.write(process.stdin.fileno(), PREAMBLE)
    read(process.stdout.fileno(), 16)
    return process


BAD = {
    'huge': (1 << 31).to_bytes(4, 'little') + b'\1',
    'unknown-kind': frame(9, b''),
    'idle-with-content': frame(0, b'x'),
    'no-message': frame(1, b'\xff\xff\xff'),
    'empty-message': frame(1, b''),
    'unknown-message': message(15),
    'truncated': frame(1, b'x' * 100)[:20],
}


HELD = message(PAGES_HELD)
# What a receiver says when it has taken a guest before its memory.
PAGES = {
    'held-beyond': message(PAGES_HELD, field(1, b'\xff' * 4096)),
    'held-huge': message(PAGES_HELD, field(1, b'\0' * 600000)),
    'held-twice': HELD * 2,
    'wanted-first': message(PAGES_WANTED, field(1, b'\0')),
    'wanted-beyond': HELD + message(PAGES_WANTED, field(1, varint(0xffffffff))),
    'wanted-none': HELD + message(PAGES_WANTED),
    'wanted-many': HELD + message(PAGES_WANTED, field(1, b'\0' * 2000)),
    'wanted-flood': HELD + message(PAGES_WANTED, field(1, b'\0\1')) * 50000 + message(PAGES_TAKEN, field(1, 1 << 31)),
    'taken-beyond': HELD + message(PAGES_TAKEN, field(1, 1 << 31)),
    'lender-chunk': HELD + message(PAGE_CHUNK, field(1, 0), field(2, b'x' * 100)),
    'lender-done': HELD + message(PAGES_DONE),
    'snapshot-bytes': HELD + frame(2, b'x'),
    'another-hello': HELD + message(HELLO),
    'page-refusal': HELD + message(REFUSAL, field(1, b'no\nway')),
}


def receive(scenario, godwit):
    def out(data):
        while data:
            data = data[os.write(1, data):]
    out(PREAMBLE)
    read(0, 16)
    real = start(godwit)
    hello = frame(*read_frame(real.stdout.fileno()))
    real.kill()
    accept = message(ACCEPT, field(1, b'guest'))
    if scenario in BAD:
        return out(hello + BAD[scenario])
    if scenario == 'silence-after-hello':
        return out(hello)
    if scenario == 'accept-first':
        return out(accept)
    if scenario == 'other-isa':
        return out(message(HELLO, field(7, b'vax')))
    out(hello)
    first = read_message(0)
    if first[0] >> 3 == SETTLE:
        return out(message(DROPPED if scenario == 'dropped-late' else UNKNOWN))
    if scenario == 'refusal':
        return out(message(REFUSAL, field(1, b'no\nway \x1b[31mred')))
    if scenario == 'bad-name':
        return out(message(ACCEPT, field(1, b'../x')))
    out(accept)
    if scenario == 'too-much-received':
        out(message(RECEIVED, field(1, 1 << 60)))
    elif scenario == 'bytes':
        out(frame(2, b'x'))
    elif scenario == 'prepared-first':
        out(message(PREPARED, field(1, b'x' * 32)))
    elif scenario == 'leaves':
        return
    try:
        read_message(0, FINISH)
        if scenario == 'committed-first':
            out(message(COMMITTED))
        elif scenario == 'refusal-late':
            return out(message(REFUSAL, field(1, b'the disk is full')))
        else:
            out(message(PREPARED, field(1, b'x' * 32)))
            read_message(0, COMMIT)
            if scenario not in PAGES:
                return  # dropped-late, unknown
            out(message(COMMITTED) + PAGES[scenario])
            while True:
                read_frame(0)
        read_message(0)
    except EOFError:
        pass


FILES, DIRECTORY, REGULAR, LINK, DEVICE = 60, 0o040000, 0o100000, 0o120000, 0o020000


def entry(path, kind=REGULAR, mount=0, contents=b'', size=None, target=b'target'):
    """A message OutsideFile of State.proto."""
    fields = [field(1, mount), field(2, path), field(3, kind)]
    if kind == REGULAR:
        size = len(contents) if size is None else size
        fields += [field(6, size), field(7, hashlib.sha256(contents).digest())]
    if kind == LINK:
        fields.append(field(8, target))
    return b''.join(fields)


def files(*entries, last=1):
    return message(FILES, field(1, b''.join(field(1, file) for file in entries)), field(2, last))


def offer(**changes):
    fields = {1: b'm' * 16, 2: b'guest', 3: b'/bin/sh', 4: 2, 5: 1, 6: b'x86_64', 8: 1 << 20, 9: b'/'}
    fields.update({int(name[1:]): value for name, value in changes.items()})
    return message(OFFER, *[field(number, value) for number, value in fields.items()])


SENDERS = {
    **BAD,
    'finish-first': message(FINISH),
    'commit-first': message(COMMIT, field(1, b'm' * 16)),
    'bytes-first': frame(2, b'x'),
    'offer-name': offer(f2=b'../x'),
    'offer-no-name': offer(f2=b''),
    'offer-migration': offer(f1=b'short'),
    'offer-format': offer(f4=9),
    'offer-abi': offer(f5=99),
    'offer-isa': offer(f6=b'vax'),
    'offer-memory': offer(f8=1 << 63),
    'offer-feature': offer(f7=b'x86_64 levitation'),
    'offer-root': offer(f9=b'nowhere'),
    'offer-port': offer(f11=b'80:http'),
    'offer-unnamed-port': offer(f11=b'127.0.0.1:80:80'),
    'commit-early': offer() + message(COMMIT, field(1, b'm' * 16)),
    'offer-twice': offer() + offer(),
    'settle-late': offer() + message(SETTLE, field(1, b'm' * 16), field(2, b'guest'), field(3, 1)),
    'no-snapshot': offer() + frame(2, b'x' * 1000) + message(FINISH, field(1, 1000)),
    'no-bytes': offer() + message(FINISH),
    'wrong-count': offer() + frame(2, b'\x89GODWIT\n') + message(FINISH, field(1, 9)),
    'abort': offer() + message(ABORT),
    'settle-unknown': message(SETTLE, field(1, b'm' * 16), field(2, b'nobody'), field(3, 1)),
    'settle-name': message(SETTLE, field(1, b'm' * 16), field(2, b'../x')),
    'files-none': message(FILES, field(1, b'\xff\xff')) + offer(),
    'files-outside': files(entry(b'../etc/passwd')) + offer(),
    'files-absolute': files(entry(b'/etc/passwd')) + offer(),
    'files-mount': files(entry(b'etc', DIRECTORY, mount=7)) + offer(),
    'files-missing': files(entry(b'no/such', contents=b'x')) + offer(),
    'files-late': offer() + files(entry(b'etc', DIRECTORY)),
    'root-uninvited': offer(f60=1),
    'leaves': offer(),
}

TOP = entry(b'', DIRECTORY)
TREES = {
    name: offer(f60=1) + data for name, data in {
        'nothing': files(),
        'no-top': files(entry(b'a')),
        'outside': files(TOP, entry(b'../x', contents=b'x')) + frame(2, b'x'),
        'absolute': files(TOP, entry(os.path.abspath('escaped').encode(), contents=b'x')) + frame(2, b'x'),
        'through-link': files(TOP, entry(b'a', LINK, target=os.path.abspath('.').encode()), entry(b'a/x', contents=b'x')) + frame(2, b'x'),
        'twice': files(TOP, entry(b'a', LINK, target=os.path.abspath('.').encode()), entry(b'a', DIRECTORY)),
        'no-order': files(TOP, entry(b'b'), entry(b'a')),
        'device': files(TOP, entry(b'a', DEVICE)),
        'long-name': files(TOP, entry(b'n' * 300)),
        'huge': files(TOP, entry(b'a', size=1 << 62)),
        'too-huge': files(TOP, entry(b'a', size=1 << 64 - 1)),
        'no-room': files(TOP, entry(b'a', contents=b'x', size=1 << 50)),
        'other-contents': files(TOP, entry(b'a', contents=b'xy')) + frame(2, b'yx'),
        'mount': files(TOP, entry(b'', DIRECTORY, mount=1)),
        'commit': files(TOP, entry(b'a', contents=b'x')) + message(COMMIT, field(1, b'm' * 16)),
        'offer-again': files(TOP, last=0) + offer(f60=1),
        'truncated': files(TOP, entry(b'a', contents=b'x' * 100)) + frame(2, b'x' * 50),
        'leaves': files(TOP, last=0),
    }.items()
}


def send(senders, godwit, *options):
    for name, data in senders.items():
        process = start(godwit, *options)
        answers = []

        def listen():
            try:
                while True:
                    kind, content = read_frame(process.stdout.fileno())
                    if kind == 1:
                        answers.append(content[0] >> 3)
            except EOFError:
                pass

        listener = threading.Thread(target=listen)
        listener.start()
        os.write(process.stdin.fileno(), data)
        if name in ('truncated', 'leaves'):
            process.stdin.close()
        status = process.wait(60)
        listener.join()
        said = [n for n in answers if n in (REFUSAL, UNKNOWN, COMMITTED, PREPARED)]
        print(name, status, *['refusal' if n == REFUSAL else 'unknown' if n == UNKNOWN else n for n in said])


if sys.argv[1] == 'receive':
    receive(*sys.argv[2:])
else:
    send({'send': SENDERS, 'trees': TREES}[sys.argv[1]], *sys.argv[2:])
