"""Puts a snapshot of a store together again, by Docs/Store.md and Docs/SnapshotFormat.md alone.

    store.py DIR NAME >FILE
    age -d -i KEYS DIR/key | store.py DIR NAME >FILE        of a sealed store

It shares no code with Godwit. For sealed stores it needs Debian's python3-cryptography.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

MANIFEST, PACK, PACK_END = b"\x89GODMAN\n", b"\x89GODPAK\n", b"\nGODPAK\x89"
DESCRIPTOR = struct.Struct("<IIIIQQ32s")
CHUNK, TABLE, PAGE = 2, 3, 4096
SALT = 32


def sha256(data):
    return hashlib.sha256(data).digest()


def check(condition, what):
    if not condition:
        sys.exit(f"store.py: {what}")


class Secret:
    """What opens the messages of a sealed store."""

    def __init__(self, payload):
        label, self.secret = payload[:-32], payload[-32:]
        check(label == b"godwit store key 1\n", "this is no secret of a store")
        self.naming = self.hkdf(b"", b"godwit store name")

    def hkdf(self, salt, info):
        """HKDF-SHA-256 for 32 bytes."""
        key = hmac.digest(salt or bytes(32), self.secret, "sha256")
        return hmac.digest(key, info + b"\1", "sha256")

    def name(self, digest):
        return hmac.digest(self.naming, digest, "sha256")

    def open(self, message, label, authenticated):
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        key = self.hkdf(message[:SALT], b"godwit store " + label)
        try:
            return ChaCha20Poly1305(key).decrypt(bytes(12), message[SALT:], authenticated)
        except InvalidTag:
            sys.exit(f"store.py: a message of {label.decode()} is not what was encrypted")


class Packs:
    """The stored contents of blocks, by the digests of these."""

    def __init__(self, directory, secret):
        self.places = {}
        self.secret = secret
        for path in sorted(directory.glob("*.pack")):
            self.add(path.read_bytes())

    def add(self, data):
        check(data[:16] == PACK + struct.pack("<II", 2 if self.secret else 1, 0), "a pack's header")
        size, digest, end = struct.unpack("<Q32s8s", data[-48:])
        index = data[-48 - size : -48]
        check(end == PACK_END and sha256(index) == digest, "a pack's index")
        at, place = 0, 16
        while at < len(index):
            if self.secret:
                name, digest, stored, count = struct.unpack_from("<32s32sQI", index, at)
                at += 76
                description = self.secret.open(index[at : at + count], b"description", name)
                at += count
                check(sha256(data[place : place + stored]) == digest, "contents in a pack")
                descriptor = description[: DESCRIPTOR.size]
                check(self.secret.name(descriptor[32:]) == name, "the name of a block")
            else:
                descriptor = index[at : at + DESCRIPTOR.size]
                at += DESCRIPTOR.size
            kind, _, _, _, length, pages, digest = DESCRIPTOR.unpack(descriptor)
            if not self.secret:
                at += 32 * (pages // PAGE) if kind == CHUNK else 0
                stored = length
            self.places[digest] = data[place : place + stored]
            place += stored
        check(place == len(data) - 48 - size, "a pack has bytes in no block")

    def stored(self, digest):
        check(digest in self.places, "contents that no pack has")
        data = self.places[digest]
        if self.secret:
            data = self.secret.open(data, b"contents", self.secret.name(digest))
        check(sha256(data) == digest, "contents are others")
        return data


def read_manifest(path, secret):
    data = path.read_bytes()
    check(data[:8] == MANIFEST and sha256(data[:-32]) == data[-32:], "the manifest")
    version = int.from_bytes(data[8:12], "little")
    check(version == (2 if secret else 1), f"a manifest of version {version}")
    if not secret:
        return data, None
    count = int.from_bytes(data[12:16], "little")
    end = 16 + 32 * count
    names = [data[at : at + 32] for at in range(16, end, 32)]
    check(names == sorted(set(names)), "the names are not in order")
    plain = secret.open(data[end:-32], b"manifest", sha256(data[:end]) + path.name.encode())
    return plain, names


def rebuild(directory, name, secret):
    packs = Packs(directory / "packs", secret)
    manifest, names = read_manifest(directory / "snapshots" / name, secret)
    signature, table_size = struct.unpack_from("<IQ", manifest, 12)
    header_size = int.from_bytes(manifest[24 + 12 : 24 + 16], "little")
    at = 24 + header_size
    header, table = manifest[24:at], manifest[at : at + table_size]
    end = manifest[at + table_size : -32]
    check(len(end) == 64 + signature, "the length of the manifest")
    file = bytearray(header)
    digests = set()
    for at in range(0, table_size, DESCRIPTOR.size):
        descriptor = table[at : at + DESCRIPTOR.size]
        _, _, _, padding, _, _, digest = DESCRIPTOR.unpack(descriptor)
        file += descriptor + bytes(padding) + packs.stored(digest)
        digests.add(digest)
    if secret:
        check({secret.name(digest) for digest in digests} == set(names), "the names are of others")
    return bytes(file + DESCRIPTOR.pack(TABLE, 0, 0, 0, table_size, table_size, sha256(table)) + table + end)


def main():
    directory, name = pathlib.Path(sys.argv[1]), sys.argv[2]
    is_sealed = {"godwit store 1\n": False, "godwit store 1 sealed\n": True}
    marker = (directory / "godwit-store").read_text()
    check(marker in is_sealed, "this is no store")
    secret = Secret(sys.stdin.buffer.read()) if is_sealed[marker] else None
    sys.stdout.buffer.write(rebuild(directory, name, secret))


main()
