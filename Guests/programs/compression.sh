# Shows: gzip, bzip2, xz, zstd, tar
# Every: 1000
# Limit: 240
seq 1 60000 | awk '{ print $1, $1 * 7919 % 10007 }' >plain
for tool in gzip bzip2 'xz -2' zstd 'xz -T2 -1' 'zstd -T2 -5'; do
  $tool -c plain >packed
  ${tool%% *} -dc packed | cmp - plain && echo "$tool"
done
mkdir tree; cp plain tree/; cp -r /usr/share/zoneinfo tree/ 2>/dev/null
for z in z J j; do tar c${z}f t.tar tree && rm -rf out && mkdir out && tar x${z}f t.tar -C out && diff -r tree out/tree && echo "tar $z"; done
