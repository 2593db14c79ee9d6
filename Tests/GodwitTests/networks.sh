# Hosts on one network: each is a network namespace on a bridge. Sourced by scripts that run in mount, network and process
# namespaces of their own, as root there, so that all of it ends with them.
#
# `network NAME NUMBER` makes one, with the address 10.77.0.NUMBER, and `within NAME COMMAND…` runs a command in it in place of
# this shell. `unplug NAME` takes its wire away, and `plug NAME` gives it back. `inhabitants NAME` prints the processes that are in it.
# shellcheck shell=bash

declare -A namespace
ip link set lo up
ip link add wire type bridge
ip addr add 10.77.0.254/24 dev wire
ip link set wire up

network() {
  local name=$1 address=10.77.0.$2 process
  unshare --net sleep infinity &
  process=$!
  until [ "$(readlink /proc/$process/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
  namespace[$name]=$process
  ip link add "to-$name" type veth peer name eth0 netns $process
  ip link set "to-$name" master wire up
  (within "$name" ip link set lo up)
  (within "$name" ip addr add "$address/24" dev eth0)
  (within "$name" ip link set eth0 up)
}

within() { exec nsenter --net=/proc/${namespace[$1]}/ns/net "${@:2}"; }
unplug() { ip link set "to-$1" down; }
plug() { ip link set "to-$1" up; }

inhabitants() {
  local net entry
  net=$(readlink "/proc/${namespace[$1]}/ns/net")
  for entry in /proc/[0-9]*; do
    [ "${entry#/proc/}" != "${namespace[$1]}" ] && [ "$(readlink "$entry/ns/net")" = "$net" ] && echo "${entry#/proc/}"
  done
}
