#!/usr/bin/python3
"""Reads Godwit's snapshots by Docs/SnapshotFormat.md and State.proto alone.

It shares no code with Godwit, so that whatever the documents leave out is noticed.

    reader.py verify FILE            check everything, and the chain that FILE ends
    reader.py list FILE              tasks, mappings and descriptors, as JSON
    reader.py page FILE PID ADDRESS  the page of a process at an address, as it is
    reader.py carried FILE [PATH]    the carried files, or the contents of the one at a path

FILE may be `-`, a pipe for example, which is read from front to back; its parents are then looked for in
--directory. Needs Python 3.11, for compressed snapshots Debian's python3-zstandard, and for sealed ones
python3-cryptography and --identity or --passphrase-file.
"""

import argparse
import base64
import functools
import hashlib
import io
import json
import os
import re
import struct
import sys

# Nothing is left in the checkout.
sys.dont_write_bytecode = True

import age

PAGE = 4096
PAGES_IN_CHUNK = 64
LAST_PAGE_NUMBER = 1 << 52
LARGEST_SECTION = 128 << 20
LARGEST_TABLE = 256 << 20
LARGEST_SIGNATURE = 4096
SECTION_PART = 64 << 20
PART_STEP = 65536
PARTS = 32
SECTION, CHUNK, TABLE = 1, 2, 3
CRITICAL, COMPRESSED, SHUFFLED = 1, 2, 4

HEADER_MAGIC = b"\x89GODWIT\n"
TRAILER_MAGIC = b"\nGODEND\x89"
SIGNATURE_MAGIC = b"\nGODSIG\x89"
TRAILER = struct.Struct("<Q16s32s8s")


class Fault(Exception):
    """What is wrong with a snapshot, by the name that the document has for it."""

    def __init__(self, name, detail):
        super().__init__(f"{name}: {detail}")


def check(condition, detail, name="malformed"):
    if not condition:
        raise Fault(name, detail)


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


# --- Messages ------------------------------------------------------------------------------------


def read_varint(data, at, shortest=False):
    """LEB128: the number at `at` in the data, and where the next one is."""
    value = shift = 0
    while True:
        check(at < len(data), "a number is cut off")
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            break
        check(shift < 70, "a number is too long")
    check(value < 1 << 64, "a number is too large")
    check(not shortest or byte or shift == 7, "a number is not in the shortest form")
    return value, at


def write_varint(value):
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    result.append(value)
    return bytes(result)


def unzigzag(value):
    return value >> 1 ^ -(value & 1)


def signed(bits, value):
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


class Field:
    """A field of a message."""

    VARINTS = {
        "bool": bool,
        "int32": lambda value: signed(32, value),
        "int64": lambda value: signed(64, value),
        "uint32": lambda value: value & 0xFFFFFFFF,
        "uint64": lambda value: value,
        "sint32": lambda value: unzigzag(value & 0xFFFFFFFF),
        "sint64": unzigzag,
    }
    FIXED = {"fixed64": struct.Struct("<Q"), "fixed32": struct.Struct("<I")}
    WIRE = {"fixed64": 1, "fixed32": 5}

    def __init__(self, name, number, kind, repeated, has_presence):
        self.name, self.number, self.kind, self.repeated = name, number, kind, repeated
        self.is_scalar = kind in self.VARINTS or kind in self.FIXED
        self.is_message = not self.is_scalar and kind not in ("string", "bytes")
        self.has_presence = has_presence or self.is_message
        self.wire = 2 if not self.is_scalar else self.WIRE.get(kind, 0)

    def absent(self):
        if self.repeated:
            return []
        if self.has_presence:
            return None
        return {"string": "", "bytes": b"", "bool": False}.get(self.kind, 0)

    def read(self, schema, wire, value):
        """The values in one occurrence: numbers, or the bytes of what has a length."""
        if self.is_scalar and self.repeated and wire == 2:
            if self.kind in self.FIXED:
                fixed = self.FIXED[self.kind]
                check(len(value) % fixed.size == 0, f"{self.name} is cut off")
                return [number for (number,) in fixed.iter_unpack(value)]
            numbers, at = [], 0
            while at < len(value):
                number, at = read_varint(value, at)
                numbers.append(self.VARINTS[self.kind](number))
            return numbers
        check(wire == self.wire, f"{self.name} has wire type {wire}")
        if self.kind in self.VARINTS:
            return [self.VARINTS[self.kind](value)]
        if self.kind in self.FIXED:
            return [self.FIXED[self.kind].unpack(value)[0]]
        if self.kind == "string":
            try:
                return [str(value, "utf-8")]
            except UnicodeDecodeError:
                raise Fault("malformed", f"{self.name} is not UTF-8") from None
        return [bytes(value) if self.kind == "bytes" else schema.decode(self.kind, value)]

    def write(self, schema, value):
        if not self.repeated and value == self.absent() and not (self.has_presence and value is not None):
            return b""
        values = value if self.repeated else [value]
        tag = write_varint(self.number << 3 | self.wire)
        if self.is_scalar:
            numbers = [self.write_number(number) for number in values]
            if not self.repeated:
                return tag + numbers[0]
            packed = b"".join(numbers)
            return write_varint(self.number << 3 | 2) + write_varint(len(packed)) + packed if packed else b""
        result = []
        for value in values:
            if self.kind == "string":
                value = value.encode()
            elif self.kind != "bytes":
                value = schema.encode(value)
            result += [tag, write_varint(len(value)), value]
        return b"".join(result)

    def write_number(self, number):
        if self.kind in self.FIXED:
            return self.FIXED[self.kind].pack(number)
        if self.kind.startswith("sint"):
            number = number << 1 ^ -(number < 0)
        return write_varint(number & (1 << 64) - 1)


