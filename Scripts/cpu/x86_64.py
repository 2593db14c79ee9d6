"""Cases of x86-64's instructions: each form that CPUID offers, with registers and in memory.

The encodings and the flags that an instruction leaves undefined are those of Intel's manual, volume 2.
"""

CF, PF, AF, ZF, SF, OF = 1, 4, 0x10, 0x40, 0x80, 0x800
ALL = CF | PF | AF | ZF | SF | OF

# Where an operand in memory is: in the middle, across the pages' borders (the third page is read-only,
# the fourth not there), in front of the first.
PLACES = ["W+2048", "W+2048", "W+2049", "W+4092", "W+8184", "W+8190", "R+64", "R+4096", "W-4"]



def repeated_comparison(name, code, differing, theirs, ours):
    return ("cmps" in name or "scas" in name) and differing == {"flags"} and ours["signal"] == "0000000b"


def inexact_underflow(name, code, differing, theirs, ours):
    both = int(theirs["mxcsr"], 16), int(ours["mxcsr"], 16)
    return differing == {"mxcsr"} and ours["signal"] == "00000008" and both[0] ^ both[1] == 0x20 and both[0] & 0x18


# What Intel's and AMD's processors do each in their own way; Godwit does as Intel's.

def near_return(name, code, differing, theirs, ours):
    return name == "retw"


def prefetch_of_register(name, code, differing, theirs, ours):
    return name.startswith("prefetch") and theirs["signal"] == "00000004" and ours["signal"] == "00000005"


def breakpoint_place(name, code, differing, theirs, ours):
    return name == "icebp" and differing == {"pc"}


def refused_vector_store(name, code, differing, theirs, ours):
    x87 = all(key in ("fsw", "ftw") or key[:2] == "st" for key in differing)
    return name in ("0f7e m", "0f7f m", "0fe7 m") and x87 and theirs["signal"] == ours["signal"] == "0000000b"


def place_in_vector(name, code, differing, theirs, ours):
    return name.startswith("maskmov") and differing == {"address"} and int(theirs["address"], 16) ^ int(ours["address"], 16) < 16


def misaligned_mode(name, code, differing, theirs, ours):
    """MXCSR_MASK, the fourth word of the second line of FXSAVE's image."""
    return name.startswith("fxsave") and all(
        key.startswith("memory") and int(theirs[key], 16) ^ int(ours[key], 16) == 0x20000 << 96 for key in differing)


def nan_of_a_sum(name, code, differing, theirs, ours):
    def is_nan(word):
        return word >> 23 & 0xff == 0xff and word & 0x7fffff

    def words(value):
        return [int(value[at:at + 8], 16) for at in range(0, 32, 8)]
    return name.startswith("660f3a40") and all(
        key.startswith("xmm") and all(a == b or is_nan(a) and is_nan(b) for a, b in zip(words(theirs[key]), words(ours[key]))) for key in differing)


def part_of_a_store(name, code, differing, theirs, ours):
    stores = name in ("db/7 m", "df/6 m") and theirs["signal"] == ours["signal"] == "0000000b"
    return stores and all(key.startswith("memory") for key in differing)


EXCEPTIONS = [
    ("a near return of 16 bits: with Intel's processors the prefix means nothing in 64-bit mode, with AMD's it does", near_return),
    ("a prefetch of a register is undefined with AMD's processors, and nothing with Intel's", prefetch_of_register),
    ("icebp stops behind itself; some virtual machines tell its own place", breakpoint_place),
    ("an MMX store that faults has made the registers MMX's by then, as with Intel's processors; AMD's change nothing", refused_vector_store),
    ("where in its 16 bytes a masked store faults is the processor's", place_in_vector),
    ("MXCSR_MASK has AMD's bit for misaligned SSE operands in AMD's processors alone", misaligned_mode),
    ("which of several NaNs the sum of dpps gives is the processor's", nan_of_a_sum),
    ("a store of ten bytes that faults in its second page may have written what is in the first: Intel's manual, volume 3A, 9.1.1", part_of_a_store),
    ("flags after a repeated cmps or scas that faults are those of the comparison before, not those before all of them", repeated_comparison),
    ("an unmasked overflow or underflow is told as inexact, too", inexact_underflow),
]


