# Shows: sqlite3: an index, joins, two writers on one database with locks, an interrupted transaction, integrity
# Every: 2000
sqlite3 data.db 'pragma journal_mode=wal' >/dev/null
sqlite3 data.db 'create table t(id integer primary key, who text, n int); create index i on t(n)'
writer() { for i in $(seq 1 40); do
  sqlite3 -cmd '.timeout 20000' data.db "insert into t(who, n) select '$1', value from generate_series(1, 25)"; done; }
writer one & writer two & wait
sqlite3 data.db 'select who, count(*), sum(n) from t group by who order by who'
sqlite3 data.db 'begin; delete from t; rollback; select count(*) from t'
sqlite3 data.db 'pragma integrity_check'
sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 300000) select sum(x), avg(x * x) from c'