class Message:
    """A decoded message. Absent fields have their defaults, or None where absence says something."""

    def __init__(self, fields):
        self.fields = fields
        for field in fields.values():
            setattr(self, field.name, field.absent())


class Schema:
    """The messages of a .proto file, and which section of a snapshot is which of them."""

    def __init__(self, text):
        self.messages, self.sections = {}, {}
        comments = re.compile(r"// Section (\d+)\..*\n(?://.*\n)*message (\w+)")
        for number, name in comments.findall(text):
            self.sections[int(number)] = name
        tokens = iter(re.findall(r'"[^"]*"|[\w.]+|\S', re.sub("//.*", "", text)))
        for token in tokens:
            if token == "message":
                name = next(tokens)
                self.messages[name] = self.read_fields(tokens, False)
            else:
                self.skip_statement(token, ("syntax", "package"), tokens)

    @staticmethod
    def skip_statement(token, known, tokens):
        if token not in known:
            raise ValueError(f"the .proto file has {token}")
        while next(tokens) != ";":
            pass

    def read_fields(self, tokens, is_one_of):
        assert next(tokens) == "{"
        fields = {}
        while (token := next(tokens)) != "}":
            if token == "oneof":
                next(tokens)
                fields |= self.read_fields(tokens, True)
            elif token == "reserved":
                self.skip_statement(token, ("reserved",), tokens)
            else:
                has_label = token in ("repeated", "optional")
                kind = next(tokens) if has_label else token
                name, equals, number, end = (next(tokens) for _ in range(4))
                assert (equals, end) == ("=", ";"), name
                fields[int(number)] = Field(
                    name, int(number), kind, token == "repeated", token == "optional" or is_one_of)
        return fields

    def decode(self, name, data):
        fields = self.messages[name]
        message, at = Message(fields), 0
        while at < len(data):
            tag, at = read_varint(data, at)
            wire = tag & 7
            if wire == 0:
                value, at = read_varint(data, at)
            else:
                check(wire in (1, 2, 5), f"{name} has wire type {wire}")
                size = {1: 8, 5: 4}.get(wire)
                if wire == 2:
                    size, at = read_varint(data, at)
                check(size <= len(data) - at, f"{name} ends within a field")
                value, at = data[at : at + size], at + size
            field = fields.get(tag >> 3)
            if field is None:
                continue
            values = field.read(self, wire, value)
            if field.repeated:
                getattr(message, field.name).extend(values)
            else:
                setattr(message, field.name, values[0])
        return message

    def encode(self, message):
        return b"".join(
            field.write(self, getattr(message, field.name))
            for _, field in sorted(message.fields.items()))


# --- The container -------------------------------------------------------------------------------


class Cursor:
    """Reads fields out of bytes."""

    def __init__(self, data, what):
        self.data, self.what, self.at = data, what, 0

    def bytes(self, count):
        check(count <= len(self.data) - self.at, f"{self.what} is too short")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, count, is_signed=False):
        return int.from_bytes(self.bytes(count), "little", signed=is_signed)

    def text(self):
        try:
            return str(self.bytes(self.number(2)), "utf-8")
        except UnicodeDecodeError:
            raise Fault("malformed", f"{self.what} has a text that is not UTF-8") from None


class Header:
    """What precedes the blocks."""

    SMALLEST, LARGEST = 48, 65536

    def __init__(self, data):
        """Of the whole header, of whose first 16 bytes `length_in` has made sure."""
        check(sha256(data[:-32]) == data[-32:], "the header", "checksumMismatch")
        self.data = data
        self.digest = data[-32:]
        cursor = Cursor(data[:-32], "the header")
        cursor.bytes(8)
        version = cursor.number(4)
        check(version != 1, "format version 1", "unreleasedFormatVersion")
        check(version == 2, f"format version {version}", "unsupportedFormatVersion")
        cursor.bytes(4)
        self.parent_id = cursor.bytes(16)
        self.parent_digest = cursor.bytes(32)
        self.parent_pages = cursor.number(8)
        self.parent_name = cursor.text()
        self.created = cursor.number(8, is_signed=True)
        self.created_nanoseconds = cursor.number(4)
        self.abi_version = cursor.number(4)
        self.isa = cursor.text()
        self.library_os = cursor.text()
        self.host = cursor.text()
        self.features = [cursor.text() for _ in range(cursor.number(2))]
        # What follows belongs to newer versions.
        self.has_parent = any(self.parent_digest)
        if self.has_parent:
            name = self.parent_name
            check(any(self.parent_id), "the parent has no id")
            check(
                0 < len(name.encode()) <= 255 and not {"/", "\0"} & set(name) and name not in (".", ".."),
                "the parent's name is not that of a file")
            check(self.parent_pages <= LAST_PAGE_NUMBER, "the parent has too many pages")
        else:
            check(
                not any(self.parent_id) and not self.parent_pages and not self.parent_name,
                "the parent has no digest")
        check(self.created_nanoseconds < 10**9, "the time of creation")
        names = [feature.encode() for feature in self.features]
        check(all(a < b for a, b in zip(names, names[1:])), "the features are not in order")

    @classmethod
    def length_in(cls, start):
        """The length that the first 16 bytes say."""
        check(start[:8] == HEADER_MAGIC[: len(start)], "no magic number", "notASnapshot")
        check(len(start) == 16, "it ends in the header", "truncated")
        length = int.from_bytes(start[12:16], "little")
        check(cls.SMALLEST <= length <= cls.LARGEST, "the length of the header")
        return length