class Generator:
    def __init__(self, random):
        self.random = random
        self.cases = []

    def add(self, name, code, registers=(), ignored=0, times=1):
        for _ in range(times):
            seed = self.random.getrandbits(63)
            text = ",".join(f"{r}={v}" for r, v in dict(registers).items()) or "-"
            self.cases.append((name, f"{bytes(code).hex()} {seed:x} {text} {ignored:x}"))

    def modrm(self, name, prefixes, opcode, reg=None, imm=b"", w=False, ignored=0, times=4, memory=True,
              register=True, setup=(), aligned=False, byte=False):
        """A form with a modrm byte; `reg` is the opcode extension, or None for a register."""
        for _ in range(times):
            tail = bytes(self.random.getrandbits(8) for _ in range(imm)) if isinstance(imm, int) else imm
            g = self.random.randrange(16) if reg is None else reg
            if register:
                m = self.random.randrange(16)
                rex = 0x40 | w << 3 | (g >> 3) << 2 | m >> 3
                code = list(prefixes) + ([rex] if rex != 0x40 or byte and self.random.random() < .7 else [])
                code += list(opcode) + [0xC0 | (g & 7) << 3 | m & 7] + list(tail)
                self.add(name, code, setup, ignored)
            if memory:
                self.memory(name, prefixes, opcode, g, tail, w, ignored, setup, aligned, byte)

    def memory(self, name, prefixes, opcode, g, tail, w, ignored, setup, aligned, byte):
        random = self.random
        place = random.choice(PLACES)
        if aligned:
            place = random.choice(["W+2048", "W+2048", "W+2064" if aligned == "always" else "W+2056", "R+64", "R+4096", "W+4080"])
        registers = dict(setup)
        kind = random.randrange(1, 4)
        rex = 0x40 | w << 3 | (g >> 3) << 2
        reserved = {int(r) for r in registers} | {1, 4}
        base = random.choice([r for r in range(16) if r not in reserved])
        if kind == 1:  # [base + disp8]
            disp = random.randrange(-128, 128) & ~15
            rex |= base >> 3
            rm = [0x40 | (g & 7) << 3 | (4 if base & 7 == 4 else base & 7)]
            rm += [0x24] if base & 7 == 4 else []
            rm += [disp & 255]
            registers[base] = self.shift(place, -disp)
        elif kind == 2:  # [base + index * scale + disp32]
            index = random.choice([r for r in range(16) if r not in reserved and r != base])
            scale, number, disp = random.randrange(4), random.randrange(-8, 8), random.randrange(-4096, 4096) & ~15
            rex |= base >> 3 | (index >> 3) << 1
            rm = [0x80 | (g & 7) << 3 | 4, scale << 6 | (index & 7) << 3 | base & 7]
            rm += list((disp & 0xFFFFFFFF).to_bytes(4, "little"))
            registers[base] = self.shift(place, -disp - (number << scale))
            registers[index] = number
        else:  # [base]
            rex |= base >> 3
            if base & 7 == 5:
                rm = [0x40 | (g & 7) << 3 | 5, 0]
            elif base & 7 == 4:
                rm = [(g & 7) << 3 | 4, 0x24]
            else:
                rm = [(g & 7) << 3 | base & 7]
            registers[base] = place
        code = list(prefixes) + ([rex] if rex != 0x40 or byte and random.random() < .7 else []) + list(opcode) + rm + list(tail)
        self.add(name + " m", code, registers, ignored)

    @staticmethod
    def shift(place, by):
        letter, number = place[0], int(place[1:])
        return f"{letter}{number + by:+d}"


SIZES = [("b", [], False, 0), ("w", [0x66], False, 1), ("l", [], False, 1), ("q", [], True, 1)]


