# Shows: postgresql: initdb, a server with its many processes, psql, pgbench, a crash-safe shutdown and restart
# Every: 5000
# Limit: 300
export PATH=/usr/lib/postgresql/15/bin:$PATH PGDATA=$PWD/data PGHOST=$PWD TZ=UTC
mkdir data && chmod 700 data && chown -R 33:33 .
as() { perl -e '$) = "33 33"; $( = 33; $< = 33; $> = 33; exec @ARGV or die "exec: $!"' "$@"; }
as initdb -A trust --no-sync -E UTF8 >initdb.log 2>&1 || { tail -3 initdb.log; exit 1; }
serve() {
  as postgres -k "$PWD" -h '' -c shared_buffers=8MB >>server.log 2>&1 &
  for i in $(seq 300); do as psql -c 'select 1' postgres >/dev/null 2>&1 && return; sleep 0.1; done
  tail -5 server.log; return 1
}
stop() { kill -INT "$(head -1 data/postmaster.pid)"; wait || true; }
serve
as psql -Atq postgres <<'SQL'
create table t(id serial primary key, k int, name text);
insert into t(k, name) select i * 7919 % 101, 'row ' || i from generate_series(1, 5000) i;
create index on t(k);
select count(*), sum(k), max(name) from t where k < 10;
begin; delete from t; rollback;
select count(*) from t;
do $$ begin perform pg_sleep(0.1); raise notice 'from plpgsql'; end $$;
SQL
as pgbench -i -s 1 -q postgres >/dev/null 2>&1
as pgbench -c 4 -j 2 -t 25 postgres 2>/dev/null | grep processed
as psql -Atc 'select sum(abalance) = (select sum(delta) from pgbench_history) from pgbench_accounts' postgres
stop
serve
as psql -Atc 'select count(*) from pgbench_history' postgres
stop
grep -c 'database system is shut down' server.log
