# bench.sh ROUNDS BINARY...: interleaved suspends
rounds=$1; shift
cd /tmp/sus
for r in $(seq $rounds); do for g in "$@"; do
  rm -f out.txt; $g run --name b$$ --mount /tmp/sus:/mnt --root /work/main/.deps/rootfs/amd64 -- /usr/bin/python3.11 /mnt/heap.py $N > out.txt 2>err.txt &
  for i in $(seq 2000); do grep -q ready out.txt 2>/dev/null && break; sleep 0.02; done
  s=$(date +%s%N); $g suspend b$$ -o snap.$(basename $g) || cat err.txt; e=$(date +%s%N)
  echo "$(basename $g) $(( (e-s)/1000000 )) ms load $(cut -d' ' -f1 /proc/loadavg)"
  wait
done; done