def integer(g):
    names = ["add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"]
    for i, name in enumerate(names):
        undefined = AF if name in ("or", "and", "xor") else 0
        for size, prefix, w, odd in SIZES:
            byte = not odd
            for direction in (0, 2):
                g.modrm(name + size, prefix, [i << 3 | direction | odd], w=w, ignored=undefined, byte=byte)
            immediate = 1 if byte else 2 if size == "w" else 4
            g.modrm(name + size + " imm", prefix, [0x80 | odd], reg=i, imm=immediate, w=w, ignored=undefined, byte=byte)
            if odd:
                g.modrm(name + size + " imm8", prefix, [0x83], reg=i, imm=1, w=w, ignored=undefined)
            rex = [0x48] if w else []
            g.add(name + size + " acc", prefix + rex + [i << 3 | 4 | odd] + list(g.random.randbytes(immediate)), ignored=undefined, times=3)
            if name != "cmp":
                g.modrm("lock " + name + size, [0xF0] + prefix, [i << 3 | odd], w=w, ignored=undefined, register=False, times=4)
    for size, prefix, w, odd in SIZES:
        byte = not odd
        wide = 1 if byte else 2 if size == "w" else 4
        kw = dict(w=w, byte=byte)
        g.modrm("test" + size, prefix, [0x84 | odd], ignored=AF, **kw)
        g.modrm("test" + size + " imm", prefix, [0xF6 | odd], reg=0, imm=wide, ignored=AF, **kw)
        g.modrm("not" + size, prefix, [0xF6 | odd], reg=2, **kw)
        g.modrm("neg" + size, prefix, [0xF6 | odd], reg=3, **kw)
        for lock in ("not", 2), ("neg", 3):
            g.modrm("lock " + lock[0] + size, [0xF0] + prefix, [0xF6 | odd], reg=lock[1], register=False, **kw)
        for extension, name in (4, "mul"), (5, "imul"):
            g.modrm(name + size, prefix, [0xF6 | odd], reg=extension, ignored=PF | AF | ZF | SF, times=10, **kw)
        for extension, name in (6, "div"), (7, "idiv"):
            g.modrm(name + size, prefix, [0xF6 | odd], reg=extension, ignored=ALL, times=12, **kw)
            for high in (0, -1, 1):
                g.modrm(name + size, prefix, [0xF6 | odd], reg=extension, ignored=ALL, times=6, setup={2: high}, **kw)
        for extension, name in (0, "inc"), (1, "dec"):
            g.modrm(name + size, prefix, [0xFE | odd], reg=extension, **kw)
            g.modrm("lock " + name + size, [0xF0] + prefix, [0xFE | odd], reg=extension, register=False, **kw)
        bits = 8 if byte else {"w": 16, "l": 32, "q": 64}[size]
        for extension, name in enumerate(["rol", "ror", "rcl", "rcr", "shl", "shr", "sal", "sar"]):
            shift = extension > 3
            g.modrm(name + size + " 1", prefix, [0xD0 | odd], reg=extension, ignored=AF if shift else 0, **kw)
            for count in [0, 1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 63]:
                masked = count & (63 if size == "q" else 31)
                undefined = (AF if shift and masked else 0) | (OF if masked > 1 else 0)
                if shift and masked > bits or name in ("shl", "shr", "sal") and masked >= bits:
                    undefined |= CF
                g.modrm(name + size + " imm", prefix, [0xC0 | odd], reg=extension, imm=bytes([count]), ignored=undefined, times=1, **kw)
                g.modrm(name + size + " cl", prefix, [0xD2 | odd], reg=extension, setup={1: count}, ignored=undefined, times=1, **kw)
        g.modrm("mov" + size, prefix, [0x88 | odd], times=3, **kw)
        g.modrm("mov" + size, prefix, [0x8A | odd], times=3, **kw)
        g.modrm("mov" + size + " imm", prefix, [0xC6 | odd], reg=0, imm=wide, times=3, **kw)
        g.modrm("xchg" + size, prefix, [0x86 | odd], **kw)
        g.modrm("xadd" + size, prefix, [0x0F, 0xC0 | odd], **kw)
        g.modrm("lock xadd" + size, [0xF0] + prefix, [0x0F, 0xC0 | odd], register=False, **kw)
        g.modrm("cmpxchg" + size, prefix, [0x0F, 0xB0 | odd], times=8, **kw)
        g.modrm("lock cmpxchg" + size, [0xF0] + prefix, [0x0F, 0xB0 | odd], register=False, times=8, **kw)
        for _ in range(6):  # equal
            value = g.random.choice([0, 5, 0x80, 0xFFFFFFFF, 0x8000000000000000, 0x1234567887654321])
            g.modrm("cmpxchg equal" + size, prefix, [0x0F, 0xB0 | odd], setup={0: value & (1 << 63) - 1, 3: value & (1 << 63) - 1}, memory=False, reg=9, **kw)
            g.add("cmpxchg equal" + size, prefix + [0x48 if w else 0x40, 0x0F, 0xB0 | odd, 0xCB], {0: value & (1 << 63) - 1, 3: (value | 1 << 40) & (1 << 63) - 1})
    for size, prefix, w, _ in SIZES[1:]:
        bits = {"w": 16, "l": 32, "q": 64}[size]
        for opcode, name in (0xA4, "shld"), (0xAC, "shrd"):
            for count in [0, 1, 2, 7, 15, 16, 17, 31, 32, 33, 63]:
                masked = count & (63 if size == "q" else 31)
                if masked > bits:
                    continue  # undefined altogether
                undefined = (AF if masked else 0) | (OF if masked > 1 else 0) | (CF if masked == bits and size == "w" else 0)
                g.modrm(name + size + " imm", prefix, [0x0F, opcode], imm=bytes([count]), w=w, ignored=undefined, times=1)
                g.modrm(name + size + " cl", prefix, [0x0F, opcode | 1], setup={1: count}, w=w, ignored=undefined, times=1)
        for i, name in enumerate(["bt", "bts", "btr", "btc"]):
            g.modrm(name + size + " imm", prefix, [0x0F, 0xBA], reg=4 + i, imm=1, w=w, ignored=OF | SF | AF | PF)
            g.modrm(name + size, prefix, [0x0F, 0xA3 | i << 3], w=w, ignored=OF | SF | AF | PF, memory=False)
            for offset in (0, 7, 8, 31, 63, 100, -1, -64, 1000):
                g.modrm(name + size, prefix, [0x0F, 0xA3 | i << 3], reg=9, setup={9: offset}, w=w, ignored=OF | SF | AF | PF, register=False, times=1)
        for opcode, name in (0xBC, "bsf"), (0xBD, "bsr"):
            g.modrm(name + size, prefix, [0x0F, opcode], w=w, ignored=ALL & ~ZF, times=6)
        g.modrm("popcnt" + size, prefix + [0xF3], [0x0F, 0xB8], w=w, times=5)
        g.modrm("imul2" + size, prefix, [0x0F, 0xAF], w=w, ignored=PF | AF | ZF | SF, times=8)
        g.modrm("imul3" + size, prefix, [0x69], imm=2 if size == "w" else 4, w=w, ignored=PF | AF | ZF | SF, times=5)
        g.modrm("imul3b" + size, prefix, [0x6B], imm=1, w=w, ignored=PF | AF | ZF | SF, times=5)
        for opcode, name in (0xB6, "movzb"), (0xB7, "movzw"), (0xBE, "movsb"), (0xBF, "movsw"):
            g.modrm(name + size, prefix, [0x0F, opcode], w=w, byte=True)
        g.modrm("movsxd" + size, prefix, [0x63], w=w)
        g.modrm("lea" + size, prefix, [0x8D], w=w, register=False, times=6)
        g.modrm("lea", prefix + [0x67], [0x8D], w=w, register=False, times=4)
        for condition in range(16):
            g.modrm("cmov" + size, prefix, [0x0F, 0x40 | condition], w=w, times=2)
        g.modrm("crc32" + size, prefix + [0xF2], [0x0F, 0x38, 0xF1], w=w)
        rex = [0x48] if w else []
        for opcode, name in (0x98, "cbw"), (0x99, "cwd"):
            g.add(name + size, prefix + rex + [opcode], times=4)
        for r in range(8):
            g.add("xchg acc" + size, prefix + ([0x48] if w else []) + [0x90 | r])
            g.add("bswap" + size, prefix + ([0x48] if w else []) + [0x0F, 0xC8 | r], times=1 if size != "w" else 0)
        g.modrm("push" + size, prefix, [0xFF], reg=6, w=w, setup={4: "W+3000"}, times=4)
        g.modrm("pop" + size, prefix, [0x8F], reg=0, w=w, setup={4: "W+3000"}, times=4)
        for stack in ("W+8", "W+2", "W+8192", "R+100", "R+4094"):
            for opcode in (0x50, 0x53, 0x54, 0x58, 0x5B, 0x5C):
                g.add("push/pop" + size, prefix + rex + [opcode], {4: stack})
            for opcode, name in (0x9C, "pushf"), (0xC9, "leave"):
                g.add(name + size, prefix + rex + [opcode], {4: stack, 5: stack})
            g.add("enter" + size, prefix + rex + [0xC8, 0x20, 0, 0], {4: stack})
            g.add("enter 1" + size, prefix + rex + [0xC8, 0x20, 0, 1], {4: stack, 5: "W+400"})
            g.add("enter 3" + size, prefix + rex + [0xC8, 0x20, 0, 3], {4: stack, 5: "W+400"})
            g.add("ret" + size, prefix + rex + [0xC3], {4: stack}) if stack == "R+4094" else None
    g.modrm("crc32b", [0xF2], [0x0F, 0x38, 0xF0], byte=True, times=6)
    g.modrm("crc32qb", [0xF2], [0x0F, 0x38, 0xF0], byte=True, w=True)
    for w in (False, True):
        g.modrm("movnti", [], [0x0F, 0xC3], w=w, register=False)
        for setup in ({}, {0: 5, 2: 6}, {0: 0, 2: 0}):
            g.modrm("cmpxchg8b", [], [0x0F, 0xC7], reg=1, w=w, register=False, setup=setup, aligned=True)
            g.modrm("lock cmpxchg8b", [0xF0], [0x0F, 0xC7], reg=1, w=w, register=False, setup=setup, aligned=True)
    for condition in range(16):
        g.modrm("setcc", [], [0x0F, 0x90 | condition], reg=0, byte=True, times=5)
        g.add("jcc", [0x70 | condition, 3, 0x90, 0x90, 0x90], times=3)
        g.add("jcc", [0x0F, 0x80 | condition, 3, 0, 0, 0, 0x90, 0x90, 0x90], times=3)
        # Flags of an instruction before, by way of the condition.
        for before in ([0x01, 0xD8], [0x29, 0xD8], [0xD3, 0xE0], [0x0F, 0xAF, 0xC3], [0xFF, 0xC0], [0x21, 0xD8], [0x11, 0xD8],
                       [0xD3, 0xC0], [0xF7, 0xE3], [0x66, 0x39, 0xD8], [0x38, 0xD8], [0x48, 0x39, 0xD8], [0x0F, 0xA3, 0xD8]):
            undefined = ALL if before[0] in (0xD3, 0x0F, 0xF7) else AF
            if before[0] in (0xD3, 0x0F, 0xF7):
                continue
            g.add("flags, setcc", before + [0x0F, 0x90 | condition, 0xC1], ignored=undefined & AF, times=2)
    for opcode, name in (0x9E, "sahf"), (0x9F, "lahf"), (0xF5, "cmc"), (0xF8, "clc"), (0xF9, "stc"), (0xFC, "cld"), (0xFD, "std"):
        g.add(name, [opcode], times=4)
    g.add("popf", [0x9D], {4: "W+3000"}, times=0)
    for opcode, name in (0xE0, "loopne"), (0xE1, "loope"), (0xE2, "loop"), (0xE3, "jrcxz"):
        for count in (0, 1, 2, 0x100000000):
            g.add(name, [opcode, 2, 0x90, 0x90], {1: count})
            g.add(name + " 32", [0x67, opcode, 2, 0x90, 0x90], {1: count})
    for size, prefix, w, odd in SIZES:
        rex = [0x48] if w else []
        for opcode, name in (0xA4, "movs"), (0xA6, "cmps"), (0xAA, "stos"), (0xAC, "lods"), (0xAE, "scas"):
            for repeat in ([], [0xF2], [0xF3]):
                for count in (0, 1, 5, 40):
                    for source, target in ("W+2048", "W+2060"), ("W+4090", "W+100"), ("W+2048", "W+8180"), ("R+4080", "W+64"), ("W+500", "R+10"):
                        registers = {1: count, 6: source, 7: target}
                        g.add(f"rep{len(repeat)} {name}{size}", prefix + repeat + rex + [opcode | odd], registers)
                        if count == 5:
                            g.add(f"{name}{size} 32", [0x67] + prefix + repeat + rex + [opcode | odd], registers)
    for prefix in ([], [0x40], [0x48], [0x66]):
        g.add("sahf", prefix + [0x9E], times=3)
        g.add("lahf", prefix + [0x9F], times=3)
    for size, prefix, w, odd in SIZES:
        g.modrm("test alias" + size, prefix, [0xF6 | odd], reg=1, imm=1 if not odd else 2 if size == "w" else 4, w=w, byte=not odd, ignored=AF, times=2)
    for extension in range(8):
        g.modrm("prefetchw", [], [0x0F, 0x0D], reg=extension, times=1)
        g.modrm("prefetch", [], [0x0F, 0x18], reg=extension, times=1)
        for opcode in (0x8F, 0xC6, 0xC7, 0xFE):
            if extension > 1 and (opcode, extension) not in ((0xC6, 7), (0xC7, 7)):  # TSX
                g.modrm("group", [], [opcode], reg=extension, imm=4, setup={4: "W+3000"}, times=1)
        for opcode in (0x20, 0x22):
            g.add("mov cr", [0x0F, opcode, 0xC0 | extension << 3])
    for prefix in ([], [0x66], [0xF2], [0xF3]):
        for opcode, memory in (0x12, False), (0x13, False), (0x16, False), (0x17, False), (0x2B, False), (0x50, True), (0x71, True), (0x72, True), (0x73, True), \
                (0xC5, True), (0xD6, False), (0xD7, True), (0xE7, False), (0xF0, False), (0xF7, True):
            if opcode == 0x2B and prefix in ([0xF2], [0xF3]):
                continue  # SSE4a
            g.modrm("form not defined", prefix, [0x0F, opcode], reg=g.random.randrange(8), memory=memory, register=not memory, setup={7: "W+2048"}, times=4)
    g.modrm("str", [], [0x0F, 0], reg=1, w=True, memory=False)
    g.add("xlat", [0xD7], {3: "W+2000"}, times=6)
    g.add("nop", [0xF3, 0x90])
    for prefix in ([], [0x66], [0xF3], [0xF2]):
        g.modrm("nop", prefix, [0x0F, 0x1F], times=3)
    for code, name in ([0xCC], "int3"), ([0xF1], "icebp"), ([0xCD, 3], "int 3"), ([0xCD, 4], "int 4"), \
            ([0xF4], "hlt"), ([0xFA], "cli"), ([0xFB], "sti"), ([0x0F, 0x0B], "ud2"), ([0x0F, 0xFF, 0xC0], "ud0"), ([0x0F, 0xB9, 0xC0], "ud1"), \
            ([0xEC], "in"), ([0xEF], "out"), ([0x6C], "ins"), ([0x6F], "outs"), ([0x0F, 0x08], "invd"), ([0x0F, 0x06], "clts"), \
            ([0x0F, 0x30], "wrmsr"), ([0x0F, 0x32], "rdmsr"), ([0x0F, 0x20, 0xC0], "mov cr0"), ([0x0F, 0x22, 0xC0], "mov cr0"), \
            ([0x0F, 0x21, 0xC0], "mov dr0"), ([0x0F, 0x07], "sysret"), ([0x0F, 0x35], "sysexit"), ([0x0F, 0x01, 0xF8], "swapgs"), \
            ([0x0F, 0x01, 0x16], "lgdt"), ([0x0F, 0x00, 0xD0], "lldt"), ([0x0F, 0x00, 0xD8], "ltr"), ([0x06], "push es"), ([0x27], "daa"), \
            ([0x60], "pusha"), ([0x62, 0xC0], "bound"), ([0x9A, 0, 0, 0, 0, 0, 0], "lcall"), ([0xEA, 0, 0, 0, 0, 0, 0], "ljmp"), ([0xD6], "salc"), \
            ([0xF0, 0x90], "lock nop"), ([0xF0, 0x01, 0xC0], "lock add reg"), ([0xF0, 0x88, 0x06], "lock mov"), ([0x66, 0x0F, 0x0B], "ud2"), \
            ([0x0F, 0x09], "wbinvd"), ([0x0F, 0x01, 0xC8], "monitor"), ([0x0F, 0x01, 0xC9], "mwait"):
        g.add(name, code, {6: "W+100", 7: "W+200", 2: 0x60})
    for selector in (0, 3, 0x23, 0x2B, 0x33, 0x10, 0x18, 0x40, 0x63, 0x7, 0xFFF0):
        for segment in (0, 3, 5):
            g.add("mov seg", [0x8E, 0xC0 | segment << 3], {0: selector})
        for opcode in (0x02, 0x03):
            g.add("lar/lsl", [0x0F, opcode, 0xD8], {0: selector}, times=2)
            g.add("lar/lsl", [0x48, 0x0F, opcode, 0xD8], {0: selector})
        g.add("verr", [0x0F, 0, 0xE0], {0: selector}, times=2)
        g.add("verw", [0x0F, 0, 0xE8], {0: selector}, times=2)


