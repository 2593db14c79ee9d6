# Shows: lsof, fuser and pstree, which read what /proc tells of all processes
# Every: 500
# Limit: 120
sleep 60 3>open <<<input &
lsof -p $! -a -d 3,cwd,txt -F ftn | grep -v '^p'
lsof -p 1 -F f | grep -c '^f'
fuser open 2>/dev/null | tr -d ' ' | grep -c "^$!$"
pstree -A $$ | grep -c sleep
lsof +D . -F n | grep -c open
kill $!
