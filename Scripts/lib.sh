# Shared by the scripts beside it; each sets NAME and runs at the top of the tree.
# shellcheck shell=bash

say() { echo "$NAME: $*"; }

fail() {
  echo "$NAME: error: $*" >&2
  exit 1
}

# Nothing ends without a word: a command that fails is named.
set -E
name_failures() {
  trap 'status=$?; echo "$NAME: error: \"$BASH_COMMAND\" failed with status $status" >&2
    exit $status' ERR
}
name_failures

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null || fail "\"$*\" needs root, and there is no sudo"
    sudo "$@"
  fi
}

# step WHAT COMMAND...: says what is done and how long it took. The command's own output is kept in
# .deps/log and shown only when it fails.
step() {
  local what=$1 log status start=$SECONDS
  shift
  mkdir -p .deps/log
  log=.deps/log/${NAME// /-}-$(tr -cs 'A-Za-z0-9.\n' - <<<"${what:0:60}").log
  say "$what ..."
  # Not in a condition, where the shell would go on after a failed command.
  trap - ERR
  set +e
  (
    set -e
    name_failures
    "$@"
  ) >"$log" 2>&1 </dev/null
  status=$?
  set -e
  name_failures
  if ((status != 0)); then
    tail -n 20 "$log" >&2
    fail "could not $what (all of its output: $log)"
  fi
  say "$what: $((SECONDS - start)) s"
}

# exclusively COMMAND...: one at a time in this tree, whoever asks.
exclusively() {
  mkdir -p .deps
  exec 9>".deps/${NAME// /-}.lock"
  if ! flock -n 9; then
    say "waiting for another $NAME in this tree"
    flock 9
  fi
  "$@"
  exec 9>&-
}
