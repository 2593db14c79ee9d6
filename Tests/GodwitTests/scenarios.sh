# Scenarios: machines of policies.sh on a network (networks.sh), one of them an ARM64 one if ARM64 has its name, and a visitor, who has a
# network of his own and only talks with what runs on them. BUILD is the directory of the ARM64 build and SYSROOT that of its libraries,
# SCRIPTS has client.py.
#
# `shop MACHINE [OPTION…]` begins a guest that counts what it is asked at port 8080 and repeats the lines of its terminal. `visit MACHINE` has
# the visitor connect there and ask on and on, `more` waits until he was answered some times more, and `leave` has him say what he saw.
# `sit MACHINE [PLACE/]guest` has its user sit down at a machine and attach from there, `type LINE` types something there and waits for the
# answer, and `rise` has him get up. `doze MACHINE` and `rouse MACHINE` are a suspend to RAM and its end: all that runs there stands, and
# its wire is silent; `crash MACHINE` ends all of it. `record` prints how many moves each machine has on record, each with the time that the
# guest stood. Lines that begin with "= " are figures.
# shellcheck shell=bash

ALL+=(--grant ports --grant attach)
declare -A address
for m in "${MACHINES[@]}" visitor; do
  address[$m]=10.77.0.$((${#address[@]} + 1))
  network "$m" "${address[$m]##*.}"
done
reach() { within "$@"; }
serve() { listen "${address[$1]}:7410" "$@"; }

# qemu-user plays one program, and can't start an ARM64 one from there: scripts stand for both.
if [ -n "$ARM64" ]; then
  mkdir arm64
  : >arm64/godwit
  mount --bind "$BUILD/godwit" arm64/godwit
  cat >arm64/play <<PLAY
#!/bin/sh
exec /usr/bin/qemu-aarch64-static -L '$SYSROOT' '$PWD/arm64/godwit' "\$@"
PLAY
  cat >arm64/godwit-supervisor <<PLAY
#!/bin/bash
it='"$PWD/arm64/godwit"' script='"$PWD/arm64/play"'
exec /usr/bin/qemu-aarch64-static -L '$SYSROOT' '$BUILD/godwit-supervisor' "\${1/"\$it"/"\$script"}"
PLAY
  chmod +x arm64/play arm64/godwit-supervisor
  godwit[$ARM64]=$PWD/arm64/play
fi

# What runs there.

shop() {
  at $1 run --detach -i --name guest --publish 0.0.0.0:8080:80 "${@:2}" --root $R --mount .:/mnt -- /usr/bin/python3 -c '
import socketserver, sys, threading
class Handler(socketserver.StreamRequestHandler):
    count = 0
    def handle(self):
        while self.rfile.readline():
            Handler.count += 1
            self.wfile.write(b"%d\n" % Handler.count)
socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("", 80), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
open("/mnt/ready", "w").close()
for line in sys.stdin: print("got", line, end="", flush=True)' >/dev/null
  await ready
}
visit() {
  (within visitor /usr/bin/python3 "$SCRIPTS/client.py" "${address[$1]}:8080" "$PWD" >said 2>&1) & visitor=$!
  until [ -s answers ]; do kill -0 $visitor 2>/dev/null || { cat said; return; }; sleep 0.02; done
  more
}
more() {
  local goal=$(($(cat answers) + 10))
  until [ "$(cat answers)" -ge $goal ]; do kill -0 $visitor 2>/dev/null || { cat said; return; }; sleep 0.02; done
}
leave() {
  touch enough; wait $visitor
  if grep -q 'none lost, none twice' said; then sed 's/^ */= /' said; else cat said; fi
}

# Its user.

sit() {
  rm -f keys; mkfifo keys; exec {keys}<>keys
  (home $1 reach $1 "${godwit[$1]-$G}" attach "$2" <keys >screen 2>errors {keys}>&-) & user=$!
}
type() {
  local n; echo "$1" >&$keys
  for n in $(seq 1200); do grep -qs "got $1" screen && return; sleep 0.05; done; echo "no answer to $1"; cat errors
}
rise() { kill -HUP $user 2>/dev/null; wait $user 2>/dev/null; exec {keys}>&-; cat screen >>lines; }

# Its machines.

doze() { local process; unplug "$1"; for process in $(inhabitants "$1"); do kill -STOP "$process" 2>/dev/null; done; }
rouse() { local process; for process in $(inhabitants "$1"); do kill -CONT "$process" 2>/dev/null; done; plug "$1"; }
crash() { local process; unplug "$1"; for process in $(inhabitants "$1"); do kill -KILL "$process" 2>/dev/null; done; wait ${pid[$1]} 2>/dev/null; }
record() {
  local m; for m in "${MACHINES[@]}"; do
    at $m moves --json | /usr/bin/python3 -c '
import json, sys
for place, moves in json.load(sys.stdin).items():
    times = [(move["outcome"]["frozen"], move["outcome"]["total"]) for move in moves]
    assert all(0 < frozen <= total for frozen, total in times), moves
    print(sys.argv[1], "to", place.removeprefix("peer://") + ":", len(times))
    for frozen, total in times: print(f"= {sys.argv[1]} to {place}: stood {frozen / 1e6:.0f} ms of {total / 1e6:.0f} ms")' $m
  done
}
