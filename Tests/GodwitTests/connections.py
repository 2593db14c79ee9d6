"""Both ends of TCP connections whose bytes are checked, for tests of relays.

    connections.py serve PORT                        serves at PORT of all addresses
    connections.py ask [ADDRESS:]PORT ACTION NAME    is a client; once half is done it makes NAME.half, and waits for `go`

ACTION is `download`, `upload`, `echo`, `reset` (the client resets the connection at half), or `closed` (the server does).
A client prints `NAME ok`, or what is wrong; so does the server, into the file NAME.served, of uploads and resets.
"""
import hashlib
import os
import socket
import struct
import sys
import threading
import time

BLOCK = 8192
BLOCKS = int(os.environ.get('BLOCKS', '1536'))


def block(index):
    return hashlib.sha256(b'%d' % index).digest() * (BLOCK // 32)


def await_file(name):
    while not os.path.exists(name):
        time.sleep(0.005)


def make(name, text=''):
    with open(name + '.new', 'w') as file:
        file.write(text)
    os.rename(name + '.new', name)


def send_blocks(peer):
    for index in range(BLOCKS):
        peer.sendall(block(index))


def check_blocks(stream, half):
    """Reads all, slowly at first; returns what is wrong."""
    for index in range(BLOCKS):
        if index == BLOCKS // 4:
            half()
        if stream.read(BLOCK) != block(index):
            return 'block %d differs' % index
    return 'ok' if stream.read(1) == b'' else 'there is more'


def reset(peer):
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    peer.close()


def serve_one(peer):
    with peer:
        stream = peer.makefile('rb')
        action, name = stream.readline().decode().split()
        if action == 'download':
            send_blocks(peer)
        elif action == 'upload':
            outcome = check_blocks(stream, lambda: (make(name + '.half'), await_file('go')))
            make(name + '.served', outcome)
            peer.sendall(outcome.encode())
        elif action == 'echo':
            while line := stream.readline():
                peer.sendall(line)
            peer.sendall(b'bye\n')
        elif action == 'reset':
            peer.sendall(stream.readline())
            await_file('go')
            try:
                outcome = 'no error but %r' % peer.recv(10)
            except ConnectionResetError:
                outcome = 'ok'
            make(name + '.served', outcome)
        elif action == 'closed':
            peer.sendall(stream.readline())
            await_file('go')
            stream.close()
            reset(peer)


def serve(port):
    listener = socket.create_server(('', port), backlog=50)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    make('served')
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=serve_one, args=(peer,), daemon=True).start()


def ask(place, action, name):
    address, _, port = place.rpartition(':')

    def half():
        make(name + '.half')
        await_file('go')

    peer = socket.socket()
    peer.settimeout(60)
    # So that not all fits into the kernel's buffers.
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    peer.connect((address or '127.0.0.1', int(port)))
    names = peer.getsockname(), peer.getpeername()
    stream = peer.makefile('rb')
    peer.sendall(('%s %s\n' % (action, name)).encode())
    if action == 'download':
        return check_blocks(stream, half)
    if action == 'upload':
        send_blocks(peer)
        peer.shutdown(socket.SHUT_WR)
        return stream.read().decode()
    for index in range(100 if action == 'echo' else 1):
        if index == 50:
            half()
            if names != (peer.getsockname(), peer.getpeername()):
                return 'it has other names'
        line = b'%d\n' % index
        peer.sendall(line)
        if stream.readline() != line:
            return 'line %d differs' % index
    if action == 'echo':
        peer.shutdown(socket.SHUT_WR)
        return 'ok' if stream.read() == b'bye\n' else 'the end differs'
    make(name + '.half')
    if action == 'reset':
        stream.close()
        reset(peer)
        return 'ok'
    try:
        return 'no error but %r' % stream.read(10)
    except ConnectionResetError:
        return 'ok'


if sys.argv[1] == 'serve':
    serve(int(sys.argv[2]))
else:
    try:
        outcome = ask(*sys.argv[2:])
    except OSError as error:
        outcome = str(error)
    text = '%s %s' % (sys.argv[4], outcome)
    print(text, flush=True)
    make(sys.argv[4] + '.outcome', text + '\n')
