"""A client of the supervisor's console that is no browser, and may say what none says.

    console.py URL <SCRIPT

runs SCRIPT, which is Python with `ask`, `enter`, `socket_to` and `raw`, and the words of URL: `port`, `token`.
"""
import base64
import http.client
import os
import socket
import sys
import urllib.parse

url = urllib.parse.urlsplit(sys.argv[1])
port = url.port
token = urllib.parse.parse_qs(url.query)['token'][0]
HERE = f'127.0.0.1:{port}'


def ask(path, method='GET', body=None, host=HERE, **headers):
    """The status, and what comes with it. Headers have `_` for `-`; None: none of the name."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    if host is not None:
        connection.putheader('Host', host)
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name.replace('_', '-'), value)
    if body is not None:
        connection.putheader('Content-Length', str(len(body)))
    connection.endheaders(body.encode() if body is not None else None)
    answer = connection.getresponse()
    answer.text = answer.read().decode()
    return answer


def enter():
    """The cookie of a browser that has brought the token."""
    return ask(f'/?token={token}').headers['Set-Cookie'].split(';')[0]


def raw(*pieces):
    """What comes back for these bytes, up to the end."""
    connection = socket.create_connection(('127.0.0.1', port), 60)
    try:
        for piece in pieces:
            connection.sendall(piece.encode())
    except OSError:
        pass
    received = b''
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return received.decode(errors='replace')


def socket_to(path, **headers):
    """A socket, and the line with the status of its opening."""
    connection = socket.create_connection(('127.0.0.1', port), 60)
    given = {'Host': HERE, 'Origin': f'http://{HERE}', 'Upgrade': 'websocket', 'Connection': 'Upgrade',
             'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': base64.b64encode(os.urandom(16)).decode()}
    given.update({name.replace('_', '-'): value for name, value in headers.items()})
    lines = [f'GET {path} HTTP/1.1'] + [f'{name}: {value}' for name, value in given.items() if value is not None]
    connection.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
    stream = connection.makefile('rwb')
    status = stream.readline().decode().split()[1]
    while stream.readline().strip():
        pass
    return stream, status


def frame(stream):
    """The next frame: its kind and its bytes."""
    head = stream.read(2)
    length = head[1] & 127
    if length > 125:
        length = int.from_bytes(stream.read(2 if length == 126 else 8), 'big')
    return head[0] & 15, stream.read(length)


def send(stream, kind, data):
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xfe]) + len(data).to_bytes(2, 'big')
    stream.write(bytes([0x80 | kind]) + length + bytes(4) + data)
    stream.flush()


exec(compile(sys.stdin.read(), 'script', 'exec'))
