# Shows: stress-ng's fork, pipe, futex, sock, epoll, signal, mmap and timer stressors, verified
# Every: 20000
# Limit: 240
for stressor in fork pipe futex sock epoll signal mmap timer; do
  stress-ng --$stressor 2 --timeout 10 --verify --oomable --no-rand-seed --temp-path . >"$stressor.log" 2>&1 ||
    { tail -3 "$stressor.log"; exit 1; }
  grep -q 'successful run completed' "$stressor.log" && echo "$stressor"
done
