# Machines on one network (networks.sh, which is sourced before), for tests: each has a server of ssh, which wants root.
# SSHD is the directory of the server, WIRE wire.py; the working directory is the test's.
# shellcheck shell=bash

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

# machine NAME NUMBER: one more, with the address 10.77.0.NUMBER, and a control directory NAME.
machine() {
  local name=$1 address=10.77.0.$2
  mkdir -m 700 "$name"
  network "$name" "$2"
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
on() { (export XDG_RUNTIME_DIR=$PWD/$1 XDG_STATE_HOME=$PWD/$1/state; within "$@"); }

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
