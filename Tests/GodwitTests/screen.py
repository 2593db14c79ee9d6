"""A server of VNC (RFC 6143) in a guest, at port 5900: a screen of 64 by 48 in one colour. It makes /mnt/ready, and writes each
key that is pressed to /mnt/keys, as its number in X.
"""
import socket
import struct

WIDTH, HEIGHT = 64, 48
COLOUR = (10, 120, 200)

server = socket.create_server(('', 5900))
open('/mnt/ready', 'w').close()


def serve(stream):
    def send(data):
        stream.write(data)
        stream.flush()

    send(b'RFB 003.008\n')
    stream.read(12)
    # No password.
    send(bytes([1, 1]))
    stream.read(1)
    send(bytes(4))
    stream.read(1)
    # Blue, green, red and nothing.
    form = struct.pack('>BBBBHHHBBBxxx', 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
    send(struct.pack('>HH', WIDTH, HEIGHT) + form + struct.pack('>I', 5) + b'guest')
    shifts = (16, 8, 0)
    while kind := stream.read(1):
        if kind[0] == 0:
            shifts = struct.unpack('>3xBBBBHHHBBBxxx', stream.read(19))[7:10]
        elif kind[0] == 2:
            stream.read(4 * struct.unpack('>xH', stream.read(3))[0])
        elif kind[0] == 3:
            isFurther = stream.read(9)[0]
            if not isFurther:
                # The byte that is no colour: some viewers take it for opacity.
                pixel = struct.pack('<I', 255 << 24 | sum(part << shift for part, shift in zip(COLOUR, shifts)))
                send(struct.pack('>BxHHHHHi', 0, 1, 0, 0, WIDTH, HEIGHT, 0) + pixel * WIDTH * HEIGHT)
        elif kind[0] == 4:
            isDown, key = struct.unpack('>BxxI', stream.read(7))
            if isDown:
                with open('/mnt/keys', 'a') as file:
                    file.write(f'{key}\n')
        elif kind[0] == 5:
            stream.read(5)
        elif kind[0] == 6:
            stream.read(struct.unpack('>xxxI', stream.read(7))[0])


while True:
    client = server.accept()[0]
    with client, client.makefile('rwb') as stream:
        try:
            serve(stream)
        except (OSError, struct.error):
            pass
