"""A link whose ends take each other for ones that speak other versions of their protocol, for tests of relays:
versions.py FIRST LAST COMMAND...
"""
import os
import subprocess
import sys
import threading

versions = b''.join(int(number).to_bytes(4, 'little') for number in sys.argv[1:3])
child = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def write(target, data):
    while data:
        data = data[os.write(target, data):]


def pump(source, target):
    preamble = b''
    try:
        while len(preamble) < 16:
            more = os.read(source, 16 - len(preamble))
            if not more:
                raise EOFError
            preamble += more
        write(target, preamble[:8] + versions)
        while data := os.read(source, 65536):
            write(target, data)
    except (EOFError, OSError):
        pass
    os.close(target)


threads = [
    threading.Thread(target=pump, args=ends, daemon=True)
    for ends in [(0, child.stdin.fileno()), (child.stdout.fileno(), 1)]
]
for thread in threads:
    thread.start()
threads[1].join()
child.kill()
os._exit(1)