class Descriptor:
    """What stands before a block, and in the table of contents."""

    FORM = struct.Struct("<IIIIQQ32s")
    SIZE = FORM.size

    def __init__(self, data, offset):
        self.data, self.offset = data, offset
        fields = self.FORM.unpack(data)
        self.kind, self.number, self.flags, self.padding = fields[:4]
        self.stored, self.length, self.digest = fields[4:]
        self.is_compressed = bool(self.flags & COMPRESSED)
        self.is_shuffled = bool(self.flags & SHUFFLED)
        self.contents = offset + self.SIZE + self.padding
        self.end = self.contents + self.stored
        self.validate()

    @property
    def name(self):
        return {SECTION: f"section {self.number}", CHUNK: "a page chunk", TABLE: "the table of contents"}[self.kind]

    def validate(self):
        check(self.kind in (SECTION, CHUNK, TABLE), f"a block of kind {self.kind}")
        check(self.kind == SECTION or not self.number, f"{self.name} has a number")
        allowed = {SECTION: CRITICAL | COMPRESSED, CHUNK: COMPRESSED | SHUFFLED, TABLE: 0}[self.kind]
        check(not self.flags & ~allowed, f"{self.name} has flags {self.flags}")
        check(self.is_compressed or not self.is_shuffled, f"{self.name} has flags {self.flags}")
        if self.is_compressed:
            check(self.length > self.stored, f"{self.name} is longer than its contents")
        else:
            check(self.length == self.stored, f"{self.name} has two lengths")
        largest = {SECTION: LARGEST_SECTION, CHUNK: PAGES_IN_CHUNK * PAGE, TABLE: LARGEST_TABLE}[self.kind]
        check(self.length <= largest, f"{self.name} has {self.length} bytes", "tooLarge")
        if self.kind == CHUNK:
            check(self.length and self.length % PAGE == 0, "a page chunk has no whole pages")
        if self.kind == TABLE:
            check(self.length % self.SIZE == 0, "the table has no whole descriptors")
        padding = 0
        if self.kind == CHUNK and not self.is_compressed:
            padding = -(self.offset + self.SIZE) % PAGE
        check(self.padding == padding, f"{self.name} has {self.padding} bytes of padding")


def frame_length(data):
    """The length of the zstd frame that the data begins with, by RFC 8878."""
    import zstandard

    check(data[:4] == b"\x28\xb5\x2f\xfd", "it is not a zstd frame")
    try:
        at = zstandard.frame_header_size(data)
        has_checksum = zstandard.get_frame_parameters(data).has_checksum
    except zstandard.ZstdError as error:
        raise Fault("malformed", f"a zstd frame: {error}") from None
    is_last = False
    while not is_last:
        check(at + 3 <= len(data), "a zstd frame is cut off")
        block = int.from_bytes(data[at : at + 3], "little")
        is_last, kind, size = block & 1, block >> 1 & 3, block >> 3
        # A block of one repeated byte has it once.
        at += 3 + (1 if kind == 1 else size)
    return at + (4 if has_checksum else 0)


def contents_of(descriptor, stored):
    """The contents of a block, of what is stored."""
    check(sha256(stored) == descriptor.digest, descriptor.name, "checksumMismatch")
    if not descriptor.is_compressed:
        return stored
    import zstandard

    check(frame_length(stored) == len(stored), f"{descriptor.name} is not one zstd frame")
    try:
        # One byte more than there should be is asked for, and no frame can make it more.
        stream = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(stored))
        contents = b""
        while len(contents) <= descriptor.length:
            part = stream.read(descriptor.length + 1 - len(contents))
            if not part:
                break
            contents += part
    except zstandard.ZstdError as error:
        raise Fault("malformed", f"{descriptor.name}: {error}") from None
    check(len(contents) == descriptor.length, f"{descriptor.name} has another length in its frame")
    if descriptor.is_shuffled:
        words, ordered = len(contents) // 8, bytearray(len(contents))
        for byte in range(8):
            ordered[byte::8] = contents[byte * words : (byte + 1) * words]
        return bytes(ordered)
    return contents


class Contents:
    """The blocks of a snapshot as descriptors say: sections by number, page chunks in order."""

    def __init__(self, descriptors):
        self.sections, self.chunks = {}, []
        for descriptor in descriptors:
            self.add(descriptor)

    def add(self, descriptor):
        check(descriptor.kind != TABLE, "the table lists a table")
        if descriptor.kind == SECTION:
            check(descriptor.number not in self.sections, f"two of {descriptor.name}")
            self.sections[descriptor.number] = descriptor
        else:
            check(
                not self.chunks or self.chunks[-1].length == PAGES_IN_CHUNK * PAGE,
                "a page chunk that is not the last has too few pages")
            self.chunks.append(descriptor)

    @property
    def page_count(self):
        if not self.chunks:
            return 0
        return (len(self.chunks) - 1) * PAGES_IN_CHUNK + self.chunks[-1].length // PAGE


def read_trailer(header, table, data):
    """The id and the content digest of a snapshot."""
    length, identity, digest, magic = TRAILER.unpack(data)
    check(magic == TRAILER_MAGIC, "no trailer", "truncated")
    check(sha256(header.data, table, data[:24]) == digest, "the trailer", "checksumMismatch")
    check(length == len(table), "the trailer has another length of the table")
    return identity, digest


