"""A display of a guest's, and who looks at it, by the RFB protocol (RFC 6143): display.py serve PORT | display.py half PORT NAME

`serve` shows a picture of 8 by 8 pixels at the port, in place of a server of VNC. It makes `shown`, and writes the keys and clicks that
came, one on a line, to `input`.

`half` is a viewer that sends the first half of a key, makes NAME.half, waits for NAME.go, sends the other half, and makes
NAME.whole; then it asks for pictures until NAME.end is there.
"""
import os
import socket
import struct
import sys
import threading
import time

SIZE = 8


def make(name):
    open(name, 'w').close()


def wait_for(name):
    while not os.path.exists(name):
        time.sleep(0.01)


def serve_one(peer):
    stream = peer.makefile('rb')
    peer.sendall(b'RFB 003.008\n')
    stream.read(12)
    peer.sendall(b'\1\1')
    stream.read(1)
    peer.sendall(bytes(4))
    stream.read(1)
    form = struct.pack('>BBBBHHHBBB3x', 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    peer.sendall(struct.pack('>HH', SIZE, SIZE) + form + struct.pack('>I', 4) + b'test')
    while kind := stream.read(1):
        if kind == b'\0':
            stream.read(19)
        elif kind == b'\2':
            stream.read(4 * struct.unpack('>xH', stream.read(3))[0])
        elif kind == b'\3':
            _, x, y, width, height = struct.unpack('>BHHHH', stream.read(9))
            head = struct.pack('>BxHHHHHi', 0, 1, x, y, width, height, 0)
            peer.sendall(head + bytes(4 * width * height))
        elif kind == b'\4':
            down, key = struct.unpack('>BxxI', stream.read(7))
            if down:
                print('key', key, file=open('input', 'a'))
        elif kind == b'\5':
            print('click', *struct.unpack('>BHH', stream.read(5)), file=open('input', 'a'))


def serve(port):
    listener = socket.create_server(('', port))
    make('shown')
    while True:
        threading.Thread(target=serve_one, args=(listener.accept()[0],), daemon=True).start()


def half(port, name):
    peer = socket.create_connection(('127.0.0.1', port), 600)
    stream = peer.makefile('rb')
    stream.read(12)
    peer.sendall(b'RFB 003.008\n')
    stream.read(2)
    peer.sendall(b'\1')
    stream.read(4)
    peer.sendall(b'\1')
    stream.read(24 + 4)

    def look():
        peer.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, 1, 1))
        return len(stream.read(20)) == 20

    look()
    key = struct.pack('>BBxxI', 4, 1, 65)
    peer.sendall(key[:4])
    time.sleep(0.5)
    make(name + '.half')
    wait_for(name + '.go')
    peer.sendall(key[4:])
    look()
    make(name + '.whole')
    while not os.path.exists(name + '.end') and look():
        time.sleep(0.05)


if sys.argv[1] == 'serve':
    serve(int(sys.argv[2]))
else:
    half(int(sys.argv[2]), sys.argv[3])
