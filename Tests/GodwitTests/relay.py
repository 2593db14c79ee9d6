"""A link that fails on purpose, for tests of migration.

    relay.py ACTION DIRECTION KIND PLACE COMMAND...

runs COMMAND, and passes on what comes from standard input (`out`) and from the command (`in`), until the first frame of
that KIND comes in that DIRECTION: a message by its name in Migration.proto, or `bytes`. PLACE is `before`, `within` or
`after` that frame. ACTION is `cut`: nothing more is passed on; `kill`: and the process that started this one is killed;
`stall`: nothing more is passed on, and the link stays; `ask`: the file `asked` is made, and the frame waits until there is
`answered`; what is sent from here on, and how many bytes of it, is written to `frames`; `repeat`: the frame is passed on twice; `garble`: its content is; `flip`: a bit at its end is; `none`.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time

sources = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../Sources')
with open(os.path.join(sources, 'MigrationMessages/Migration.proto'), encoding='utf-8') as proto:
    kinds = re.search(r'oneof kind {(.*?)}', proto.read(), re.DOTALL)[1]
NAMES = {int(number): name for name, number in re.findall(r'(\w+) = (\d+);', kinds)}
action, direction, wanted, place = sys.argv[1:5]
starter = os.getppid()
stalled = threading.Event()
asked = threading.Event()
child = subprocess.Popen(sys.argv[5:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def read(source, count):
    parts = b''
    while len(parts) < count:
        part = os.read(source, count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts


def write(target, data):
    while data:
        data = data[os.write(target, data):]


def fail():
    if action == 'kill':
        os.kill(starter, signal.SIGKILL)
    os._exit(1)


def kind(head, content):
    if head[4] == 2:
        return 'bytes'
    if head[4] != 1 or not content:
        return 'idle'
    tag, shift = 0, 0
    for byte in content:
        tag |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return NAMES.get(tag >> 3, 'unknown')


def pump(source, target, name):
    try:
        write(target, read(source, 16))
        while True:
            head = read(source, 5)
            content = read(source, int.from_bytes(head[:4], 'little'))
            frame = head + content
            if asked.is_set() and name == 'out':
                with open('frames', 'a', encoding='utf-8') as frames:
                    print(kind(head, content), len(content), file=frames)
            if stalled.is_set():
                threading.Event().wait()
            if action == 'none' or name != direction or kind(head, content) != wanted:
                write(target, frame)
            elif action == 'ask':
                asked.set()
                open('asked', 'w', encoding='utf-8').close()
                while not os.path.exists('answered'):
                    time.sleep(0.01)
                write(target, frame)
            elif action == 'repeat':
                write(target, frame + frame)
            elif action == 'garble':
                write(target, head + bytes(b ^ 0x5a for b in content))
            elif action == 'flip':
                write(target, frame[:-1] + bytes([frame[-1] ^ 1]))
            else:
                # An answer to it must not be passed on before the link has failed.
                stalled.set()
                write(target, {'before': b'', 'within': frame[:len(frame) // 2], 'after': frame}[place])
                if action == 'stall':
                    threading.Event().wait()
                fail()
    except (EOFError, OSError):
        os.close(target)


threads = [
    threading.Thread(target=pump, args=(0, child.stdin.fileno(), 'out'), daemon=True),
    threading.Thread(target=pump, args=(child.stdout.fileno(), 1, 'in'), daemon=True),
]
for thread in threads:
    thread.start()
threads[1].join()
os._exit(child.wait())
