# Shows: dash, and 300 commands started by a loop
dash -c 'i=0; while [ $i -lt 300 ]; do /bin/true; i=$((i + 1)); done; echo $i'
dash <<'DASH'
set -- a b c
for x; do printf '%s;' "$x"; done; echo
f() { return 5; }
f || echo $?
echo "$(echo nested "$(echo deep)")"
DASH
