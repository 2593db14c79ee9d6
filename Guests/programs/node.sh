# Limit: 240
# Shows: node: V8's compilers, timers, promises, worker threads, child processes, files, crypto
# Every: 1000
export NODE_EXTRA_CA_CERTS=
cat >test.js <<'JS'
const { Worker, isMainThread, parentPort } = require('worker_threads');
if (!isMainThread) {
  let s = 0; for (let i = 0; i < 3e5; i++) s = (s * 31 + i) % 1000003;
  parentPort.postMessage(s);
} else (async () => {
  const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
  console.log(fib(24));
  const crypto = require('crypto');
  console.log(crypto.createHash('sha256').update('godwit').digest('hex').slice(0, 16));
  await new Promise(r => setTimeout(r, 30));
  console.log(await Promise.all([1, 2].map(() => new Promise((r, j) => {
    const w = new Worker(__filename); w.on('message', r); w.on('error', j); }))));
  require('fs').writeFileSync('f', JSON.stringify({ a: [1, 2, { b: 'ü' }] }));
  console.log(JSON.parse(require('fs').readFileSync('f')).a[2].b);
  console.log(require('child_process').execSync('seq 3 | paste -sd,').toString().trim());
  console.log([...'hello'].map(c => c.codePointAt(0)).sort((a, b) => a - b).join(' '), 2n ** 70n, /(\d+)-(?<y>\w+)/.exec('12-ab').groups.y);
})();
JS
node test.js