def read_signature(data):
    """The key that a signature block says it is of, as SSH writes keys. Whether the signature is right is for
    ssh-keygen to say."""
    check(len(data) >= 12 and data[-8:] == SIGNATURE_MAGIC, "what follows the trailer is no signature")
    length = int.from_bytes(data[-12:-8], "little")
    check(length == len(data) - 12 and length <= LARGEST_SIGNATURE, "the length of the signature")
    cursor = Cursor(data[:-12], "the signature")

    def string(cursor):
        return cursor.bytes(int.from_bytes(cursor.bytes(4), "big"))

    check(cursor.bytes(6) == b"SSHSIG", "the signature is not an SSHSIG")
    check(int.from_bytes(cursor.bytes(4), "big") == 1, "the version of the SSHSIG")
    key, namespace, _, hash_name, signature = (string(cursor) for _ in range(5))
    check(cursor.at == length, "the SSHSIG has bytes after its end")
    check(namespace == b"snapshot@godwit", "the namespace of the signature")
    check(hash_name == b"sha512", "the hash of the signature")
    inner = Cursor(key, "the key")
    check(string(inner) == b"ssh-ed25519" and len(string(inner)) == 32, "the key of the signature")
    inner = Cursor(signature, "the signature")
    check(string(inner) == b"ssh-ed25519" and len(string(inner)) == 64, "the signature in the SSHSIG")
    return key


class Parts(io.RawIOBase):
    """The parts of a snapshot, by the list that names them, as one file."""

    MAGIC = b"godwit parts "

    def __init__(self, path, lines):
        self.pieces, self.size, self.at = [], 0, 0
        check(lines[0] == "1", f"parts of version {lines[0]}", "unsupportedFormatVersion")
        check(len(lines) > 2 and lines[-1] == "", "the list of parts")
        for line in lines[1:-1]:
            size, head, digest, name = line.split(" ", 3)
            check("/" not in name and name not in ("", ".", ".."), "the name of a part")
            piece = open(os.path.join(os.path.dirname(path), name), "rb")
            check(os.fstat(piece.fileno()).st_size == int(size), f"the size of {name}")
            check(sha256(piece.read(4096)).hex() == head, f"the start of {name}", "checksumMismatch")
            piece.seek(0)
            check(hashlib.file_digest(piece, "sha256").hexdigest() == digest, name, "checksumMismatch")
            self.pieces.append((self.size, self.size + int(size), piece))
            self.size += int(size)

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self.at, os.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer):
        for start, end, piece in self.pieces:
            if start <= self.at < end:
                piece.seek(self.at - start)
                count = piece.readinto(memoryview(buffer)[: end - self.at])
                self.at += count
                return count
        return 0


class PlainFile:
    """A file of which any part is read alone, or the parts that it names."""

    def __init__(self, path):
        self.file = open(path, "rb")
        self.size = os.fstat(self.file.fileno()).st_size
        if self.file.read(len(Parts.MAGIC)) == Parts.MAGIC:
            parts = Parts(path, self.file.read().decode().split("\n"))
            self.file, self.size = io.BufferedReader(parts), parts.size

    def read(self, offset, count):
        self.file.seek(offset)
        return self.file.read(count)


class FileSnapshot:
    """A snapshot that is read by its table of contents."""

    def __init__(self, path, keys):
        self.directory, self.keys = os.path.dirname(path) or ".", keys
        self.file = PlainFile(path)
        if age.is_sealed(self.file.read(0, 64)):
            self.file = age.SealedFile(self.file.file, self.file.size, keys)
        size = self.file.size
        start = self.read(0, min(16, size))
        length = Header.length_in(start)
        check(length <= size, "it ends in the header", "truncated")
        self.header = Header(self.read(0, length))

        end = size
        self.signer = None
        tail = self.read(size - 12, 12) if size >= length + 12 else b""
        if tail[4:] == SIGNATURE_MAGIC:
            signature = int.from_bytes(tail[:4], "little") + 12
            check(signature <= LARGEST_SIGNATURE + 12, "the length of the signature", "tooLarge")
            check(signature <= size - length, "it ends in the header", "truncated")
            end -= signature
            self.signer = read_signature(self.read(end, signature))
        check(end - length >= TRAILER.size, "it has no trailer", "truncated")
        trailer = self.read(end - TRAILER.size, TRAILER.size)
        check(trailer[-8:] == TRAILER_MAGIC, "it has no trailer", "truncated")
        end -= TRAILER.size
        table_length = int.from_bytes(trailer[:8], "little")
        check(table_length <= LARGEST_TABLE, "the table of contents", "tooLarge")
        check(table_length <= end - length - Descriptor.SIZE, "the table is longer than the file")
        table = self.read(end - table_length, table_length)
        self.id, self.digest = read_trailer(self.header, table, trailer)

        check(table_length % Descriptor.SIZE == 0, "the table has no whole descriptors")
        offset, self.descriptors = length, []
        for at in range(0, table_length, Descriptor.SIZE):
            self.descriptors.append(Descriptor(table[at : at + Descriptor.SIZE], offset))
            offset = self.descriptors[-1].end
        self.contents = Contents(self.descriptors)
        check(offset + Descriptor.SIZE + table_length == end, "the blocks do not end where the table begins")
        self.table_offset, self.table = offset, table

    def read(self, offset, count):
        data = self.file.read(offset, count)
        check(len(data) == count, "it became shorter", "truncated")
        return data

    def block(self, descriptor):
        return contents_of(descriptor, self.read(descriptor.contents, descriptor.stored))

    def verify(self):
        """Everything that the table does not need: the blocks, and what stands before each of them."""
        for descriptor in self.descriptors:
            self.verify_front(descriptor)
            self.block(descriptor)
        data = self.read(self.table_offset, Descriptor.SIZE)
        descriptor = Descriptor(data, self.table_offset)
        check(
            descriptor.kind == TABLE and descriptor.stored == len(self.table),
            "the descriptor of the table")
        contents_of(descriptor, self.table)

    def verify_front(self, descriptor):
        front = self.read(descriptor.offset, Descriptor.SIZE + descriptor.padding)
        check(front[: Descriptor.SIZE] == descriptor.data, f"the descriptor of {descriptor.name}", "checksumMismatch")
        check(not any(front[Descriptor.SIZE :]), f"the padding of {descriptor.name}")