# Opcodes behind 0f by mandatory prefix; a letter behind: i = immediate byte, m = memory only, r = register only, a = operand
# in memory need not be aligned, s = it is aligned, since makers differ in what else is, w = also with REX.W, x = with mm registers.
NONE = """10 11 12 13m 14 15 16 17m 28 29 2ax 2bm 2cx 2dx 2e 2f 50r 51 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f c2i c6i
60x 61x 62x 63x 64x 65x 66x 67x 68x 69x 6ax 6bx 6ewx 6fx 70xi 74x 75x 76x 7ewx 7fx c4xi c5xir d1x d2x d3x d4x d5x d7xr d8x d9x dax dbx
dcx ddx dex dfx e0x e1x e2x e3x e4x e5x e7xm e8x e9x eax ebx ecx edx eex efx f1x f2x f3x f4x f5x f6x f8x f9x fax fbx fcx fdx fex"""
P66 = """10a 11a 12m 13m 14 15 16m 17m 28 29 2ax 2bm 2cx 2dx 2e 2f 50r 51 54 55 56 57 58 59 5a 5b 5c 5d 5e 5f 60 61 62 63 64 65 66 67 68 69 6a
6b 6c 6d 6ew 6f 70i 74 75 76 7c 7d 7ew 7f c2i c4i c5ir c6i d0 d1 d2 d3 d4 d5 d6 d7r d8 d9 da db dc dd de df e0 e1 e2 e3 e4 e5 e6 e7m e8 e9
ea eb ec ed ee ef f1 f2 f3 f4 f5 f6 f8 f9 fa fb fc fd fe"""
PF3 = "10 11 12 16 2aw 2cw 2dw 51 58 59 5a 5b 5c 5d 5e 5f 6fa 70i 7e 7fa c2i d6xr e6"
PF2 = "10 11 12 2aw 2cw 2dw 51 58 59 5a 5c 5d 5e 5f 70i 7c 7d c2i d0 d6xr e6 f0am"
P38 = """00 01 02 03 04 05 06 07 08 09 0a 0b 10 14 15 17 1c 1d 1e 20 21 22 23 24 25 28 29 2am 2b 30 31 32 33 34 35 37 38 39 3a 3b 3c 3d 3e
3f 40 41 db dc dd de df"""
N38 = "00x 01x 02x 03x 04x 05x 06x 07x 08x 09x 0ax 0bx 1cx 1dx 1ex c8s c9s cas cbs ccs cds"
P3A = "08i 09i 0ai 0bi 0ci 0di 0ei 0fi 14i 15i 16wi 17i 20i 21i 22wi 40i 41i 42i 44i 60ai 61ai 62ai 63ai dfi"
N3A = "0fxi ccis"
SHIFTS = {0x71: (2, 4, 6), 0x72: (2, 4, 6), 0x73: (2, 3, 6, 7)}


