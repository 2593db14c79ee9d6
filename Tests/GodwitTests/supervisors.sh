# Machines with supervisors that know each other: directories of control sockets, state and configuration, on this one. Sourced by tests and by
# Scripts/demo-follow. G is godwit, R a root, TESTS the directory of this file; the working directory is the machines'.
#
# `serve MACHINE [OPTION…]` starts a supervisor, whose standard error is MACHINE.log, and `${pid[MACHINE]}` its process;
# `meet A B` has two know each other; `stop MACHINE [SIGNAL]` ends one and waits for it; `stranger …` is supervisor.py;
# `at MACHINE …` is godwit there (`${godwit[MACHINE]}`, or G), `place MACHINE` where its supervisor listens, and `pem MACHINE` its key.
# `reach MACHINE COMMAND…` runs a command where the machine is, and `inside` so that it has what the machine has, both in place of this shell.
# shellcheck shell=bash

declare -A pid bus godwit
home() {
  local machine=$1; shift; export XDG_RUNTIME_DIR=$PWD/$machine XDG_STATE_HOME=$PWD/$machine/state XDG_CONFIG_HOME=$PWD/$machine/config
  export DBUS_SYSTEM_BUS_ADDRESS=${bus[$machine]-unix:path=/nonexistent}; "$@"
}
reach() { exec "${@:2}"; }
inside() { reach "$@"; }
at() { (home $1 reach $1 "${godwit[$1]-$G}" "${@:2}"); }
serve() { listen 127.0.0.1:0 "$@"; }
listen() {
  local place=$1 machine=$2 n; shift 2; mkdir -p -m 700 $machine
  home $machine inside $machine "${godwit[$machine]-$G}" serve --name $machine --listen $place "$@" 2>>$machine.log & pid[$machine]=$!
  for n in $(seq 400); do at $machine peer show >$machine.show 2>/dev/null && return; sleep 0.02; done
  echo "no supervisor at $machine"; cat $machine.log
}
place() { cut -d' ' -f1 $1.show; }
print() { cut -d' ' -f2 $1.show; }
pem() { echo $PWD/$1/state/godwit/supervisor/identity.pem; }
knows() { at $1 peer add $(place $2) --fingerprint $(print $2) --name $2 --replace >/dev/null; }
meet() { knows $1 $2; knows $2 $1; }
stop() { kill -${2:-TERM} ${pid[$1]} 2>/dev/null; wait ${pid[$1]} 2>/dev/null; }
stranger() { /usr/bin/python3 "$TESTS"/'supervisor.py' "$@"; }
go() { at $1 migrate guest $2 --connections reset "${@:3}"; }
ALL=(--grant root:$R --grant mount:$PWD)
trap 'for m in "${!pid[@]}"; do kill ${pid[$m]} 2>/dev/null; done' EXIT
