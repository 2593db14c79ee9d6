# Shows: socat: relays between TCP, UDP, unix sockets, pipes and programs; netcat
socat TCP-LISTEN:7001,reuseaddr,fork,bind=127.0.0.1 EXEC:'tr a-z A-Z' &
socat UNIX-LISTEN:relay,fork TCP:127.0.0.1:7001 &
sleep 0.5
echo "through two relays" | socat -t5 - UNIX-CONNECT:relay
echo "and again" | socat -t5 - TCP:127.0.0.1:7001
socat -u UDP-RECV:7002 OPEN:datagram,creat & sleep 0.3
echo "a datagram" | socat -u - UDP-SENDTO:127.0.0.1:7002
sleep 0.3; cat datagram
head -c 3000000 /dev/zero | tr '\0' x >large
socat -u TCP-LISTEN:7003,reuseaddr OPEN:copy,creat & sleep 0.3
socat -u OPEN:large TCP:127.0.0.1:7003
sleep 1; cmp large copy && echo "3 MB"
(echo six | nc.openbsd -6 -l -N ::1 7004 >reply) & sleep 0.3
echo hello | nc.openbsd -6 -N ::1 7004; sleep 0.2; cat reply
kill %1 %2 %3 2>/dev/null || true
