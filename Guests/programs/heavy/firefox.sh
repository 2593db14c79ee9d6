# Shows: Firefox without a screen: its processes start, a page with a script is laid out and drawn into a file
# Every: 50000
# Limit: 1200
export HOME=$PWD MOZ_HEADLESS=1 MOZ_DISABLE_CONTENT_SANDBOX=1 MOZ_DISABLE_GMP_SANDBOX=1 XDG_RUNTIME_DIR=$PWD
mkdir profile
cat >page.html <<'HTML'
<!doctype html><body style="margin:0;background:#fff"><script>
let sum = 0; for (let i = 0; i < 100000; i++) sum += i % 7;
document.body.style.background = sum == 299995 ? '#00f' : '#f00';
</script>
HTML
firefox-esr --headless --no-remote --profile "$PWD/profile" --window-size=64,64 \
  --screenshot "$PWD/shot.png" "file://$PWD/page.html" >log 2>&1 || { tail -5 log; exit 1; }
[ -s shot.png ] || { tail -5 log; exit 1; }
python3 - <<'PY'
import struct, zlib
data = open('shot.png', 'rb').read()
place, parts = 8, b''
while place < len(data):
    size, kind = struct.unpack('>I4s', data[place:place + 8])
    if kind == b'IHDR':
        width, height, depth, colour = struct.unpack('>IIBB', data[place + 8:place + 18])
    if kind == b'IDAT':
        parts += data[place + 8:place + 8 + size]
    place += size + 12
print(width, height, tuple(zlib.decompress(parts)[1:4]))
PY
