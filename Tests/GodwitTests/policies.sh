# Machines of supervisors.sh that have policies, batteries, processors and logind of their own: files that stand in the places of the
# kernel's for one supervisor, and buses with python-dbusmock. MACHINES has their names; without it they are here, there and third.
#
# `battery MACHINE PERCENT on|off` sets its battery and whether it has mains; `busy MACHINE SHARE` its load, `full MACHINE SHARE` how
# much of its memory is in use, `radio MACHINE QUALITY` how good its only link is, of 70; `logind MACHINE` starts its logind, `tell MACHINE
# COMMAND…` tells that something (see PolicyTests/logind.py), and `held MACHINE WHO` waits until they hold it up. `policy MACHINE` takes a
# policy from standard input, and `look MACHINE` has the supervisor look. `begin MACHINE [OPTION…]` begins a guest that counts into
# `log` until there is `go`, `comes MACHINE` waits until it runs there, and `says MACHINE TEXT` until the supervisor's log says that.
# `arrives MACHINE [NAME]` waits until the guest runs there and who has sent it says so, and prints what was decided since the last
# time, but for what stays or is said again, as on a busy machine; `news` has all that was said since then. `reasons MACHINE` prints the
# decisions in its log, and `whole` where the guest is, how it ended, and whether a number is missing.
# shellcheck shell=bash

declare -A typed heard mocks
machine() {
  mkdir -p -m 700 $1; mkdir -p $1/config/godwit $1/power/AC $1/power/BAT0; echo Mains >$1/power/AC/type; echo Battery >$1/power/BAT0/type
  mkdir -p $1/net $1/links/wlan0; echo 1 >$1/links/wlan0/carrier
  cp /proc/loadavg $1/; battery $1 80 on; busy $1 0.10; full $1 0.50
}
put() { echo "$2" >$1.new; mv $1.new $1; }
battery() {
  local online=1 status=Charging; [ $3 = on ] || { online=0; status=Discharging; }
  put $1/power/BAT0/capacity $2; put $1/power/BAT0/status $status; put $1/power/AC/online $online
}
busy() { echo "$(/usr/bin/python3 -c "import os; print('%.2f' % (os.cpu_count() * $2))") 0.50 0.50 1/100 1000" >$1/loadavg; }
full() { /usr/bin/python3 -c "print('MemTotal: 16000000 kB', 'MemAvailable: %d kB' % (16e6 * (1 - $2)), sep='\\n')" >$1/meminfo; }
radio() { put $1/net/wireless "wlan0: 0000 $2. -50. -256 0 0 0 0 0 0"; }
logind() {
  mkfifo $1/typed $1/heard; /usr/bin/python3 "$TESTS"/../PolicyTests/'logind.py' <$1/typed >$1/heard & mocks[$1]=$!
  exec {typed[$1]}>$1/typed {heard[$1]}<$1/heard; read -r -u ${heard[$1]} bus[$1]
}
tell() { local answer; echo "${@:2}" >&${typed[$1]}; read -r -u ${heard[$1]} answer; [ "$answer" = done ] || echo "$answer"; }
sleeps() { tell $1 set PreparingForSleep $2; tell $1 emit PrepareForSleep $2; }
held() { local n; for n in $(seq 600); do [ "$(tell $1 inhibitors)" = "$2" ] && return; sleep 0.1; done; echo "$1: not $2"; }
idle() { tell $1 user IdleSinceHint $((($(date +%s) - 3600) * 1000000)); tell $1 user IdleHint true; }
inside() {
  local machine=$1 rights=(); shift
  [ $(id -u) = 0 ] || rights=(--user --map-current-user --keep-caps)
  reach $machine unshare "${rights[@]}" --mount /bin/bash -c '
    mount --bind $0/power /sys/class/power_supply; mount --bind $0/loadavg /proc/loadavg; mount --bind $0/meminfo /proc/meminfo
    mount --bind $0/net /proc/$$/net; mount --bind $0/links /sys/class/net; exec "$@"
  ' $PWD/$machine "$@"
}
policy() { cat >$1/config/godwit/policy.yaml; look $1; }
look() { at $1 policy reload; }
begin() {
  at $1 run --detach -i --name guest "${@:2}" --root $R --mount .:/mnt -- /bin/sh -c '
    n=0; : >/mnt/ready; while ! [ -e /mnt/go ]; do n=$((n+1)); echo $n >>/mnt/log; sleep 0.01; done; echo ended >>/mnt/result' >/dev/null; await ready
}
comes() { local n; for n in $(seq 1200); do runs $1 && return; sleep 0.05; done; echo "it does not come to $1"; cat *.log; }
says() { local n; for n in $(seq 2400); do grep -q -- "$2" $1.log && return; sleep 0.05; done; echo "$1 does not say: $2"; cat $1.log; }
declare -A seen
moved=0
arrives() {
  local n m end
  for n in $(seq 2400); do [ "$(moves)" -gt $moved ] && has $1 ${2-guest} && break; sleep 0.05; done
  has $1 ${2-guest} || { echo "it does not come to $1"; cat ./*.log; }
  moved=$(moves); : >news
  for m in "${MACHINES[@]}"; do
    [ -e $m.log ] || continue
    end=$(wc -l <$m.log); sed -n "$((${seen[$m]:-0} + 1)),$end s/^godwit: /$m: /p" $m.log >>news; seen[$m]=$end
  done
  grep '^[^ ]*: [^ :]* [^:]*: .*\.$' news | grep -v ' stays where it is: ' | uniq
}
has() { at $1 ps | grep -q "^$2 "; }
moves() { cat ./*.log | grep -c '^godwit: [^ :]*: moved to '; }
reasons() { sed -n 's/^godwit: \(guest [^:]*: .*\)$/\1/p' $1.log; }
whole() {
  local m; for m in "${MACHINES[@]}"; do runs $m && echo "at $m"; done
  touch go; told result; seq $(tail -1 log) | cmp - log; wc -l <result
}
[ "${MACHINES+set}" ] || MACHINES=(here there third)
for m in "${MACHINES[@]}"; do machine $m; done
trap 'for m in "${!pid[@]}"; do kill ${pid[$m]} 2>/dev/null; done; for m in "${!mocks[@]}"; do kill ${mocks[$m]}; done' EXIT
