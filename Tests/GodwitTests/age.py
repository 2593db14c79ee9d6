"""Decrypts files in the age format by Docs/SnapshotFormat.md and the specification that it names, age-encryption.org/v1.

Needs Debian's python3-cryptography.
"""

import base64
import hashlib
import hmac
import re

CHUNK = 65536
TAG = 16
NONCE = 16
KEY = 16
LARGEST_HEADER = 65536
LARGEST_WORK_FACTOR = 22
MAGIC = b"age-encryption.org/"
VERSION_LINE = b"age-encryption.org/v1\n"
ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
DIGITS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


class SealFault(Exception):
    """What is wrong with a sealed file, by the name that the document has for it."""

    def __init__(self, name, detail):
        super().__init__(f"{name}: {detail}")


def check(condition, detail, name="malformedHeader"):
    if not condition:
        raise SealFault(name, detail)


def hkdf(secret, salt, info):
    key = hmac.digest(salt or bytes(32), secret, "sha256")
    return hmac.digest(key, info + b"\1", "sha256")


def decrypt(key, nonce, data):
    """None if the data is not what was encrypted with the key."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    try:
        return ChaCha20Poly1305(key).decrypt(nonce, data, None) if len(data) >= TAG else None
    except InvalidTag:
        return None


def decode_base64(text):
    check(re.fullmatch(rb"[A-Za-z0-9+/]*", text) and len(text) % 4 != 1, "what should be Base64")
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    check(base64.b64encode(data).rstrip(b"=") == text, "Base64 with bits left over")
    return data


def decode_identity(line):
    """The 32 bytes of `AGE-SECRET-KEY-1…`, without a look at the checksum."""
    prefix, _, data = line.lower().rpartition("1")
    check(prefix == "age-secret-key-" and len(data) == 58, "it has a line that is no identity", "identity")
    number = 0
    for digit in data[:-6]:
        number = number << 5 | DIGITS.index(digit)
    return (number >> 4).to_bytes(32, "big")


class Keys:
    """What sealed files are opened with."""

    def __init__(self, identity_files=(), passphrase_file=None):
        self.identities = []
        for path in identity_files:
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
            self.identities += [decode_identity(line) for line in lines if line and not line.startswith("#")]
        self.passphrase = None
        if passphrase_file:
            with open(passphrase_file, "rb") as file:
                self.passphrase = file.read().removesuffix(b"\n")

    def unwrap(self, stanzas):
        """The file key."""
        kinds = [arguments[0] for arguments, _ in stanzas]
        check(b"scrypt" not in kinds or len(kinds) == 1, "a passphrase does not stand alone")
        keys = [key for stanza in stanzas for key in self.candidates(*stanza) if key]
        if kinds == [b"scrypt"]:
            check(self.passphrase is not None, "it has a passphrase", "needsPassphrase")
            check(keys, "the passphrase", "wrongPassphrase")
        names = ", ".join(kind.decode() for kind in kinds)
        check(keys or self.identities, f"it is for {names}", "needsIdentity")
        check(keys, f"it is for {names}", "noMatch")
        return keys[0]

    def candidates(self, arguments, body):
        if arguments[0] == b"X25519":
            check(len(arguments) == 2, "an X25519 recipient")
            share = decode_base64(arguments[1])
            check(len(share) == 32 and len(body) == KEY + TAG, "an X25519 recipient")
            for identity in self.identities:
                yield self.x25519(identity, share, body)
        if arguments[0] == b"scrypt":
            check(len(arguments) == 3 and re.fullmatch(rb"[1-9][0-9]{0,3}", arguments[2]), "a passphrase")
            salt, work_factor = decode_base64(arguments[1]), int(arguments[2])
            check(len(salt) == 16 and len(body) == KEY + TAG, "a passphrase")
            check(work_factor <= LARGEST_WORK_FACTOR, f"2^{work_factor}", "workFactorTooHigh")
            if self.passphrase is not None:
                key = hashlib.scrypt(
                    self.passphrase, salt=b"age-encryption.org/v1/scrypt" + salt, n=1 << work_factor, r=8, p=1,
                    dklen=32, maxmem=(1 << work_factor + 10) + (1 << 20))
                yield decrypt(key, bytes(12), body)

    @staticmethod
    def x25519(identity, share, body):
        from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        private = X25519PrivateKey.from_private_bytes(identity)
        recipient = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        try:
            secret = private.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError:
            raise SealFault("malformedHeader", "a share of low order") from None
        return decrypt(hkdf(secret, share + recipient, b"age-encryption.org/v1/X25519"), bytes(12), body)


class Header:
    """The text in front of the payload, out of a function that returns the next line."""

    def __init__(self, read_line):
        self.length = 0
        self.text = b""
        self.read_line = read_line
        self.stanzas = []
        version = self.line(MAGIC)
        check(not version.startswith(ARMOR), "armor", "armored")
        check(version + b"\n" == VERSION_LINE, "the version", "unsupportedVersion")
        while not (line := self.line()).startswith(b"---"):
            check(line.startswith(b"-> "), "a line is no recipient's")
            arguments = line[3:].split(b" ")
            check(all(re.fullmatch(rb"[!-~]+", argument) for argument in arguments), "arguments of a recipient")
            body, part = b"", b"A" * 64
            while len(part) == 64:
                part = self.line()
                check(len(part) <= 64, "a line is too long")
                body += decode_base64(part)
            self.stanzas.append((arguments, body))
        check(self.stanzas, "there are no recipients")
        check(re.fullmatch(rb"--- .{43}", line), "the MAC")
        self.mac = decode_base64(line[4:])
        self.covered = self.text[: -len(line) - 1] + b"---"

    def line(self, start=b""):
        line = self.read_line(LARGEST_HEADER + 1 - len(self.text))
        self.text += line
        check(len(self.text) <= LARGEST_HEADER, f"{LARGEST_HEADER} bytes", "headerTooLarge")
        check(line.startswith(start[: len(line)]) or line.startswith(ARMOR), "another format", "notAge")
        check(line.endswith(b"\n"), "it ends in the header", "truncated")
        return line[:-1]

    def file_key(self, keys):
        key = keys.unwrap(self.stanzas)
        mac = hmac.digest(hkdf(key, b"", b"header"), self.covered, "sha256")
        check(hmac.compare_digest(mac, self.mac), "the MAC of the header", "wrongHeaderMAC")
        return key


class Payload:
    """Decrypts chunks."""

    def __init__(self, file_key, nonce):
        check(len(nonce) == NONCE, "it ends before the payload", "truncated")
        self.key = hkdf(file_key, nonce, b"payload")

    def chunk(self, index, data, is_last):
        check(len(data) >= TAG, "it ends in a chunk", "truncated")
        chunk = decrypt(self.key, index.to_bytes(11, "big") + bytes([is_last]), data)
        check(chunk is not None, f"chunk {index}", "wrongLastChunk" if is_last else "damagedChunk")
        check(chunk or not is_last or not index, "the last chunk", "emptyLastChunk")
        return chunk


def is_sealed(start):
    return start.startswith(MAGIC) or start.startswith(ARMOR)


class SealedFile:
    """A sealed file of which any part is read alone."""

    def __init__(self, file, size, keys):
        self.file = file
        file.seek(0)
        header = Header(file.readline)
        key = header.file_key(keys)
        self.payload = Payload(key, file.read(NONCE))
        self.start = len(header.text) + NONCE
        check(size >= self.start + TAG, "it has no payload", "truncated")
        self.last = (size - self.start - 1) // (CHUNK + TAG)
        self.kept = {self.last: self.read_chunk(self.last)}
        self.size = self.last * CHUNK + len(self.kept[self.last])

    def read_chunk(self, index):
        self.file.seek(self.start + index * (CHUNK + TAG))
        return self.payload.chunk(index, self.file.read(CHUNK + TAG), index == self.last)

    def read(self, offset, count):
        parts = []
        end = min(offset + count, self.size)
        while offset < end:
            index, at = divmod(offset, CHUNK)
            if index not in self.kept:
                # The last chunk and one other.
                self.kept = {self.last: self.kept[self.last], index: self.read_chunk(index)}
            parts.append(self.kept[index][at : at + end - offset])
            offset += len(parts[-1])
        return b"".join(parts)


class SealedStream:
    """A sealed file that is read from front to back. It is whole only when it has been read to its end."""

    def __init__(self, stream, keys):
        self.stream = stream
        header = Header(stream.readline)
        self.payload = Payload(header.file_key(keys), stream.read(NONCE))
        self.index = 0
        self.plain = b""
        self.ahead = stream.read(CHUNK + TAG)
        self.is_at_end = False

    def read(self, count):
        while len(self.plain) < count and not self.is_at_end:
            data, self.ahead = self.ahead, self.stream.read(CHUNK + TAG)
            self.is_at_end = not self.ahead
            self.plain += self.payload.chunk(self.index, data, self.is_at_end)
            self.index += 1
        data, self.plain = self.plain[:count], self.plain[count:]
        return data