def vectors(g):
    for prefix, escape, table in ([], [0x0F], NONE), ([0x66], [0x0F], P66), ([0xF3], [0x0F], PF3), ([0xF2], [0x0F], PF2), \
            ([0x66], [0x0F, 0x38], P38), ([], [0x0F, 0x38], N38), ([0x66], [0x0F, 0x3A], P3A), ([], [0x0F, 0x3A], N3A):
        for word in table.split():
            opcode, letters = int(word[:2], 16), word[2:]
            name = "".join(f"{b:02x}" for b in prefix + escape + [opcode])
            comparison = escape == [0x0F, 0x3A] and 0x60 <= opcode <= 0x63
            for w in (False, True) if "w" in letters or comparison else (False,):
                for aligned in ("always",) if "s" in letters else (True, False):
                    setup = {}
                    for _ in range(14 if comparison else 1):
                        if comparison and opcode < 0x62:
                            setup = {0: g.random.choice([0, 1, 5, 8, 16, 17, -3, -16, -2147483648, 4294967296, 7]),
                                     2: g.random.choice([0, 1, 5, 8, 16, 17, -3, -16, -2147483648, 4294967296, 9])}
                        g.modrm(name, prefix, escape + [opcode], imm=1 if "i" in letters else b"", w=w, memory="r" not in letters,
                                register="m" not in letters and (not aligned or "s" in letters), aligned=aligned, times=10 if not comparison else 2, setup=setup)
    for opcode, extensions in SHIFTS.items():
        for extension in extensions:
            for count in (0, 1, 5, 8, 15, 16, 31, 32, 63, 64, 128, 255):
                g.modrm(f"0f{opcode:x}/{extension}", [0x66], [0x0F, opcode], reg=extension, imm=bytes([count]), memory=False, times=2)
                if extension not in (3, 7):
                    g.modrm(f"0f{opcode:x}/{extension} mm", [], [0x0F, opcode], reg=extension, imm=bytes([count]), memory=False, times=1)
    g.modrm("maskmovdqu", [0x66], [0x0F, 0xF7], memory=False, setup={7: "W+4090"}, times=8)
    for place in ("W+8185", "W+8177", "W+8188", "W-8", "R+64"):
        g.modrm("maskmovdqu", [0x66], [0x0F, 0xF7], memory=False, setup={7: place}, times=8)
        g.modrm("maskmovq", [], [0x0F, 0xF7], memory=False, setup={7: place}, times=4)
    g.modrm("maskmovq", [], [0x0F, 0xF7], memory=False, setup={7: "W+4090"}, times=8)
    g.modrm("ldmxcsr", [], [0x0F, 0xAE], reg=2, register=False, times=16)
    g.modrm("stmxcsr", [], [0x0F, 0xAE], reg=3, register=False, times=10)
    for extension, name in (0, "fxsave"), (1, "fxrstor"):
        for w in (False, True):
            g.modrm(name, [], [0x0F, 0xAE], reg=extension, w=w, register=False, aligned=True, times=10)
            for place in ("W+7680", "W+7936", "W+64", "R+3584", "R+3600", "R+3840", "W-256"):
                g.add(name, ([0x48] if w else []) + [0x0F, 0xAE, extension << 3 | 6], {6: place})
    g.modrm("clflush", [], [0x0F, 0xAE], reg=7, register=False, times=10)
    g.modrm("prefetch", [], [0x0F, 0x18], reg=1, register=False, times=5)
    for opcode in (0x40, 0x41):
        g.modrm(f"660f3a{opcode:x} all", [0x66], [0x0F, 0x3A, opcode], imm=b"\xff", memory=False, times=60)
    g.add("emms", [0x0F, 0x77], times=4)
    for opcode in (0xE8, 0xF0, 0xF8):
        g.add("fence", [0x0F, 0xAE, opcode])


