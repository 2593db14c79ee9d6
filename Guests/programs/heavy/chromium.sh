# Shows: Chromium without a screen: a page's script runs in V8, and the document that it makes is printed
# Every: 50000
# Limit: 1200
export HOME=$PWD XDG_RUNTIME_DIR=$PWD
cat >page.html <<'HTML'
<!doctype html><p id=p>nothing</p><script>
let text = ''; for (let i = 0; i < 1000; i++) text += String.fromCharCode(97 + i % 26);
document.getElementById('p').textContent = [text.length, text.lastIndexOf('xyz'), 2n ** 70n].join(' ');
</script>
HTML
/usr/lib/chromium/chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-zygote \
  --user-data-dir="$PWD/data" --dump-dom "file://$PWD/page.html" >dom 2>log || { tail -5 log; exit 1; }
grep -o '<p id="p">[^<]*' dom
