# Shows: busybox: its shell and applets
busybox sh -c 'for i in 1 2 3; do echo $i; done | busybox sort -r | busybox tr "\n" " "'; echo
busybox seq 100 | busybox awk '{ s += $1 } END { print s }'
busybox tar cf - /etc/passwd 2>/dev/null | busybox tar tf -
busybox gzip -c /etc/passwd | busybox gunzip -c | busybox cmp - /etc/passwd && echo same
busybox sha256sum /etc/passwd | busybox cut -c1-8 | busybox wc -c
busybox ash -c 'x=5; while [ $x -gt 0 ]; do x=$((x-1)); done; echo $x'
busybox find /etc -maxdepth 1 -name 'pass*'
busybox bc <<<'2^64'
busybox vi -c q /etc/passwd </dev/null >/dev/null 2>&1 || true
busybox unzip 2>&1 | busybox head -1 | busybox grep -c BusyBox