# Of x87's: transcendental functions, which processors round differently.
LEFT_OUT = {(0xD9, r) for r in (0xF0, 0xF1, 0xF2, 0xF3, 0xF9, 0xFB, 0xFE, 0xFF)}


def x87(g):
    for opcode in range(0xD8, 0xE0):
        for second in range(0xC0, 0x100):
            # Nor what finds no number where it looks: see Docs/BitExactness.md.
            if (opcode, second) in LEFT_OUT or second & 7 > 5:
                continue
            # C0 to C3 are undefined behind most; the comparisons and examinations set all of them.
            sets = opcode in (0xD8, 0xDC, 0xDE) and second & 0x30 == 0x10 or opcode == 0xDA and second == 0xE9 or opcode == 0xDD and second & 0xF0 == 0xE0 \
                or opcode == 0xD9 and second in (0xE4, 0xE5, 0xF5, 0xF8)
            g.add(f"{opcode:x} {second:02x}", [opcode, second], ignored=(0 if sets else 0x4500) << 32, times=8)
        for extension in range(8):
            sets = opcode in (0xD8, 0xDC, 0xDA, 0xDE) and extension in (2, 3)
            g.modrm(f"{opcode:x}/{extension}", [], [opcode], reg=extension, register=False, times=16, ignored=(0 if sets else 0x4500) << 32)
    for opcode, extension in (0xD9, 4), (0xD9, 6), (0xDD, 4), (0xDD, 6):
        for place in ("W+8180", "W+8186", "W+8100", "R+4080", "R+4000", "R+64", "W-4", "W+4090"):
            g.add(f"{opcode:x}/{extension} m", [opcode, extension << 3 | 6], {6: place}, times=2)
            g.add(f"{opcode:x}/{extension} m 16", [0x66, opcode, extension << 3 | 6], {6: place}, times=2)
    # Two in a row, as of a compiler.
    for first in ([0xD9, 0xE8], [0xD9, 0xEE], [0xD9, 0xEB], [0xD9, 0xC1], [0xDD, 0xD8]):
        for opcode in (0xD8, 0xDC, 0xDE):
            for second in (0xC1, 0xC9, 0xE1, 0xE9, 0xF1, 0xF9):
                g.add("x87 pair", first + [opcode, second], ignored=0x4500 << 32, times=3)


