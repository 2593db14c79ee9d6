# Shows: nginx with worker processes serving curl inside the picoprocess: files, ranges, a proxy to itself
mkdir -p html temp; seq 1 20000 >html/numbers; echo "<h1>hello</h1>" >html/index.html
cat >nginx.conf <<CONF
daemon off; master_process on; worker_processes 2; pid $PWD/pid; error_log $PWD/error.log; user root;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $PWD/temp/b; proxy_temp_path $PWD/temp/p; fastcgi_temp_path $PWD/temp/f;
  uwsgi_temp_path $PWD/temp/u; scgi_temp_path $PWD/temp/s; sendfile on;
  server { listen 7005; root $PWD/html; }
  server { listen 7006; location / { proxy_pass http://127.0.0.1:7005; } } }
CONF
/usr/sbin/nginx -c "$PWD/nginx.conf" -p "$PWD" &
until curl -s http://127.0.0.1:7005/ >/dev/null; do sleep 0.1; done
curl -s http://127.0.0.1:7005/
curl -s http://127.0.0.1:7006/numbers | cmp - html/numbers && echo proxied
curl -s -r 10-19 http://127.0.0.1:7005/numbers | tr '\n' ' '; echo
curl -s -o /dev/null -w '%{http_code}\n' http://localhost:7005/missing
for i in $(seq 1 40); do curl -s http://127.0.0.1:7005/numbers -o "out.$i" & done; wait $(jobs -p | tail -n +2)
cat out.* | wc -c
kill %1; wait %1 || true
