# Shows: redis-server with redis-cli and redis-benchmark as clients, persistence, a restart
# Every: 3000
redis-server --port 7000 --unixsocket /tmp/redis.sock --save '' --appendonly yes --dir . >server.log 2>&1 &
until redis-cli -p 7000 ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
redis-cli -p 7000 set greeting hello
redis-cli -s /tmp/redis.sock get greeting
for i in $(seq 1 20); do echo "lpush list $i"; done | redis-cli -p 7000 | tail -1
redis-cli -p 7000 lrange list 0 2
redis-cli -p 7000 eval 'return redis.call("llen", KEYS[1]) * 2' 1 list
redis-benchmark -p 7000 -t get,set -n 4000 -c 50 -q | grep -c 'requests per second'
redis-cli -p 7000 bgrewriteaof >/dev/null
sleep 0.5
redis-cli -p 7000 shutdown
wait
redis-server --port 7000 --appendonly yes --dir . >server.log 2>&1 &
until redis-cli -p 7000 ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
redis-cli -p 7000 llen list
redis-cli -p 7000 shutdown nosave
wait
