# Machines on one network, for tests: each is a network namespace with a server of ssh. Sourced by scripts that run in
# mount, network and process namespaces of their own, as root, so that all of it ends with them.
# SSHD is the directory of the server, WIRE wire.py; the working directory is the test's.
# shellcheck shell=bash

declare -A namespace
mkdir -m 700 keys
ssh-keygen -q -t ed25519 -N '' -C test -f keys/id
ssh-keygen -q -t ed25519 -N '' -C test -f keys/host
cp keys/id.pub keys/authorized

# What the server wants of the system that it runs on.
mount -t tmpfs none /run
mkdir /run/sshd
if ! grep -q '^sshd:' /etc/passwd; then
  { cat /etc/passwd && echo 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin'; } >passwd
  mount --bind passwd /etc/passwd
fi

ip link set lo up
ip link add wire type bridge
ip addr add 10.77.0.254/24 dev wire
ip link set wire up

# machine NAME NUMBER: one more, with the address 10.77.0.NUMBER, and a control directory NAME.
machine() {
  local name=$1 address=10.77.0.$2 process
  mkdir -m 700 "$name"
  unshare --net sleep infinity &
  process=$!
  until [ "$(readlink /proc/$process/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
  namespace[$name]=$process
  ip link add "to-$name" type veth peer name eth0 netns $process
  ip link set "to-$name" master wire up
  on "$name" ip link set lo up
  on "$name" ip addr add "$address/24" dev eth0
  on "$name" ip link set eth0 up
  cat >"$name.sshd" <<CONFIG
ListenAddress $address
HostKey "$PWD/keys/host"
AuthorizedKeysFile "$PWD/keys/authorized"
SetEnv XDG_RUNTIME_DIR="$PWD/$name" XDG_STATE_HOME="$PWD/$name/state" XDG_CONFIG_HOME="$XDG_CONFIG_HOME" TMPDIR="$TMPDIR"
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
CONFIG
  LD_LIBRARY_PATH=$SSHD/lib on "$name" "$SSHD/sshd" -D -E "$name.sshd.log" -f "$name.sshd" &
  cat >>ssh_config <<CONFIG
Host $name
  HostName $address
CONFIG
  echo "$address $(cat keys/host.pub)" >>keys/known
  until grep -qs 'Server listening' "$name.sshd.log"; do sleep 0.01; done
}

# on NAME COMMAND...: runs it on a machine.
on() {
  local name=$1
  shift
  XDG_RUNTIME_DIR=$PWD/$name XDG_STATE_HOME=$PWD/$name/state nsenter --net=/proc/${namespace[$name]}/ns/net "$@"
}

# at NAME ARGUMENT...: godwit on a machine.
at() { on "$1" "$G" "${@:2}"; }

# What godwit runs in place of ssh. The first link is one through wire.py, with the options of $wire, if there are some.
cat >link <<LINK
#!/bin/bash
proxy=()
if [ "\$wire" ] && { [[ \$wire == *--rate* ]] || mkdir wired 2>/dev/null; }; then
  proxy=(-o ProxyCommand="/usr/bin/python3 '$WIRE' \$wire --to %h:%p")
fi
exec ssh -F '$PWD/ssh_config' "\${proxy[@]}" "\$@"
LINK
chmod +x link
cat >ssh_config <<CONFIG
User root
IdentityFile "$PWD/keys/id"
IdentitiesOnly yes
UserKnownHostsFile "$PWD/keys/known"
StrictHostKeyChecking yes
LogLevel ERROR
CONFIG
