#!/usr/bin/python3
"""A viewer of remote desktops (RFB, RFC 6143) without a screen of its own: Scripts/rfb.py PORT

It stays connected, and reads commands from standard input. Each is answered by a line:

    type TEXT          types it, and Return
    point X Y          moves the pointer
    digest X Y W H     16 digits of the SHA-256 of this part of the picture, once it has not changed for five seconds
    look X Y W H       the same at once
    save FILE          writes the whole picture, as PPM
    waited             how long, in milliseconds, it waited at most for any answer of the server since the last time
"""
import hashlib
import select
import socket
import struct
import sys
import time

RETURN = 0xff0d
# Bytes of a pixel: blue, green, red, and one that says nothing.
DEPTH = 4


class Viewer:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), 600)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = self.socket.makefile('rb')
        self.read(12)
        self.socket.sendall(b'RFB 003.008\n')
        kinds = self.read(self.number('B'))
        if 1 not in kinds:
            sys.exit('the server wants a password')
        self.socket.sendall(b'\1')
        if self.number('>I'):
            sys.exit('the server refuses')
        # Others may be connected, too.
        self.socket.sendall(b'\1')
        self.width, self.height = struct.unpack('>HH', self.read(4))
        self.read(16)
        self.name = self.read(self.number('>I')).decode()
        self.picture = bytearray(self.width * self.height * DEPTH)
        self.longest = 0
        pixels = struct.pack('>BBBBHHHBBB3x', 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
        self.socket.sendall(b'\0\0\0\0' + pixels)
        self.socket.sendall(struct.pack('>BxHi', 2, 1, 0))

    def read(self, count):
        try:
            data = self.stream.read(count)
        except OSError as error:
            sys.exit('the connection broke: %s' % error)
        if len(data) < count:
            sys.exit('the connection has ended')
        return data

    def number(self, kind):
        return struct.unpack(kind, self.read(struct.calcsize(kind)))[0]

    def update(self, x, y, width, height):
        """Has this part of the picture sent."""
        start = time.monotonic()
        self.socket.sendall(struct.pack('>BBHHHH', 3, 0, x, y, width, height))
        missing = width * height
        while missing > 0:
            kind = self.number('B')
            if kind == 0:
                self.read(1)
                for _ in range(self.number('>H')):
                    missing -= self.take()
            elif kind == 3:
                # What was cut there.
                self.read(3)
                self.read(self.number('>I'))
            elif kind != 2:
                sys.exit('the server says %d' % kind)
        self.longest = max(self.longest, time.monotonic() - start)

    def take(self):
        """Reads a rectangle, and returns how many pixels it has."""
        x, y, width, height, encoding = struct.unpack('>HHHHi', self.read(12))
        if encoding:
            sys.exit('the server uses encoding %d' % encoding)
        for row in range(y, y + height):
            start = (row * self.width + x) * DEPTH
            self.picture[start:start + width * DEPTH] = self.read(width * DEPTH)
        return width * height

    def look(self, x, y, width, height):
        # What lies beyond the screen is not there.
        width, height = min(width, self.width - x), min(height, self.height - y)
        self.update(x, y, width, height)
        digest = hashlib.sha256()
        for row in range(y, y + height):
            start = (row * self.width + x) * DEPTH
            for pixel in range(start, start + width * DEPTH, DEPTH):
                digest.update(self.picture[pixel:pixel + 3])
        return digest.hexdigest()[:16]

    def digest(self, *place):
        # Not more often: a slow guest has the picture to draw.
        last = self.look(*place)
        while True:
            time.sleep(5)
            now = self.look(*place)
            if now == last:
                return now
            last = now

    def type(self, text):
        for key in [*map(ord, text), RETURN]:
            for down in 1, 0:
                self.socket.sendall(struct.pack('>BBxxI', 4, down, key))

    def save(self, name):
        self.update(0, 0, self.width, self.height)
        blue, green, red = (self.picture[n::DEPTH] for n in range(3))
        with open(name, 'wb') as file:
            file.write(b'P6 %d %d 255\n' % (self.width, self.height))
            file.write(bytes(colour for pixel in zip(red, green, blue) for colour in pixel))

    def carry_out(self, command, *rest):
        answer = 'done'
        if command == 'type':
            self.type(' '.join(rest))
        elif command == 'point':
            self.socket.sendall(struct.pack('>BBHH', 5, 0, int(rest[0]), int(rest[1])))
        elif command in ('digest', 'look'):
            answer = getattr(self, command)(*map(int, rest))
        elif command == 'save':
            self.save(rest[0])
        elif command == 'waited':
            answer = round(self.longest * 1000)
            self.longest = 0
        print(answer, flush=True)

    def run(self):
        print('%dx%d %s' % (self.width, self.height, self.name), flush=True)
        while True:
            if not select.select([0], [], [], 0.05)[0]:
                # One pixel: so it knows at any moment whether the server answers.
                self.update(0, 0, 1, 1)
            elif line := sys.stdin.readline():
                self.carry_out(*line.split())
            else:
                return


Viewer(int(sys.argv[1])).run()
