# Shows: bash: functions, arrays, arithmetic, pipelines, here-documents, process substitution, traps, job control
declare -A count
words=(the quick brown fox jumps over the lazy dog the end)
for word in "${words[@]}"; do count[$word]=$((${count[$word]:-0} + 1)); done
for word in "${!count[@]}"; do echo "$word ${count[$word]}"; done | sort | head -20

factorial() { local n=$1; if ((n < 2)); then echo 1; else echo $((n * $(factorial $((n - 1))))); fi; }
factorial 12

# Pipelines, and what they end with.
seq 1 1000 | awk '{ s += $1 } END { print s }'
set +e
false | true | (exit 7)
echo "${PIPESTATUS[@]}"
set -e
cat <<TEXT | tr a-z A-Z
a here-document with ${#words[@]} words
and $(echo a command | tr a-m n-z)
TEXT
read -r first rest <<<"one two three"
echo "$rest, $first"
diff <(seq 1 5) <(seq 1 6) || echo "differ: $?"
while read -r line; do echo "<$line>"; done < <(printf 'x\ny\n')

# Strings and patterns.
path=/usr/share/doc/readme.tar.gz
echo "${path##*/} ${path%%.*} ${path/share/lib} ${path^^}"
[[ $path =~ ([a-z]+)\.tar ]] && echo "${BASH_REMATCH[1]}"
shopt -s extglob
case $path in /usr/+([a-z])/*.gz) echo matched ;; esac
printf '%05d|%-8s|%x|%q\n' 42 left 255 'a b'

# Files and tests.
mkdir -p tree/{a,b}/{1,2}
touch tree/a/1/{x,y,z}
echo tree/*/* tree/a/1/[xy]
[[ -d tree/a && ! -e tree/c ]] && echo there
(cd tree && pwd -P | grep -o 'tree$')
exec 5>out
echo written >&5
exec 5>&-
cat out

# Signals, subshells, background jobs.
trap 'echo "caught $?"' USR1
kill -USR1 $$
(trap 'echo leaving' EXIT; exit 3) || echo "subshell $?"
for i in 3 1 2; do (sleep "0.$i"; echo "job $i" >>jobs) & done
wait
cat jobs
sleep 30 &
kill %1
wait %1 || echo "status $?"
set -m
sleep 30 &
kill -STOP %1
sleep 0.1
jobs | grep -o Stopped
kill -CONT %1
kill %1
wait %1 || echo "status $?"
coproc double { while read -r n; do echo $((n * 2)); done; }
echo 21 >&"${double[1]}"
read -r answer <&"${double[0]}"
echo "$answer"
