# Sourced by scripts that publish ports of guests.
# shellcheck shell=bash

# Two ports that are free on this machine.
free_ports() {
  python3 -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in sockets))'
}
