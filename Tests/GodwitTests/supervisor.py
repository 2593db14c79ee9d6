"""A stranger, or a peer that says what none says, at a supervisor's port.

    supervisor.py [--pem FILE] [--tls12] [--raw] [--hold SECONDS] [--server] ADDRESS:PORT [LINE]

connects, with the certificate and key in FILE if there is one, sends LINE and prints what comes back: one line, or `end`
if nothing did, or the kind of error. With --raw, LINE is sent without TLS. With --hold, the connection stays open
without another byte until the other end closes it. With --server, it listens instead, prints the port, and answers each
connection with LINE.
"""
import argparse
import socket
import ssl
import sys

parser = argparse.ArgumentParser()
parser.add_argument('--pem')
parser.add_argument('--tls12', action='store_true')
parser.add_argument('--raw', action='store_true')
parser.add_argument('--hold', type=float)
parser.add_argument('--server', action='store_true')
parser.add_argument('address')
parser.add_argument('line', nargs='?', default='')
options = parser.parse_args()
host, port = options.address.rsplit(':', 1)
line = options.line.encode().decode('unicode_escape').encode('latin1')

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if options.server else ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
if options.tls12:
    context.maximum_version = ssl.TLSVersion.TLSv1_2
if options.pem:
    context.load_cert_chain(options.pem)

if options.server:
    listener = socket.create_server((host, int(port)))
    print(listener.getsockname()[1], flush=True)
    while True:
        connection = listener.accept()[0]
        try:
            if not options.raw:
                connection = context.wrap_socket(connection, server_side=True)
            connection.sendall(line)
            connection.recv(65536)
            connection.close()
        except OSError:
            pass

connection = socket.create_connection((host, int(port)), 60)
try:
    if options.hold is not None:
        connection.settimeout(options.hold)
        print('closed' if connection.recv(1) == b'' else 'talks')
        sys.exit()
    if not options.raw:
        connection = context.wrap_socket(connection)
    connection.sendall(line + (b'' if options.raw else b'\n'))
    answer = connection.makefile('rb').readline()
    print(answer.decode(errors='replace').strip() or 'end')
except ssl.SSLError as error:
    print(error.reason)
except socket.timeout:
    print('open')
except OSError:
    print('end')
