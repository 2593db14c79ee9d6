"""A connection as a network has it, for tests and measurements: ssh's ProxyCommand, or in front of a command.

    wire.py [--rate BYTES] [--delay SECONDS] [--cut BYTES] [--count FILE] (--to HOST:PORT | [--tcp] COMMAND...)

passes on what comes from standard input and from the other end, so many bytes a second each way and so much later.
After --cut bytes, both ways together, the connection is gone. --count has the number of all bytes written to FILE at
the end. --tcp reaches the command by the loopback interface, which tc(8) can slow, and not by pipes.
"""
import argparse
import collections
import os
import selectors
import signal
import socket
import subprocess
import time

parser = argparse.ArgumentParser()
parser.add_argument('--rate', type=float)
parser.add_argument('--delay', type=float, default=0)
parser.add_argument('--cut', type=int)
parser.add_argument('--count')
parser.add_argument('--to')
parser.add_argument('--tcp', action='store_true')
parser.add_argument('command', nargs=argparse.REMAINDER)
options = parser.parse_args()
limit = options.cut
# What a router may have: a quarter of a second, or 1 MiB.
ROOM = int(max(options.rate / 4, 64 << 10)) if options.rate else 1 << 20

selector = selectors.DefaultSelector()
total = 0


class Way:
    """One direction: bytes leave when the wire is free, and arrive `delay` later."""

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.parts = collections.deque()
        self.waiting = 0
        self.free = 0.0
        self.ended = self.closed = False

    def wants(self):
        return not self.ended and self.waiting < ROOM

    def take(self, now):
        global total
        data = os.read(self.source, 64 << 10)
        if not data:
            self.ended = True
            return
        if limit is not None and total + len(data) >= limit:
            data = data[:max(0, limit - total)]
        total += len(data)
        self.free = max(self.free, now) + (len(data) / options.rate if options.rate else 0)
        self.parts.append((self.free + options.delay, memoryview(data)))
        self.waiting += len(data)

    def due(self):
        return self.parts[0][0] if self.parts else None

    def give(self):
        when, data = self.parts[0]
        sent = os.write(self.target, data)
        self.waiting -= sent
        if sent == len(data):
            self.parts.popleft()
        else:
            self.parts[0] = (when, data[sent:])


def end(status=0):
    if options.count:
        with open(options.count, 'w') as file:
            file.write(str(total))
    os._exit(status)


# ssh has done with it.
signal.signal(signal.SIGHUP, lambda *_: end())
signal.signal(signal.SIGTERM, lambda *_: end())
peer = child = None
if options.to:
    host, port = options.to.rsplit(':', 1)
    peer = socket.create_connection((host, int(port)))
elif options.tcp:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        peer = socket.create_connection(listener.getsockname())
        with listener.accept()[0] as other:
            other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            child = subprocess.Popen(options.command, stdin=other, stdout=other)
if peer:
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    far = (peer.fileno(), peer.fileno())
else:
    child = subprocess.Popen(options.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    far = (child.stdout.fileno(), child.stdin.fileno())
ways = [Way(0, far[1]), Way(far[0], 1)]
for descriptor in {1, *far}:
    os.set_blocking(descriptor, False)
while True:
    if limit is not None and total >= limit and not any(way.parts for way in ways):
        end(1)
    now = time.monotonic()
    events = {}
    timeout = None
    for way in ways:
        if way.ended and not way.parts and not way.closed:
            way.closed = True
            if way.target == 1:
                end(child.wait() if child else 0)
            elif peer:
                peer.shutdown(socket.SHUT_WR)
            else:
                child.stdin.close()
        if way.wants() and (limit is None or total < limit):
            events[way.source] = events.get(way.source, 0) | selectors.EVENT_READ
        if way.parts:
            if way.due() <= now:
                events[way.target] = events.get(way.target, 0) | selectors.EVENT_WRITE
            else:
                timeout = min(timeout or 1e6, way.due() - now)
    for key in list(selector.get_map().values()):
        if key.fd not in events:
            selector.unregister(key.fd)
    for descriptor, mask in events.items():
        if descriptor in selector.get_map():
            selector.modify(descriptor, mask)
        else:
            selector.register(descriptor, mask)
    try:
        for key, mask in selector.select(timeout):
            for way in ways:
                if mask & selectors.EVENT_READ and key.fd == way.source:
                    way.take(time.monotonic())
                if mask & selectors.EVENT_WRITE and key.fd == way.target and way.parts:
                    way.give()
    except BlockingIOError:
        pass
    except OSError:
        end(1)