def sequences(g):
    """What a translator's optimizer works on: constants, shifts, masks and flags in a row, in few registers."""
    random = g.random

    def one():
        rex = [0x48] if random.random() < .5 else []
        prefix = [0x66] if not rex and random.random() < .2 else []
        modrm = 0xC0 | random.randrange(4) << 3 | random.randrange(4)
        kind = random.randrange(9)
        if kind == 0:
            return prefix + rex + [random.randrange(8) << 3 | random.choice([0, 1, 2, 3]), modrm]  # add or adc sbb and sub xor cmp
        if kind == 1:
            return prefix + rex + [0x83, 0xC0 | random.randrange(8) << 3 | random.randrange(4), random.randrange(256)]
        if kind == 2:
            return [0xB8 | random.randrange(4)] + list(random.choice([0, 1, 0xFF, 0x80000000, 0xFFFFFFFF, 0x12345678]).to_bytes(4, "little"))
        if kind == 3:
            # A test behind it, for OF is undefined.
            return rex + [0xC1, 0xC0 | random.choice([4, 5, 7]) << 3 | random.randrange(4), random.choice([0, 1, 8, 16, 24, 31])] + [0x85, modrm]
        if kind == 4:
            return rex + [0x0F, random.choice([0xB6, 0xB7, 0xBE, 0xBF]), modrm]
        if kind == 5:
            return rex + [0x0F, 0x40 | random.randrange(16), modrm]  # cmov
        if kind == 6:
            return [0x0F, 0x90 | random.randrange(16), 0xC0 | random.randrange(4)]  # setcc
        if kind == 7:
            return rex + [0xF7, random.choice([0xD0, 0xD8]) | random.randrange(4)]  # not neg
        return rex + [0x8D, 0x84 | random.randrange(4) << 3, random.choice([0, 1, 2, 3]) << 6 | random.choice([0, 8, 16, 24]) | random.randrange(4)] + [4, 0, 0, 0]

    for _ in range(2000):
        code = []
        while len(code) < 30:
            code += one()
        g.add("sequence", code, ignored=AF)


