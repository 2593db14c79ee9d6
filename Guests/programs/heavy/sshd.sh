# Shows: OpenSSH: keys are made, sshd serves a command, a terminal, a forwarded port and sftp
# Every: 2000
# Limit: 300
grep -q '^sshd:' /etc/passwd || echo 'sshd:x:101:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
sed -i 's,^root:[^:]*:\(.*\):[^:]*$,root:*:\1:/bin/bash,' /etc/passwd
mkdir -p /run/sshd && chmod 755 /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t rsa -b 2048 -N '' -f key
mkdir -p /root/.ssh && cp key.pub /root/.ssh/authorized_keys && chmod -R go= /root /root/.ssh
/usr/sbin/sshd -f /dev/null -h "$PWD/host" -p 2222 -o ListenAddress=127.0.0.1 -o UsePAM=no \
  -o PidFile="$PWD/pid" -o Subsystem="sftp internal-sftp" -E "$PWD/sshd.log"
to() { ssh -q -F /dev/null -i key -p 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$@"; }
to root@127.0.0.1 'echo "hello from $USER"; exit 3' || echo "status $?"
to -tt root@127.0.0.1 'tty >/dev/null && echo a terminal' | tr -d '\r'
head -c 300000 /dev/zero | tr '\0' x | to root@127.0.0.1 'sha256sum'
printf 'put host.pub /tmp/sent\nls -1 /tmp/sent\n' >batch
sftp -q -F /dev/null -i key -P 2222 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
  -b batch root@127.0.0.1 2>&1 | grep -v '^sftp>'
cmp host.pub /tmp/sent && echo same
to -N -L 3333:127.0.0.1:2222 root@127.0.0.1 &
forward=$!
for i in $(seq 100); do ssh-keyscan -p 3333 127.0.0.1 2>/dev/null | grep -q ed25519 && break; sleep 0.1; done
ssh-keyscan -p 3333 127.0.0.1 2>/dev/null | grep -c ed25519
kill $forward
kill "$(cat pid)"
