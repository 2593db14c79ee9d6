-- What SQLite's own speed test does: inserts with and without an index, selects, updates, deletes.
CREATE TABLE plain(a INTEGER, b INTEGER, c TEXT);
CREATE TABLE keyed(a INTEGER PRIMARY KEY, b INTEGER, c TEXT);
CREATE INDEX keyed_b ON keyed(b);
CREATE INDEX keyed_c ON keyed(c);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
  INSERT INTO plain SELECT i, i * 7919 % 10007, printf('%09d is a number', i * 104729 % 999983) FROM n;
INSERT INTO keyed SELECT * FROM plain;
COMMIT;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12)
  SELECT i, (SELECT count(*) || ' ' || avg(b) FROM plain WHERE b BETWEEN i * 100 AND i * 100 + 1000) FROM n;
SELECT count(*), avg(b) FROM plain WHERE c LIKE '%12%';
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7000)
  SELECT sum((SELECT count(*) FROM keyed WHERE b BETWEEN i AND i + 5)) FROM n;
SELECT a, b, c FROM plain ORDER BY c DESC LIMIT 5;
SELECT count(*), sum(plain.b) FROM plain JOIN keyed ON plain.c = keyed.c WHERE keyed.b % 7 = 3;
BEGIN;
UPDATE plain SET b = b * 2 WHERE a % 3 = 1;
UPDATE keyed SET b = b + 1 WHERE b BETWEEN 2000 AND 5000;
UPDATE keyed SET c = upper(c) || a WHERE a <= 4000;
DELETE FROM keyed WHERE c LIKE '%3 IS%';
DELETE FROM keyed WHERE b > 9000;
COMMIT;
SELECT b % 10, count(*), max(c) FROM keyed GROUP BY 1 ORDER BY 1;
PRAGMA integrity_check;
