"""Trees for tests of mounts that travel.

    mounts.py make DIR        makes files of all kinds that this user may make
    mounts.py list DIR        lists them with all that travels, but for what the guest of the tests writes
    mounts.py many DIR COUNT  makes as many small files
"""
import hashlib
import os
import stat
import sys

WRITTEN = {'log', 'map', 'ready', 'result', 'done'}


def put(path, data, mode=0o644, time=None):
    with open(path, 'wb') as file:
        file.write(data)
    os.chmod(path, mode)
    if time:
        os.utime(path, ns=(time, time))


def make(top):
    os.makedirs(top)
    os.chdir(top)
    os.makedirs('a/b/c')
    put('a/plain', b'content', 0o640, 1_500_000_000_123_456_789)
    put('a/empty', b'')
    put('a/large', bytes(range(256)) * 4096)
    put('a/read-only', b'x', 0o400)
    put('a/\xc3\xa4 \n\\', b'name')
    os.link('a/plain', 'a/b/link')
    os.link('a/plain', 'z')
    os.symlink('/nowhere/else', 'a/b/out')
    os.symlink('plain', 'a/soft')
    os.mkfifo('a/fifo', 0o620)
    os.mknod('a/socket', stat.S_IFSOCK | 0o600)
    with open('a/sparse', 'wb') as file:
        file.seek(5 << 20)
        file.write(b'middle')
        file.truncate(64 << 20)
    with open('a/nothing', 'wb') as file:
        file.truncate(3 << 20)
    os.setxattr('a/plain', 'user.note', b'\0value')
    os.setxattr('a/b', 'user.directory', b'')
    if os.getuid() == 0:
        os.chown('a/large', 1234, 2345)
        os.chown('a/b/out', 1234, 2345, follow_symlinks=False)
        os.chown('a/b', 1234, 0)
        put('a/set-id', b'program', 0o6755)
        os.setxattr('a/set-id', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
        os.mknod('a/null', stat.S_IFCHR | 0o666, os.makedev(1, 3))
    os.chmod('a/b/c', 0o1750)
    put('map', bytes(8192))
    for path in 'a/b/c', 'a/b', 'a':
        os.utime(path, ns=(1_400_000_000_000_000_000,) * 2)


def describe(path, status, numbers):
    kind = stat.S_IFMT(status.st_mode)
    fields = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns]
    if kind == stat.S_IFREG:
        with open(path, 'rb') as file:
            fields.append(hashlib.sha256(file.read()).hexdigest()[:16])
        fields += [status.st_size, 'sparse' if status.st_blocks * 512 < status.st_size // 2 else 'whole']
    elif kind == stat.S_IFLNK:
        fields.append(os.readlink(path))
    elif kind in (stat.S_IFCHR, stat.S_IFBLK):
        fields.append(status.st_rdev)
    if kind != stat.S_IFDIR:
        fields.append('file %d' % numbers.setdefault(status.st_ino, len(numbers)))
    fields += [(name, os.getxattr(path, name, follow_symlinks=False))
               for name in sorted(os.listxattr(path, follow_symlinks=False))]
    return fields


def list_files(top):
    os.chdir(top)
    numbers = {}
    paths = [os.path.join(folder, name) for folder, folders, names in os.walk('.') for name in folders + names]
    for path in sorted(path for path in paths if os.path.relpath(path) not in WRITTEN):
        print(ascii(path), *describe(path, os.lstat(path), numbers))


if sys.argv[1] == 'make':
    make(sys.argv[2])
elif sys.argv[1] == 'list':
    list_files(sys.argv[2])
else:
    for number in range(int(sys.argv[3])):
        folder = f'{sys.argv[2]}/{number // 100}'
        os.makedirs(folder, exist_ok=True)
        put(f'{folder}/{number}', b'%d' % number)