# What CPUID does not offer, whatever the processor of the host has: prefixes and opcodes in front of a modrm byte.
UNDEFINED = {
    "avx": ["c5f877", "c5fc77", "c5f828", "c5f858", "c5f9ef", "c5fa10", "c5fb58", "c5fd6f", "c4e27918", "c4e37918", "c4e1f96e", "c4e27d5a", "c4e3fd00"],
    "evex": ["62f17c4828", "62f1fd486f", "62f27d4858"],
    "bmi": ["c4e270f2", "c4e278f3", "c4e270f7", "c4e272f5", "c4e27bf5", "c4e37bf0", "c4e273f6", "c4e2f0f2"],
    "movbe": ["0f38f0", "0f38f1", "660f38f0", "480f38f1"],
    "adx": ["660f38f6", "f30f38f6", "f3480f38f6"],
    "sha": ["660f38c8", "f30f38c9", "f20f38ca", "660f38cb", "f30f38cc", "660f38cd", "660f3acc", "f30f3acc"],
    "gfni": ["660f38cf", "660f3ace", "660f3acf"],
    "direct stores": ["0f38f9", "660f38f8"],
    "3dnow": ["0f0f", "0f0e"],
    "sse4a": ["660f79", "f20f79", "f20f2b", "f30f2b"],
}
# The same with the modrm byte.
UNDEFINED_WHOLE = {
    "rdrand": ["0fc7f0", "480fc7f0", "0fc7f8", "f30fc7f8"], "xsave": ["0fae26", "0fae2e", "0f01d0", "0fc726"], "pku": ["0f01ee", "0f01ef"],
    "vmx": ["0f01c1", "0f01d9", "0f01d4"], "tsx": ["c7f800000000", "0f01d5", "0f01d6"], "clwb": ["660fae36", "660fae3e"], "xop": ["8fe8", "8fe978"],
    "wait": ["660faef0", "f20faef0"], "serialize": ["0f01e8"], "enqcmd": ["f20f38f806"], "64-bit mode": ["06", "0e", "16", "1e", "27", "2f", "37", "3f", "60", "61", "62c0", "9a", "c4", "ce", "d4", "d5", "d6", "ea"],
}


def undefined(g):
    for feature, opcodes in UNDEFINED.items():
        for opcode in opcodes:
            for _ in range(4):
                modrm = [g.random.randrange(0xC0, 0x100)] if g.random.random() < .5 else [0x06]
                g.add(f"undefined: {feature}", list(bytes.fromhex(opcode)) + modrm + [0x10], {6: "W+2048"})
    for feature, codes in UNDEFINED_WHOLE.items():
        for code in codes:
            g.add(f"undefined: {feature}", list(bytes.fromhex(code)), {6: "W+2048"})


def generate(random):
    g = Generator(random)
    integer(g)
    vectors(g)
    x87(g)
    sequences(g)
    undefined(g)
    return g.cases
