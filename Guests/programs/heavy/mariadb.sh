# Shows: mariadb: a data directory is made, a server with its threads, clients at once, transactions, a shutdown and a restart
# Every: 10000
# Limit: 900
mkdir -p data run && grep -q '^mysql:' /etc/passwd || echo 'mysql:x:100:100::/nonexistent:/bin/false' >>/etc/passwd
mariadb-install-db --no-defaults --user=root --datadir="$PWD/data" --auth-root-authentication-method=normal \
  --skip-test-db --innodb-log-file-size=8M >install.log 2>&1 || { tail -20 install.log; exit 1; }
serve() {
  mariadbd --no-defaults --user=root --datadir="$PWD/data" --socket="$PWD/run/s" --skip-networking \
    --innodb-log-file-size=8M --innodb-buffer-pool-size=16M --pid-file="$PWD/run/pid" >>server.log 2>&1 &
  for i in $(seq 600); do ask -e 'select 1' >/dev/null 2>&1 && return; sleep 0.1; done
  tail -20 server.log; return 1
}
ask() { mariadb --no-defaults -uroot --socket="$PWD/run/s" -N "$@"; }
stop() { mariadb-admin --no-defaults -uroot --socket="$PWD/run/s" shutdown; wait; }
serve
ask <<'SQL'
create database d; use d;
create table t(id int auto_increment primary key, k int, name varchar(40), key(k)) engine=innodb;
insert into t(k, name) select seq * 7919 % 101, concat('row ', seq) from seq_1_to_3000;
select count(*), sum(k), max(name) from t where k < 10;
start transaction; delete from t; rollback;
select count(*) from t;
SQL
for n in 1 2 3; do
  for i in $(seq 20); do echo "update t set k = k + 1 where id = $i;"; done | ask d &
done
while [ "$(jobs -r | wc -l)" -gt 1 ]; do sleep 0.1; done
ask d -e 'select sum(k) from t where id <= 20'
stop
serve
ask d -e 'select count(*) from t; check table t'
stop