class StreamSnapshot:
    """A snapshot that is read from front to back. Nothing of it is to be believed before `__init__` returns.

    It keeps the blocks, as they are stored, where a reader that knows what to do with them would use them."""

    def __init__(self, stream, directory, keys):
        self.directory, self.keys = directory, keys
        is_sealed = age.is_sealed(stream.peek(64))
        self.stream = age.SealedStream(stream, keys) if is_sealed else stream
        start = self.read(16, None)
        length = Header.length_in(start)
        rest = self.read(length - 16, None)
        check(len(rest) == length - 16, "it ends in the header", "truncated")
        self.header = Header(start + rest)
        self.contents = Contents([])
        self.descriptors, self.blocks = [], {}
        offset = length
        while True:
            descriptor = Descriptor(self.read(Descriptor.SIZE, "the descriptor of a block"), offset)
            padding = self.read(descriptor.padding, f"the padding of {descriptor.name}")
            check(not any(padding), f"the padding of {descriptor.name}")
            stored = self.read(descriptor.stored, descriptor.name)
            block = contents_of(descriptor, stored)
            if descriptor.kind == TABLE:
                break
            self.contents.add(descriptor)
            self.descriptors.append(descriptor)
            self.blocks[descriptor.offset] = stored
            offset = descriptor.end
        check(
            block == b"".join(descriptor.data for descriptor in self.descriptors),
            "the table does not list what was read")
        self.id, self.digest = read_trailer(self.header, block, self.read(TRAILER.size, "the trailer"))
        signature = self.read(LARGEST_SIGNATURE + 12 + 1, None)
        self.signer = read_signature(signature) if signature else None

    def read(self, count, part):
        """Memory is taken as bytes arrive: no length is believed."""
        parts = []
        while count:
            data = self.stream.read(min(count, 1 << 20))
            if not data:
                check(part is None, part, "endsWithin")
                break
            parts.append(data)
            count -= len(data)
        return b"".join(parts)

    def block(self, descriptor):
        return contents_of(descriptor, self.blocks[descriptor.offset])

    def verify(self):
        """All was checked as it came."""


