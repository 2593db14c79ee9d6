"""What asks programs while they move, for tests of programs under load, and what guests run to be asked.

    load.py web PORT                      serves /N: N MiB that `load.py bytes N` prints, too, the end once `enough` is there
    load.py shell PORT                    serves shells, each on a terminal of its own
    load.py NAME download ADDRESS:PORT N  downloads them, slowly until then
    load.py NAME type ADDRESS:PORT        types a line into such a shell every 50 ms
    load.py NAME count ADDRESS:PORT       has redis count, over one connection
    load.py NAME wait ADDRESS:PORT        waits for an element of a list in redis, which another connection adds in the end
    load.py NAME gaps                     for what was started otherwise, and has written NAME.times

Servers make PORT.served. Clients go on until there is a file `enough`. NAME.count is how many answers there were, NAME.idle
says that there is none to come before the end, NAME.outcome what is wrong, or `ok`, and NAME.gaps the longest time, in
milliseconds, that the client waited, for each text that the file `move` had.
"""
import contextlib
import hashlib
import http.client
import http.server
import json
import os
import pty
import re
import socket
import socketserver
import sys
import threading
import time

BLOCK = 8192
PROMPT = 'godwit> '


def blocks(mebibytes):
    for index in range(mebibytes * (1 << 20) // BLOCK):
        yield hashlib.sha256(b'%d' % index).digest() * (BLOCK // 32)


def make(name, text=''):
    with open(name + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.rename(name + '.new', name)


def connect(place):
    address, port = place.rsplit(':', 1)
    return socket.create_connection((address, int(port)), 120)


def is_enough():
    return os.path.exists('enough')


# MARK: What guests run


class Files(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        count = int(self.path[1:])
        self.send_response(200)
        self.send_header('Content-Length', str(count << 20))
        self.end_headers()
        last = count * (1 << 20) // BLOCK - 1
        for index, block in enumerate(blocks(count)):
            while index == last and not is_enough():
                time.sleep(0.05)
            self.wfile.write(block)

    def log_message(self, *_):
        pass


class Shells(socketserver.BaseRequestHandler):
    def handle(self):
        child, terminal = pty.fork()
        if child == 0:
            os.execle('/bin/sh', 'sh', {'PS1': PROMPT, 'PATH': '/usr/bin:/bin'})

        def type_in():
            with contextlib.suppress(OSError):
                while keys := self.request.recv(4096):
                    os.write(terminal, keys)

        threading.Thread(target=type_in, daemon=True).start()
        # A terminal that nobody has open any more is an error.
        with contextlib.suppress(OSError):
            while text := os.read(terminal, 4096):
                self.request.sendall(text)
        os.waitpid(child, 0)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 50


def serve(handler, port):
    server = Server(('', port), handler)
    make('%d.served' % port)
    server.serve_forever()


# MARK: Clients


class Answers:
    """The answers that a client has had."""

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.longest = {}
        # Written in place: the guest's own files come and go in a directory that it shares with its test.
        self.file = open(name + '.count', 'wb', buffering=0)
        self.show()

    def show(self):
        os.pwrite(self.file.fileno(), b'%-12d' % self.count, 0)

    def note(self, seconds, move=None):
        if move is None:
            with open('move', encoding='utf-8') as file:
                move = file.read().strip()
        self.count += 1
        self.longest[move] = max(seconds, self.longest.get(move, 0))
        self.show()

    def gaps(self):
        return json.dumps({move: round(1000 * gap) for move, gap in self.longest.items()})


class Wrong(Exception):
    """What is wrong, for people."""


def check(have, expected, what):
    if have != expected:
        raise Wrong('%s: %r, and not %r' % (what, have[:80], expected[:80]))


def download(answers, place, mebibytes):
    connection = http.client.HTTPConnection(place, timeout=120)
    connection.connect()
    # So that little of it fits into the kernel's buffers.
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.request('GET', '/%d' % mebibytes)
    response = connection.getresponse()
    last = mebibytes * (1 << 20) // BLOCK - 64
    for index, block in enumerate(blocks(mebibytes)):
        if not is_enough():
            time.sleep(0.02)
        if index == last:
            make(answers.name + '.idle')
            while not is_enough():
                time.sleep(0.05)
        start = time.monotonic()
        check(response.read(BLOCK), block, 'block %d' % index)
        answers.note(time.monotonic() - start)
    check(response.read(1), b'', 'the end')


def type_lines(answers, place):
    connection = connect(place)
    typed = []

    def type_in():
        while not is_enough():
            typed.append(time.monotonic())
            connection.sendall(b'echo $((%d * %d))\n' % (len(typed), len(typed)))
            time.sleep(0.05)
        connection.sendall(b'exit\n')

    typist = threading.Thread(target=type_in)
    typist.start()
    seen = ''
    # The terminal shows what is typed, perhaps in front of the answer to the line before.
    for line in connection.makefile('r', newline='\r\n'):
        seen += line
        answer = re.fullmatch(r'(?:%s)*(\d+)\r\n' % PROMPT, line)
        if answer:
            check(answer[1], str((answers.count + 1) ** 2), 'an answer')
            answers.note(time.monotonic() - typed[answers.count])
    typist.join()
    if answers.count != len(typed):
        raise Wrong('%d answers to %d lines' % (answers.count, len(typed)))
    lines = sorted(seen.replace(PROMPT, '').split('\r\n'))
    expected = ['', 'exit']
    for index in range(1, len(typed) + 1):
        expected += [str(index * index), 'echo $((%d * %d))' % (index, index)]
    check(lines, sorted(expected), 'the terminal')


class Redis:
    """A connection to redis."""

    def __init__(self, place):
        self.socket = connect(place)
        self.stream = self.socket.makefile('rb')

    def send(self, line):
        self.socket.sendall(line.encode() + b'\r\n')

    def ask(self, line):
        self.send(line)
        return self.stream.readline()


def count(answers, place):
    redis = Redis(place)
    while not is_enough():
        start = time.monotonic()
        check(redis.ask('INCR counted'), b':%d\r\n' % (answers.count + 1), 'a count')
        answers.note(time.monotonic() - start)
        time.sleep(0.01)


def wait(answers, place):
    waiting = Redis(place)
    waiting.socket.settimeout(None)
    waiting.send('BLPOP list 0')
    make(answers.name + '.idle')
    while not is_enough():
        time.sleep(0.05)
    other = Redis(place)
    start = time.monotonic()
    check(other.ask('RPUSH list first second'), b':2\r\n', 'the length of the list')
    expected = b'*2\r\n$4\r\nlist\r\n$5\r\nfirst\r\n'
    check(waiting.stream.read(len(expected)), expected, 'what was waited for')
    answers.note(time.monotonic() - start)
    check(other.ask('LLEN list'), b':1\r\n', 'what is left of the list')
    check(waiting.ask('PING'), b'+PONG\r\n', 'the next answer')


def gaps(answers):
    """NAME.times has a line for each answer: its time in nanoseconds, and the move."""
    last = None
    with open(answers.name + '.times', encoding='utf-8') as file:
        for line in file:
            moment, move = line[:-1].split(' ', 1)
            if last is not None:
                answers.note((int(moment) - last) / 1e9, move)
            last = int(moment)


def main():
    match sys.argv[1:]:
        case ['web', port]:
            serve(Files, int(port))
        case ['shell', port]:
            serve(Shells, int(port))
        case ['bytes', mebibytes]:
            for block in blocks(int(mebibytes)):
                sys.stdout.buffer.write(block)
        case [name, action, *rest]:
            answers = Answers(name)
            outcome = 'ok'
            try:
                match action:
                    case 'download':
                        download(answers, rest[0], int(rest[1]))
                    case 'type':
                        type_lines(answers, rest[0])
                    case 'count':
                        count(answers, rest[0])
                    case 'wait':
                        wait(answers, rest[0])
                    case 'gaps':
                        gaps(answers)
            except (Wrong, OSError, http.client.HTTPException) as error:
                outcome = '%s: %s' % (type(error).__name__, error)
            make(name + '.gaps', '%s %s\n' % (name, answers.gaps()))
            make(name + '.outcome', '%s %s\n' % (name, outcome))


main()
