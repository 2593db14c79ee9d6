# Shows: findutils, grep, sed, gawk, diff, xargs
mkdir -p src/{one,two}
for i in $(seq 1 60); do echo "line $i of file $((i % 7))" >"src/$([ $((i % 2)) = 0 ] && echo one || echo two)/f$i.txt"; done
find src -name '*.txt' | wc -l
find src -type f -newer /etc/passwd -name 'f1*' | sort | head -3
find src -name 'f*9.txt' -exec cat {} + | sort
find src -type f -print0 | xargs -0 -n 10 -P 4 cat | sort | md5sum
grep -rlE 'file (3|4)' src | wc -l
grep -c . src/one/f2.txt
grep -oP '(?<=line )\d+' src/one/f4.txt
sed -n 's/^line \([0-9]*\) of file \(.*\)/\2:\1/p' src/two/f3.txt
sed -i 's/line/row/; $a appended' src/two/f3.txt
cat src/two/f3.txt
gawk '{ n[$NF]++ } END { PROCINFO["sorted_in"] = "@ind_num_asc"; for (k in n) print k, n[k] }' src/*/*.txt
gawk 'BEGIN { while (("seq 5" | getline line) > 0) s += line; print s; print strftime("%Y", 0, 1) }'
diff -u <(sed 1d src/one/f2.txt) src/one/f2.txt | tail -1
locate=$(find / -xdev -name passwd -path '*etc*' 2>/dev/null | head -1); echo "$locate"
