"""Hostile ends of a migration, for tests; they share no code with Godwit.

    peers.py receive SCENARIO GODWIT      is a receiver, which speaks over its standard streams
    peers.py send GODWIT RECEIVER-OPTION...   is a sender, of one receiver after the other, and says what came of each
    peers.py trees GODWIT RECEIVER-OPTION...  the same, and the guest's root is to come
    peers.py mounts GODWIT RECEIVER-OPTION... the same, and a mount at /data is to come
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


FILES, CHANGES = 60, 80
DIRECTORY, REGULAR, LINK, NO_TYPE = 0o040000, 0o100000, 0o120000, 0o050000


def entry(path, kind=REGULAR, mount=0, contents=b'', size=None, target=b'target', more=b''):
    """A message OutsideFile of State.proto."""
    fields = [field(1, mount), field(2, path), field(3, kind)]
    if kind == REGULAR:
        size = len(contents) if size is None else size
        fields += [field(6, size), field(7, hashlib.sha256(contents).digest())]
    if kind == LINK:
        fields.append(field(8, target))
    return b''.join(fields) + more


def files(*entries, last=1):
    return message(FILES, field(1, b''.join(field(1, file) for file in entries)), field(2, last))


def changes(*entries, removed=(), last=1, settled=1):
    def listing(files):
        return b''.join(field(1, file) for file in files)
    return message(CHANGES, field(1, listing(entries)), field(2, listing(removed)), field(3, last), field(4, settled))


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
    'mounts-uninvited': offer(f10=field(1, b'/x') + field(2, b'/data'), f80=field(1, 1) + field(2, b't' * 16)),
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
        'no-type': files(TOP, entry(b'a', NO_TYPE)),
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


MOUNT = field(1, b'/x') + field(2, b'/data')
CARRIED = field(1, 1) + field(2, b't' * 16)
SETTLED = changes()


def mounted(path, *arguments, **more):
    return entry(path, *arguments, **more, mount=1)


PLACE = mounted(b'', DIRECTORY)
FILE = mounted(b'a', contents=b'x')
MADE = files(PLACE, FILE) + frame(2, b'x')
MOUNTS = {
    **{name: offer(f10=MOUNT, f80=CARRIED) + data for name, data in {
        'nothing': files(),
        'no-top': files(mounted(b'a')),
        'top-link': files(mounted(b'', LINK, target=b'/')),
        'root': files(TOP),
        'other-mount': files(PLACE, entry(b'', DIRECTORY, mount=2)),
        'outside': files(PLACE, mounted(b'../x', contents=b'x')) + frame(2, b'x'),
        'absolute': files(PLACE, mounted(os.path.abspath('escaped').encode(), contents=b'x')) + frame(2, b'x'),
        'through-link': files(PLACE, mounted(b'a', LINK, target=b'/tmp'), mounted(b'a/x', contents=b'x')) + frame(2, b'x'),
        'through-file': files(PLACE, FILE, mounted(b'a/x', contents=b'x')) + frame(2, b'xx'),
        'twice': files(PLACE, FILE, mounted(b'a', DIRECTORY)),
        'no-order': files(PLACE, mounted(b'b'), mounted(b'a')),
        'no-type': files(PLACE, mounted(b'a', NO_TYPE)),
        'long-name': files(PLACE, mounted(b'n' * 300)),
        'no-room': files(PLACE, mounted(b'a', contents=b'x', size=1 << 50)),
        'link-outside': files(PLACE, FILE, mounted(b'b', contents=b'x', more=field(13, b'../../etc/passwd'))),
        'link-absolute': files(PLACE, FILE, mounted(b'b', contents=b'x', more=field(13, b'/etc/passwd'))),
        'link-missing': files(PLACE, FILE, mounted(b'b', contents=b'x', more=field(13, b'nowhere'))),
        'link-later': files(PLACE, mounted(b'a', contents=b'x', more=field(13, b'b')), mounted(b'b', contents=b'x')),
        'link-itself': files(PLACE, mounted(b'a', contents=b'x', more=field(13, b'a'))),
        'link-directory': files(PLACE, mounted(b'a', DIRECTORY), mounted(b'b', DIRECTORY, more=field(13, b'a'))),
        'link-other': files(PLACE, FILE, mounted(b'b', contents=b'y', more=field(13, b'a'))),
        'holes-beyond': files(PLACE, mounted(b'a', size=10, more=field(16, varint(5) + varint(6)))),
        'holes-overflow': files(PLACE, mounted(b'a', size=10, more=field(16, varint(5) + varint((1 << 64) - 1)))),
        'holes-overlap': files(PLACE, mounted(b'a', size=10, more=field(16, varint(0) + varint(5) + varint(3) + varint(2)))),
        'holes-odd': files(PLACE, mounted(b'a', size=10, more=field(16, varint(0)))),
        'attribute-nul': files(PLACE, mounted(b'a', more=field(12, field(1, b'user.\0')))),
        'attribute-long': files(PLACE, mounted(b'a', more=field(12, field(1, b'user.' + b'x' * 300)))),
        'device-huge': files(PLACE, mounted(b'a', more=field(14, 1 << 30))),
        'offer-again': files(PLACE, last=0) + offer(f10=MOUNT, f80=CARRIED),
        'commit': MADE + message(COMMIT, field(1, b'm' * 16)),
        'changes-outside': MADE + changes(mounted(b'../x', contents=b'x')) + frame(2, b'x'),
        'changes-through': MADE + changes(mounted(b'a/x', contents=b'x')) + frame(2, b'x'),
        'changes-no-top': MADE + changes(removed=[mounted(b'')]),
        'changes-no-parent': MADE + changes(mounted(b'b', DIRECTORY), mounted(b'b/c')) + changes(removed=[mounted(b'b')]),
        'changes-to-link': MADE + changes(mounted(b'b', DIRECTORY), settled=0)
                           + changes(mounted(b'b', LINK, target=b'/tmp'), mounted(b'b/x')),
        'changes-mount': MADE + changes(entry(b'etc', DIRECTORY)),
        'changes-twice': MADE + changes(mounted(b'c'), mounted(b'b')),
        'changes-none': MADE + message(CHANGES, field(1, b'\xff\xff'), field(3, 1)),
        'other-contents': MADE + SETTLED + changes(mounted(b'b', contents=b'xy')) + frame(2, b'yx'),
        'never-settled-contents': files(PLACE, FILE) + frame(2, b'y') + SETTLED + SETTLED,
        'rest-twice': MADE + SETTLED * 3,
        'no-rest': MADE + SETTLED + message(FINISH),
        'truncated': files(PLACE, mounted(b'a', contents=b'x' * 100)) + frame(2, b'x' * 50),
        'leaves': MADE + SETTLED,
    }.items()},
    'number': offer(f10=MOUNT, f80=field(1, 7) + field(2, b't' * 16)),
    'no-number': offer(f10=MOUNT, f80=field(2, b't' * 16)),
    'tree': offer(f10=MOUNT, f80=field(1, 1) + field(2, b't')),
    'read-only': offer(f10=MOUNT + field(3, 1), f80=CARRIED),
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
    send({'send': SENDERS, 'trees': TREES, 'mounts': MOUNTS}[sys.argv[1]], *sys.argv[2:])
