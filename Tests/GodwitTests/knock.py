"""A client that tries a port again and again, for tests of ports that must never refuse.

    knock.py PORT       opens a connection every 10 ms to connections.py, and has it echo a line
    knock.py PORT/udp   sends a datagram every 5 ms to a server that answers

It ends once there is a file `enough`, and prints how many were answered (`some`, if more than 20), and what went wrong.
The file `knocks` has the number of answers so far.
"""
import os
import socket
import sys
import threading
import time

failures = []
answered = []
room = threading.Semaphore(100)


def knock(port, number):
    try:
        with socket.create_connection(('127.0.0.1', port), 120) as peer:
            peer.sendall(b'echo knock\n%d\n' % number)
            peer.shutdown(socket.SHUT_WR)
            answer = peer.makefile('rb').read()
            if answer != b'%d\nbye\n' % number:
                raise OSError('the answer is %r' % answer)
        answered.append(number)
    except OSError as error:
        failures.append('%d: %s' % (number, error))
    finally:
        room.release()


def connections(port):
    threads = []
    for number in range(10**9):
        if told():
            break
        room.acquire()
        threads.append(threading.Thread(target=knock, args=(port, number)))
        threads[-1].start()
        time.sleep(0.01)
    for thread in threads:
        thread.join()


def datagrams(port):
    peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    peer.connect(('127.0.0.1', port))
    peer.setblocking(False)
    for number in range(10**9):
        if told():
            break
        # What came back from a port that is closed is an error of the next call.
        for call in lambda: peer.send(b'%d' % number), lambda: answered.append(peer.recv(100)):
            try:
                call()
            except BlockingIOError:
                pass
            except OSError as error:
                failures.append('%d: %s' % (number, error))
        time.sleep(0.005)


def told():
    with open('knocks.new', 'w') as file:
        file.write(str(len(answered)))
    os.rename('knocks.new', 'knocks')
    return os.path.exists('enough')


port, _, transport = sys.argv[1].partition('/')
(datagrams if transport else connections)(int(port))
print('some' if len(answered) > 20 else len(answered), 'answered;', len(failures), 'failed', *failures[:5])
