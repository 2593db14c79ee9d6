"""Moves a whole emulated machine with qemu's own migration, over loopback: the peer of the rows of `migrate`.

machine.py KERNEL INITRD MIB ROUNDS [post-copy]: boots one that fills so many MiB with random bytes, and moves it again
and again to another qemu. Prints for each move the seconds that it took, and those for which the machine stood.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time

kernel, initrd, size, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
post_copy = sys.argv[5:] == ["post-copy"]
# At most so long it is to stand, in milliseconds: what godwit has as --max-pause.
PAUSE = 50


class Machine:
    """A qemu, and the connection to its monitor."""

    def __init__(self, folder, name, *options):
        path = f"{folder}/{name}"
        self.console = f"{path}.console"
        self.process = subprocess.Popen(
            ["qemu-system-x86_64", "-accel", "tcg", "-m", str(size + 192), "-nographic", "-nodefaults",
             "-no-reboot", "-nic", "none", "-serial", f"file:{self.console}", "-qmp", f"unix:{path},server=on,wait=off",
             "-kernel", kernel, "-initrd", initrd, "-append", f"console=ttyS0 panic=-1 quiet loglevel=3 fill={size}",
             *options], stdin=subprocess.DEVNULL)
        self.monitor = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.monitor.connect(path)
                break
            except OSError:
                if self.process.poll() is not None: sys.exit("qemu has ended")
                time.sleep(0.05)
        self.lines = self.monitor.makefile()
        self.lines.readline()
        self.ask("qmp_capabilities")
        if post_copy:
            self.ask("migrate-set-capabilities", capabilities=[{"capability": "postcopy-ram", "state": True}])

    def ask(self, command, **arguments):
        self.monitor.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            line = self.lines.readline()
            if not line: sys.exit(f"qemu has ended at {command}")
            answer = json.loads(line)
            if "error" in answer: sys.exit(f"{command}: {answer['error']['desc']}")
            if "return" in answer: return answer["return"]

    def end(self):
        self.process.kill()
        self.process.wait()


with tempfile.TemporaryDirectory() as folder:
    here = Machine(folder, "0")
    machines = [here]
    try:
        until = time.time() + 600
        while "ready" not in open(here.console).read():
            if time.time() > until: sys.exit("the machine is not ready after ten minutes")
            time.sleep(0.2)
        for number in range(1, rounds + 1):
            there = Machine(folder, str(number), "-incoming", "defer")
            machines.append(there)
            there.ask("migrate-incoming", uri="tcp:127.0.0.1:0")
            port = there.ask("query-migrate")["socket-address"][0]["port"]
            here.ask("migrate-set-parameters", **{"max-bandwidth": 1 << 40, "downtime-limit": PAUSE})
            here.ask("migrate", uri=f"tcp:127.0.0.1:{port}")
            if post_copy:
                # Before there is a round it would say that the machine stood since it was booted.
                while here.ask("query-migrate")["status"] == "setup": time.sleep(0.001)
                here.ask("migrate-start-postcopy")
            while True:
                state = here.ask("query-migrate")
                if state["status"] == "completed": break
                if state["status"] == "failed": sys.exit(f"the migration failed: {state.get('error-desc')}")
                time.sleep(0.02)
            print(state["total-time"] / 1000, state["downtime"] / 1000, flush=True)
            here.end()
            here = there
    finally:
        for machine in machines: machine.end()