class Chain:
    """A snapshot with its parents, which have the pages that it has not."""

    def __init__(self, snapshot):
        self.snapshots = [snapshot]
        self.kept = {}
        while (child := self.snapshots[-1]).header.has_parent:
            link = child.header
            path = os.path.join(child.directory, link.parent_name)
            if not os.path.exists(path):
                raise Fault("missingParent", link.parent_name)
            try:
                parent = FileSnapshot(path, child.keys)
            except (Fault, age.SealFault) as fault:
                raise Fault("inParent", f"{link.parent_name}: {fault}") from None
            pages = parent.header.parent_pages + parent.contents.page_count
            check(
                (parent.id, parent.digest, pages) == (link.parent_id, link.parent_digest, link.parent_pages),
                link.parent_name, "wrongParent")
            self.snapshots.append(parent)
        self.page_count = snapshot.header.parent_pages + snapshot.contents.page_count

    def verify(self):
        for snapshot in self.snapshots:
            snapshot.verify()

    @functools.cache
    def page_digest(self, number):
        return sha256(self.page(number))

    def page(self, number):
        if number == 0:
            return bytes(PAGE)
        check(number <= self.page_count, f"page {number}", "noSuchPage")
        for snapshot in self.snapshots:
            if number > snapshot.header.parent_pages:
                index = number - snapshot.header.parent_pages - 1
                chunk = self.chunk(snapshot, snapshot.contents.chunks[index // PAGES_IN_CHUNK])
                at = index % PAGES_IN_CHUNK * PAGE
                return chunk[at : at + PAGE]
        raise AssertionError("a chain begins with page 1")

    def chunk(self, snapshot, descriptor):
        key = (snapshot.digest, descriptor.offset)
        if key not in self.kept:
            if len(self.kept) >= 64:
                self.kept.pop(next(iter(self.kept)))
            self.kept[key] = snapshot.block(descriptor)
        return self.kept[key]


class PageMap:
    """Which page of the store each page of something is."""

    def __init__(self, data):
        count, at = read_varint(data, 0, shortest=True)
        check(count <= len(data), "a page map has more runs than bytes")
        # (first page, count, reference or 0)
        self.runs = []
        end, expected, was_zero = 0, 1, None
        for _ in range(count):
            gap, at = read_varint(data, at, shortest=True)
            size, at = read_varint(data, at, shortest=True)
            is_zero, size = size & 1, size >> 1
            check(size, "a run without pages")
            step = 0
            if not is_zero:
                step, at = read_varint(data, at, shortest=True)
                step = unzigzag(step)
            check(
                not (was_zero == is_zero and not gap and not step), "two runs of a page map should be one")
            first = end + gap
            end = first + size
            check(end <= LAST_PAGE_NUMBER, "a page map reaches too far")
            reference = 0
            if not is_zero:
                reference = expected + step
                expected = reference + size
                check(0 < reference and expected <= LAST_PAGE_NUMBER, "a page map has an impossible reference")
            self.runs.append((first, size, reference))
            was_zero = is_zero
        check(at == len(data), "a page map has bytes after its end")

    def __getitem__(self, page):
        """The number of the page in the store, or None."""
        for first, count, reference in self.runs:
            if first <= page < first + count:
                return reference + page - first if reference else 0
        return None

    def pages(self):
        for first, count, reference in self.runs:
            for index in range(count):
                yield first + index, reference + index if reference else 0


# --- Carried files -------------------------------------------------------------------------------


class Carried:
    """The files that a snapshot carries."""

    LIST, CONTENTS, PIECE = 16, 17, 4 << 20
    KINDS = {0o040000: "directory", 0o100000: "file", 0o120000: "link"}

    def __init__(self, snapshot, schema):
        self.snapshot = snapshot
        parts = [schema.decode("OutsideFiles", block) for block in self.sections(self.LIST)]
        self.files = [file for part in parts for file in part.files]
        places = [(file.mount, file.path) for file in self.files]
        check(all(a < b for a, b in zip(places, places[1:])), "the carried files are not in order")
        directories = {(file.mount, file.path) for file in self.files if file.type == 0o040000}
        for file in self.files:
            check(file.type in self.KINDS, f"the type of {file.path}")
            check(not {b".", b".."} & set(file.path.split(b"/")), f"the path {file.path}")
            if file.path:
                parent = b"/".join(file.path.split(b"/")[:-1])
                check((file.mount, parent) in directories, f"the directory of {file.path}")

    def sections(self, first):
        numbers = self.snapshot.contents.sections
        for number in range(first, 1 << 32, PART_STEP):
            if number not in numbers:
                break
            yield self.snapshot.block(numbers[number])

    @functools.cached_property
    def contents(self):
        blocks = list(self.sections(self.CONTENTS))
        check(all(len(block) == self.PIECE for block in blocks[:-1]), "contents before the last are not full")
        return b"".join(blocks)

    def read(self, file):
        data = self.contents[file.offset : file.offset + file.size]
        check(len(data) == file.size and sha256(data) == file.digest, str(file.path), "checksumMismatch")
        return data

    def lines(self):
        for file in self.files:
            size = len(self.read(file)) if file.type == 0o100000 else 0
            name = os.fsdecode(file.path) or "."
            yield f"{file.mount} {self.KINDS[file.type]} {file.permissions:o} {size} {name}"


# --- The state -----------------------------------------------------------------------------------


class State:
    """What the sections of a snapshot say, whose pages are in a chain."""

    # Stands for a mount, for the tree of files that no name leads to.
    MEMORY_FILES = 65535
    # In the flags of mappings.
    SHARED = 1
    PERMISSIONS = "rwx"

    def __init__(self, snapshot, schema):
        self.schema = schema
        numbers = snapshot.contents.sections
        parts = {number for first in schema.sections for number in self.parts(numbers, first)}
        for number, descriptor in numbers.items():
            check(
                number in parts or not descriptor.flags & CRITICAL, descriptor.name, "unknownCriticalSection")
        for first, name in schema.sections.items():
            check(first in numbers, name, "missingSection")
            blocks = [snapshot.block(numbers[number]) for number in self.parts(numbers, first)]
            check(
                all(len(block) == SECTION_PART for block in blocks[:-1]),
                f"a part of {name} that is not the last is not full")
            setattr(self, name, schema.decode(name, b"".join(blocks)))
        self.processes = {process.pid: process for process in self.Processes.processes}
        self.files = {file.id: file for file in self.Files.files}
        self.dentries = {dentry.id: dentry for dentry in self.Filesystems.dentries}
        self.objects = {found.id: found for found in self.Memory.objects}
        self.process_maps, self.object_maps = {}, {}
        page_count = snapshot.header.parent_pages + snapshot.contents.page_count
        for owner in self.PageMaps.owners:
            self.add_map(owner, page_count)

    @staticmethod
    def parts(numbers, first):
        for number in range(first, first + PARTS * PART_STEP, PART_STEP):
            if number not in numbers:
                break
            yield number

    def add_map(self, owner, page_count):
        check(bool(owner.process) != bool(owner.memory_object), "a page map has no owner, or two")
        page_map = PageMap(owner.pages)
        for _, count, reference in page_map.runs:
            check(reference + count - 1 <= page_count or not reference, f"page {reference + count - 1}", "noSuchPage")
        if owner.process:
            process = self.processes.get(owner.process)
            check(process and not process.memory_of, f"a page map of process {owner.process}")
            check(self.lies_in_mappings(process, page_map), f"a page of process {process.pid} in no mapping")
            maps, number = self.process_maps, owner.process
        else:
            found = self.objects.get(owner.memory_object)
            check(found, f"a page map of memory object {owner.memory_object}")
            end = max((first + count for first, count, _ in page_map.runs), default=0)
            check(end <= -(-found.size // PAGE), f"a page beyond the end of memory object {found.id}")
            maps, number = self.object_maps, owner.memory_object
        check(number not in maps, "two page maps of one owner")
        maps[number] = page_map

    @classmethod
    def lies_in_mappings(cls, process, page_map):
        """Whether all pages of a process lie in mappings, and in none that is shared."""
        private = sorted(
            (one.start // PAGE, one.end // PAGE) for one in process.mappings if not one.flags & cls.SHARED)
        index = 0
        for first, count, _ in page_map.runs:
            end = first + count
            while first < end:
                while index < len(private) and private[index][1] <= first:
                    index += 1
                if index == len(private) or private[index][0] > first:
                    return False
                first = private[index][1]
        return True

    # Memory

    def memory_of(self, pid):
        """The process that has the memory which this one uses."""
        check(pid in self.processes, f"process {pid}")
        process = self.processes[pid]
        if not process.memory_of:
            return process
        owner = self.processes.get(process.memory_of)
        check(owner and not owner.memory_of, f"the memory of process {pid}")
        return owner

    def mapping(self, process, address):
        return next((one for one in process.mappings if one.start <= address < one.end), None)

    def page(self, chain, pid, address):
        """The page that a process finds at an address."""
        process = self.memory_of(pid)
        mapping = self.mapping(process, address)
        check(mapping, f"process {pid} has nothing at {address:#x}")
        page_map = self.process_maps.get(process.pid)
        number = page_map[address // PAGE] if page_map else None
        if number is None and mapping.object:
            index = (mapping.offset + address - mapping.start) // PAGE
            page_map = self.object_maps.get(mapping.object)
            number = page_map[index] if page_map else None
            source = self.objects[mapping.object].source
            if number is None and source and index * PAGE < self.objects[mapping.object].source_size:
                raise Fault(
                    "outside", f"the page is in {os.fsdecode(source.path)} of mount {source.mount}, at "
                    f"{index * PAGE}")
        return chain.page(number or 0)

    # Lists

    def path(self, number):
        names, met = [], set()
        while number:
            dentry = self.dentries.get(number)
            check(dentry and number not in met, f"name {number}")
            met.add(number)
            if dentry.parent:
                names.insert(0, os.fsdecode(dentry.name))
            number = dentry.parent
        mount = ""
        if dentry.mount != self.MEMORY_FILES:
            check(dentry.mount < len(self.Filesystems.mounts), f"mount {dentry.mount}")
            mount = os.fsdecode(self.Filesystems.mounts[dentry.mount].path)
        return "/".join([mount.rstrip("/")] + names) or "/"

    def description(self, file):
        # All messages in an open file say what it is, and it has one of them.
        kinds = [field.name for field in file.fields.values() if field.is_message and getattr(file, field.name)]
        check(kinds, f"open file {file.id}")
        kind = kinds[-1]
        found = getattr(file, kind)
        if kind == "stream":
            return found.uri
        if getattr(found, "dentry", 0):
            return self.path(found.dentry)
        if kind == "pipe":
            return f"pipe {found.pipe}, {'writing' if found.writes else 'reading'} end"
        return kind

    def tasks(self):
        for task in self.Tasks.tasks:
            yield {
                "tid": task.tid, "pid": task.pid, "name": os.fsdecode(task.name),
                "state": "stopped" if task.stopped else "blocked" if task.blocked else "running",
                "programCounter": hex(task.registers.program_counter),
                "stackPointer": hex(task.registers.stack_pointer),
                "syscallNumber": task.call.number if task.call else None,
            }

    def memory(self):
        for process in self.Processes.processes:
            yield {
                "pid": process.pid, "executable": os.fsdecode(process.executable),
                "mappings": [
                    {
                        "start": hex(mapping.start), "end": hex(mapping.end), "offset": mapping.offset,
                        "permissions": "".join(
                            letter if mapping.permissions >> bit & 1 else "-"
                            for bit, letter in enumerate(self.PERMISSIONS)),
                        "name": os.fsdecode(mapping.name),
                    }
                    for mapping in process.mappings
                ],
            }

    def descriptors(self):
        for process in self.Processes.processes:
            for descriptor in process.descriptors:
                file = self.files.get(descriptor.file)
                check(file, f"open file {descriptor.file}")
                yield {
                    "pid": process.pid, "fd": descriptor.fd, "closeOnExec": descriptor.close_on_exec,
                    "offset": file.offset, "file": self.description(file),
                }

    # The digest

    def encoded(self, message, leave_out=(), only=None):
        return b"".join(
            field.write(self.schema, getattr(message, field.name))
            for _, field in sorted(message.fields.items())
            if field.name not in leave_out and (only is None or field.name in only))

    def pages(self, chain, page_map, lies_over_nothing):
        """What the digest has of a page map."""
        result = []
        for page, reference in page_map.pages() if page_map else ():
            if reference or not lies_over_nothing(page):
                digest = chain.page_digest(reference) if reference else bytes(32)
                result.append(page.to_bytes(8, "little") + digest)
        return b"".join(result)

    def digest_parts(self, chain):
        """The parts of the guest's state: names, and the bytes that are to be hashed."""
        kernel, encoded = self.Kernel, self.encoded
        clock = ("monotonic", "realtime", "suspended", "wall_offset")
        yield "clock", encoded(kernel, only=clock)
        yield "kernel", encoded(kernel, leave_out=(*clock, "syscall_count"))
        for task in self.Tasks.tasks:
            yield f"task {task.tid} registers", encoded(task.registers)
            yield f"task {task.tid}", encoded(task, leave_out=("registers",))
        yield "tasks", encoded(self.Tasks, leave_out=("tasks",))
        memory, descriptors = ("mappings", "stack_limit", "memory_of"), ("descriptors", "files_of")
        for process in self.Processes.processes:

            def is_anonymous(page):
                mapping = self.mapping(process, page * PAGE)
                return mapping and not mapping.object

            pages = self.pages(chain, self.process_maps.get(process.pid), is_anonymous)
            yield f"process {process.pid} memory", encoded(process, only=memory) + pages
            yield f"process {process.pid} descriptors", encoded(process, only=descriptors)
            yield f"process {process.pid}", encoded(process, leave_out=memory + descriptors)
        yield "processes", encoded(self.Processes, leave_out=("processes",))
        for found in self.Memory.objects:
            name = f"memory object {found.id}"
            if found.source:
                name += " " + found.source.path.decode(errors="replace")
            pages = self.pages(
                chain, self.object_maps.get(found.id), lambda page: page * PAGE >= found.source_size)
            yield name, encoded(found) + pages
        yield "memory objects", encoded(self.Memory, leave_out=("objects",))
        for file in self.Files.files:
            yield f"open file {file.id}", encoded(file)
        for pipe in self.Files.pipes:
            yield f"pipe {pipe.id}", encoded(pipe)
        for terminal in self.Files.pseudoterminals:
            yield f"pseudoterminal {terminal.number}", encoded(terminal)
        yield "locks", encoded(self.Files, only=("locks",))
        yield "files", encoded(self.Files, leave_out=("files", "pipes", "pseudoterminals", "locks"))
        for mount in self.Filesystems.mounts:
            # Where the lower tree is on the host does not count, and no tree is an empty one.
            if mount.tree:
                mount.tree.lower = b""
            else:
                mount.tree = Message(self.schema.messages["Tree"])
            name = mount.path.decode(errors="replace")
            yield f"mount {name}", encoded(mount, leave_out=("host_path",))
        nameless = self.Filesystems.memory_files
        yield "nameless files", encoded(nameless) if nameless else b""
        yield "names", encoded(self.Filesystems, leave_out=("mounts", "memory_files"))

    def digest(self, chain):
        return sha256(*(
            name.encode() + b"\0" + sha256(part) for name, part in self.digest_parts(chain)))


# --- The command ---------------------------------------------------------------------------------


def default_schema():
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../Sources/LibOSState/State.proto")


def open_snapshot(arguments):
    keys = age.Keys(arguments.identity, arguments.passphrase_file)
    if arguments.file == "-":
        return StreamSnapshot(sys.stdin.buffer, arguments.directory, keys)
    return FileSnapshot(arguments.file, keys)


def described(snapshot):
    header = snapshot.header
    description = {
        "formatVersion": 2, "abiVersion": header.abi_version, "id": snapshot.id.hex(),
        "digest": snapshot.digest.hex(), "created": header.created, "isa": header.isa,
        "libraryOS": header.library_os, "host": header.host, "requiredFeatures": header.features,
    }
    if header.has_parent:
        description["parent"] = {
            "id": header.parent_id.hex(), "digest": header.parent_digest.hex(), "name": header.parent_name,
        }
    return description


def run(arguments):
    with open(arguments.schema, encoding="utf-8") as file:
        schema = Schema(file.read())
    snapshot = open_snapshot(arguments)
    if arguments.command == "list":
        # Without its parent an increment can be described.
        state = State(snapshot, schema)
        listed = {
            "header": described(snapshot), "tasks": list(state.tasks()), "memory": list(state.memory()),
            "descriptors": list(state.descriptors()),
        }
        print(json.dumps(listed, indent=2))
        return
    if arguments.command == "carried":
        carried = Carried(snapshot, schema)
        if arguments.path is None:
            print("\n".join(carried.lines()))
            return
        (file,) = [file for file in carried.files if file.mount == 0 and file.path == arguments.path.encode()]
        sys.stdout.buffer.write(carried.read(file))
        return
    chain = Chain(snapshot)
    if arguments.command == "page":
        page = State(snapshot, schema).page(chain, arguments.pid, arguments.address)
        sys.stdout.buffer.write(page)
        return
    chain.verify()
    state = State(snapshot, schema)
    if arguments.parts:
        for name, part in state.digest_parts(chain):
            print(f"{sha256(part).hex()}  {name}")
    if any(snapshot.id):
        check(state.digest(chain)[:16] == snapshot.id, "the id is not that of the state", "checksumMismatch")
    signer = "not signed"
    if snapshot.signer:
        fingerprint = base64.b64encode(sha256(snapshot.signer)).decode().rstrip("=")
        signer = f"signed by SHA256:{fingerprint}"
    print(f"whole, {len(chain.snapshots)} in the chain, {snapshot.id.hex()}, {snapshot.digest.hex()}, {signer}")


def main():
    parser = argparse.ArgumentParser(description="Reads Godwit's snapshots.")
    parser.add_argument("--schema", default=default_schema(), help="the .proto file of the state")
    parser.add_argument("--directory", default=".", help="where the parents of a snapshot from a pipe are")
    parser.add_argument("-i", "--identity", action="append", default=[], help="a file of age identities")
    parser.add_argument("--passphrase-file", help="a file with a passphrase")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("verify", "list", "page", "carried"):
        command = commands.add_parser(name)
        command.add_argument("file")
        if name == "verify":
            command.add_argument("--parts", action="store_true", help="show the digests of the state's parts")
        if name == "carried":
            command.add_argument("path", nargs="?")
        if name == "page":
            command.add_argument("pid", type=int)
            command.add_argument("address", type=lambda text: int(text, 0))
    arguments = parser.parse_args()
    try:
        run(arguments)
    except (Fault, age.SealFault, OSError) as fault:
        sys.exit(f"reader.py: {arguments.file}: {fault}")


if __name__ == "__main__":
    main()
