# Shows: coreutils: files, text, checksums, dates, links, ownership, timeouts, split and join, dd
seq 1 20000 >numbers
wc numbers
sha256sum numbers
md5sum <numbers
sort -rn numbers | head -3
shuf numbers | sort -n | cmp - numbers && echo shuffled
split -n l/7 numbers part.
cat part.* | cmp - numbers && echo joined
tac numbers | tac | cmp - numbers
cut -c1 numbers | sort | uniq -c | sort -k2 | awk '{ print $2, $1 }'
paste -d, <(seq 3) <(seq 4 6)
join <(printf '1 a\n2 b\n') <(printf '1 x\n2 y\n')
comm -12 <(seq 1 5) <(seq 3 8) | tr '\n' ' '; echo
expand -t4 <<<$'a\tb' | od -c | head -2
base64 <<<"carry me over" | base64 -d
dd if=/dev/zero of=zeroes bs=64k count=16 status=none
stat -c '%s %F' zeroes
truncate -s 100 zeroes
stat -c %s zeroes
ln numbers hard; ln -s numbers soft
stat -c '%h %N' hard soft
cp -a numbers copy; mv copy moved; rm moved
chmod 640 hard; stat -c %A numbers
mkdir -p d/e/f; rmdir d/e/f; find d | sort
TZ=UTC date -d @1234567890 +%FT%T
env -i A=1 printenv A
nice -n 5 nice
timeout 0.2 sleep 10 || echo "timed out $?"
factor 1234567890123
numfmt --to=iec 123456789
printf '%s\n' b a c | tee copy1 copy2 | sort -c 2>&1 | head -1 || true
cmp copy1 copy2 && readlink -f soft | grep -o 'numbers$'
df . | wc -l
touch -d '2001-02-03 04:05:06 UTC' dated; TZ=UTC stat -c %y dated
mkfifo fifo; (echo through >fifo &) ; cat fifo
