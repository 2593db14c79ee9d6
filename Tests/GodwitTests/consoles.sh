# Supervisors with consoles. Sourced after supervisors.sh, by tests.
#
# `show MACHINE [OPTION…]` starts a supervisor with a console, and prints its address; `person URL` is browser.py, and
# `visitor URL` console.py: each takes a script of Python.
# shellcheck shell=bash

show() {
  local n
  serve "$1" --console 127.0.0.1:0 "${@:2}" >&2
  for n in $(seq 400); do sed -n 's/^godwit: console: //p' $1.log | tail -1 | grep . && return; sleep 0.02; done
  echo "no console at $1" >&2; cat $1.log >&2
}
# Where Scripts/browser has put the parts of the pages.
export XDG_DATA_DIRS=$TESTS/../../.deps/browser/share
person() { /usr/bin/python3 "$TESTS/browser.py" "$@"; }
visitor() { /usr/bin/python3 "$TESTS/console.py" "$@"; }
