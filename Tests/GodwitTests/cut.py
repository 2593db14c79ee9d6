"""A link that breaks after so many bytes, for tests of relays: cut.py BYTES COMMAND..."""
import os
import select
import subprocess
import sys

left = int(sys.argv[1])
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
targets = {0: child.stdin.fileno(), child.stdout.fileno(): 1}
while left > 0:
    for source in select.select(list(targets), [], [])[0]:
        data = os.read(source, min(65536, left))
        if not data:
            left = 0
        left -= len(data)
        while data:
            data = data[os.write(targets[source], data):]
child.kill()
os._exit(1)
