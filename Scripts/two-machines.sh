# Two machines for demonstrations: this one, and an ARM64 one played by qemu-user. Sourced at the top of the tree.
# Each has a directory of control sockets, and a script stands in for ssh between them. On an ARM64 machine both are of
# its kind.
# shellcheck shell=bash

source Scripts/ports.sh

GODWIT=${GODWIT:-$PWD/.build/release/godwit}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

here() { "$GODWIT" "$@"; }

on_arm64() {
  case "$(uname -m)" in
    aarch64) here "$@" ;;
    *) qemu-aarch64-static -L .deps/arm64/sysroot .build-arm64/release/godwit "$@" ;;
  esac
}

# connect_machines: the arguments of migrate, in the arrays TO_THERE and TO_HERE.
connect_machines() {
  mkdir -m 700 "$WORK/here" "$WORK/there"
  printf '%s\n' '#!/bin/sh' "XDG_RUNTIME_DIR='$WORK'/\"\$1\" exec sh -c \"\$2\"" >"$WORK/ssh"
  printf '%s\n' '#!/bin/bash' "cd '$PWD'" "$(declare -f here on_arm64)" "GODWIT='$GODWIT'" 'on_arm64 "$@"' >"$WORK/godwit"
  chmod +x "$WORK/ssh" "$WORK/godwit"
  # shellcheck disable=SC2034 # for those who source this
  TO_THERE=(ssh://there --ssh "$WORK/ssh" --remote-godwit "$WORK/godwit" --forward-for 0)
  # shellcheck disable=SC2034
  TO_HERE=(ssh://here --ssh "$WORK/ssh" --remote-godwit "$GODWIT" --forward-for 0)
}

# at_home, abroad: godwit on each of the two.
at_home() { XDG_RUNTIME_DIR=$WORK/here here "$@"; }
abroad() { XDG_RUNTIME_DIR=$WORK/there on_arm64 "$@"; }

# timed COMMAND...: sets SECONDS_TAKEN.
timed() {
  local start end
  start=$(date +%s%N)
  "$@"
  end=$(date +%s%N)
  # shellcheck disable=SC2034
  SECONDS_TAKEN=$(awk -v ns=$((end - start)) 'BEGIN { printf "%.2f s", ns / 1e9 }')
}
