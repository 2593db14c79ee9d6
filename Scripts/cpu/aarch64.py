"""Cases of AArch64's instructions: each class of encodings that AT_HWCAP offers, with registers and in memory.

The encodings are those of the Arm Architecture Reference Manual, C4.1: what a class leaves unallocated is run, too.
"""
from cases import Generator, shift

# Where an operand in memory is: in the middle, across the pages' borders (the third page is read-only,
# the fourth not there), in front of the first.
PLACES = ["W+2048", "W+2048", "W+2064", "W+2049", "W+2052", "W+4088", "W+4092", "W+4095", "W+8176", "W+8184", "W+8190", "R+64", "R+4088", "R+4096", "W-8"]
ALIGNED = ["W+2048", "W+2048", "W+2064", "W+4080", "R+64", "R+4096", "W+2049", "W+2056", "W+2060"]

# A class and how often: its bits in order, where x is any bit.
CLASSES = [
    ("adr", 10, "xxx10000 xxxxxxxxxxxxxxxxxxx xxxxx"),
    ("add/sub imm", 120, "xxx100010x xxxxxxxxxxxx xxxxx xxxxx"),
    ("logical imm", 200, "xxx100100 xxxxxxxxxxxxx xxxxx xxxxx"),
    ("logical imm, small", 100, "xxx1001000 xxxxxx0xxxxx xxxxx xxxxx"),
    ("mov wide", 60, "xxx100101 xx xxxxxxxxxxxxxxxx xxxxx"),
    ("bitfield", 200, "xxx100110 xxxxxxxxxxxxx xxxxx xxxxx"),
    ("bitfield 32", 100, "0xx1001100 0xxxxx0xxxxx xxxxx xxxxx"),
    ("bitfield 64", 100, "1xx1001101 xxxxxxxxxxxx xxxxx xxxxx"),
    ("extr", 60, "000100111 00 xxxxx 0xxxxx xxxxx xxxxx"),
    ("extr", 60, "100100111 10 xxxxx xxxxxx xxxxx xxxxx"),
    ("extr, any", 20, "xxx100111 xx xxxxx xxxxxx xxxxx xxxxx"),
    ("logical", 300, "xxx01010 xx x xxxxx xxxxxx xxxxx xxxxx"),
    ("add/sub", 200, "xxx01011 xx 0 xxxxx xxxxxx xxxxx xxxxx"),
    ("add/sub ext", 200, "xxx01011 00 1 xxxxx xxxxxx xxxxx xxxxx"),
    ("adc/sbc", 120, "xxx11010000 xxxxx 000000 xxxxx xxxxx"),
    ("rmif", 40, "10111010000 xxxxxx 00001 xxxxx 0xxxx"),
    ("setf", 40, "00111010000000000x0010 xxxxx 01101"),
    ("ccmp", 120, "xx111010010 xxxxx xxxx x0 xxxxx 0xxxx"),
    ("csel", 150, "xx011010100 xxxxx xxxx 0x xxxxx xxxxx"),
    ("div", 150, "x0011010110 xxxxx 00001x xxxxx xxxxx"),
    ("shift", 120, "x0011010110 xxxxx 0010xx xxxxx xxxxx"),
    ("crc32", 120, "x0011010110 xxxxx 010xxx xxxxx xxxxx"),
    ("one source", 150, "x101101011000000 000xxx xxxxx xxxxx"),
    ("madd", 250, "x0011011 x0x xxxxx x xxxxx xxxxx xxxxx"),
    ("mulh", 60, "10011011 x10 xxxxx 0 11111 xxxxx xxxxx"),
    ("cfinv/axflag", 30, "11010101000000000100000000 0 11111"),
    ("cfinv/axflag", 30, "11010101000000000100000000 1 11111"),
    ("cfinv/axflag", 30, "11010101000000000100000001 0 11111"),
    ("mrs", 40, "11010101001110110100001000 0 xxxxx"),
    ("mrs", 40, "1101010100111011010001000 0 x xxxxx"),
    ("msr", 40, "11010101000110110100001000 0 xxxxx"),
    ("barrier", 20, "11010101000000110011 xxxx xxx 11111"),
    ("exception", 20, "11010100 011 xxxxxxxxxxxxxxxx xxx xx"),
    ("exception", 20, "11010100 000 xxxxxxxxxxxxxxxx 0001x"),
    ("udf", 5, "0000000000000000 xxxxxxxxxxxxxxxx"),
    ("b.cond", 80, "01010100 000000000000000001x 0 xxxx"),
    ("cbz", 40, "x011010x 000000000000000001x xxxxx"),
    ("tbz", 80, "x011011x xxxxx 0000000000001x xxxxx"),
    ("b/bl", 6, "x00101 0000000000000000000000001x"),
    ("ldr literal", 60, "xx011x00 000000000000000001x xxxxx"),
    ("fp one source", 500, "00011110 xx 1 0xxxxx 10000 xxxxx xxxxx"),
    ("fp two sources", 800, "00011110 xx 1 xxxxx xxxx 10 xxxxx xxxxx"),
    ("fp three sources", 600, "00011111 xx x xxxxx x xxxxx xxxxx xxxxx"),
    ("fp compare", 200, "00011110 xx 1 xxxxx 001000 xxxxx xx000"),
    ("fp ccmp", 150, "00011110 xx 1 xxxxx xxxx 01 xxxxx x xxxx"),
    ("fp csel", 80, "00011110 xx 1 xxxxx xxxx 11 xxxxx xxxxx"),
    ("fp imm", 60, "00011110 xx 1 xxxxxxxx 100 00000 xxxxx"),
    ("fp int", 900, "x0011110 xx 1 xx xxx 000000 xxxxx xxxxx"),
    ("fp fixed", 400, "x0011110 xx 0 xx xxx xxxxxx xxxxx xxxxx"),
    ("three same", 3000, "0xx01110 xx 1 xxxxx xxxxx 1 xxxxx xxxxx"),
    ("three same, half", 500, "0xx01110 x10 xxxxx 00xxx 1 xxxxx xxxxx"),
    ("dot", 80, "0xx01110 100 xxxxx 1 0010 1 xxxxx xxxxx"),
    ("sqrdmlah", 150, "0x101110 xx 0 xxxxx 1 000x 1 xxxxx xxxxx"),
    ("fcmla/fcadd", 300, "0x101110 xx 0 xxxxx 1 10xx 1 xxxxx xxxxx"),
    ("fcmla/fcadd", 100, "0x101110 xx 0 xxxxx 1 11x0 1 xxxxx xxxxx"),
    ("three different", 800, "0xx01110 xx 1 xxxxx xxxx 00 xxxxx xxxxx"),
    ("two misc", 1500, "0xx01110 xx 10000 xxxxx 10 xxxxx xxxxx"),
    ("across lanes", 400, "0xx01110 xx 11000 xxxxx 10 xxxxx xxxxx"),
    ("copy", 300, "0xx01110000 xxxxx 0 xxxx 1 xxxxx xxxxx"),
    ("permute", 150, "0x001110 xx 0 xxxxx 0 xxx 10 xxxxx xxxxx"),
    ("ext", 80, "0x101110 xx 0 xxxxx 0 xxxx 0 xxxxx xxxxx"),
    ("tbl", 150, "0x001110 00 0 xxxxx 0 xxx 00 xxxxx xxxxx"),
    ("modified imm", 250, "0xx0111100000 xxx xxxx x1 xxxxx xxxxx"),
    ("shift imm", 1500, "0xx011110 xxxx xxx xxxxx 1 xxxxx xxxxx"),
    ("indexed", 1200, "0xx01111 xx xx xxxx xxxx x0 xxxxx xxxxx"),
    ("scalar three same", 1200, "01x11110 xx 1 xxxxx xxxxx 1 xxxxx xxxxx"),
    ("scalar three same, half", 200, "01x11110 x10 xxxxx 00xxx 1 xxxxx xxxxx"),
    ("scalar sqrdmlah", 80, "01111110 xx 0 xxxxx 1 000x 1 xxxxx xxxxx"),
    ("scalar three different", 150, "01x11110 xx 1 xxxxx xxxx 00 xxxxx xxxxx"),
    ("scalar two misc", 800, "01x11110 xx 10000 xxxxx 10 xxxxx xxxxx"),
    ("scalar pairwise", 250, "01x11110 xx 11000 xxxxx 10 xxxxx xxxxx"),
    ("scalar copy", 50, "01x11110000 xxxxx 0 xxxx 1 xxxxx xxxxx"),
    ("scalar shift imm", 500, "01x111110 xxxx xxx xxxxx 1 xxxxx xxxxx"),
    ("scalar indexed", 500, "01x11111 xx xx xxxx xxxx x0 xxxxx xxxxx"),
    ("aes", 80, "010011100010100 0xxxx 10 xxxxx xxxxx"),
    ("sha", 120, "01011110000 xxxxx 0 xxx 00 xxxxx xxxxx"),
    ("sha two", 60, "010111100010100 0xxxx 10 xxxxx xxxxx"),
    ("sha512/sm3/sm4", 120, "11001110011 xxxxx 1 x 00 xx xxxxx xxxxx"),
    ("sha3/sm3 four", 80, "110011100 xx xxxxx 0 xxxxx xxxxx xxxxx"),
    ("xar", 40, "11001110100 xxxxx xxxxxx xxxxx xxxxx"),
    ("sm3tt", 60, "11001110010 xxxxx 10 xx xx xxxxx xxxxx"),
    ("sha512/sm4 two", 40, "11001110110000001000 xx xxxxx xxxxx"),
]

# What is allocated of "two misc" of half precision: (U, a) to opcodes.
HALVES = {(0, 0): (0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D), (0, 1): (0x0C, 0x0D, 0x0E, 0x0F, 0x18, 0x19, 0x1A, 0x1B, 0x1D, 0x1F),
          (1, 0): (0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D), (1, 1): (0x0C, 0x0D, 0x0F, 0x19, 0x1A, 0x1B, 0x1D, 0x1F)}

# Of features that AT_HWCAP does not offer.
UNDEFINED = [
    ("bf16", "0001111001 1 000110 10000 xxxxx xxxxx"), ("bf16", "0x00111010 1 00001 011010 xxxxx xxxxx"),
    ("bf16", "0x101110 01 0 xxxxx 1 1111 1 xxxxx xxxxx"), ("bf16", "01101110 01 0 xxxxx 1 1101 1 xxxxx xxxxx"),
    ("bf16", "0x101110 11 0 xxxxx 1 1111 1 xxxxx xxxxx"), ("bf16", "0x001111 x1 xx xxxx 1111 x0 xxxxx xxxxx"),
    ("i8mm", "01x01110 10 0 xxxxx 1 010x 1 xxxxx xxxxx"), ("i8mm", "0x001110 10 0 xxxxx 1 0011 1 xxxxx xxxxx"),
    ("i8mm", "0x001111 x0 xx xxxx 1111 x0 xxxxx xxxxx"), ("mte", "10011010110 xxxxx 0001 00 xxxxx xxxxx"),
    ("mte", "10011010110 xxxxx 000101 xxxxx xxxxx"), ("mte", "10x11010110 xxxxx 000000 xxxxx xxxxx"),
    ("mte", "1x0100011 0 xxxxxx 00 xxxx xxxxx xxxxx"), ("mte", "0110100 010 xxxxxxx xxxxx xxxxx xxxxx"),
    ("mte", "0110100 1x0 xxxxxxx xxxxx xxxxx xxxxx"), ("mte", "11011001 xx 1 xxxxxxxxx xx xxxxx xxxxx"),
    ("pauth", "1101101011000001 00xxxx xxxxx xxxxx"), ("pauth", "10011010110 xxxxx 001100 xxxxx xxxxx"),
    ("pauth", "1101011 x 0 xx 11111 00001 x xxxxx xxxxx"), ("pauth", "11111000 x x1 xxxxxxxxx x1 xxxxx xxxxx"),
    ("sve", "xxx0010 xxxxxxxxxxxxxxxxxxxxxxxxx"), ("cssc", "x101101011000000 00011x xxxxx xxxxx"), ("cssc", "x101101011000000 001000 xxxxx xxxxx"),
    ("rndr", "110101010011101100100100 00x xxxxx"), ("el1", "11010101000110000000000000 0 xxxxx"), ("el1", "110101010011100000000001 000 xxxxx"),
    ("ls64", "11111000001 11111 1 xx1 00 xxxxx xxxxx"), ("mops", "xx011 001 xx0 xxxxx xxxx 01 xxxxx xxxxx"),
]


def misaligned_stack(name, code, differing, theirs, ours):
    return ours["signal"] == "00000007" and ours["code"] == "00000001" and int.from_bytes(code[-4:], "little") >> 5 & 31 == 31


def misaligned_branch(name, code, differing, theirs, ours):
    return name == "br" and differing <= {"signal", "code"} and ours["signal"] == "00000007" and ours["code"] == "00000001"


def halves_of_an_access(name, code, differing, theirs, ours):
    faults = theirs["signal"] == ours["signal"] == "0000000b" and theirs["address"] == ours["address"]
    vectors = name.startswith(("pair", "structures")) and all(key[0] == "v" for key in differing)
    return faults and (vectors or all(key.startswith("memory") for key in differing))


def block_of_zeros(name, code, differing, theirs, ours):
    return name == "cache" and code[:4] == b"\x23\x74\x0b\xd5" and all(key.startswith(("memory", "address")) for key in differing)


def misaligned_acquire(name, code, differing, theirs, ours):
    return name == "ldapr" and ours["signal"] == "00000007" and ours["code"] == "00000001"


EXCEPTIONS = [
    ("a misaligned stack pointer faults, as it does on Linux; qemu-user does not check it", misaligned_stack),
    ("a branch to a misaligned address is SIGBUS, as it is on Linux; qemu-user tells SIGSEGV", misaligned_branch),
    ("a misaligned ldapr is SIGBUS, as on processors without FEAT_LSE2, which AT_HWCAP does not offer; qemu-user does not check it", misaligned_acquire),
    ("of an access that faults in its second half, nothing is done; the architecture leaves the first half open", halves_of_an_access),
    ("dc zva clears 64 bytes, in qemu-user 512", block_of_zeros),
]


class Words(Generator):
    def registers(self, count):
        """Different ones, the first of which may be the stack pointer."""
        chosen = self.random.sample(range(31), count)
        if self.random.random() < .1:
            chosen[0] = 31
        return chosen


def loads_and_stores(g):
    random = g.random
    for size in range(4):
        for vector in range(2):
            for operation in range(4):
                scale = 4 if vector and operation > 1 and size == 0 else size
                head = [(size, 2), (7, 3), (vector, 1)]
                for kind, name in (0, "unscaled"), (1, "post"), (2, "unprivileged"), (3, "pre"):
                    for _ in range(8):
                        base, target = g.registers(2)
                        offset, place = random.randrange(-256, 256), random.choice(PLACES)
                        g.add(f"ldst {name}", [g.fields(*head, (0, 2), (operation, 2), (0, 1), (offset, 9), (kind, 2), (base, 5), (target, 5))],
                              {base: place if kind == 1 else shift(place, -offset)})
                for _ in range(8):
                    base, target = g.registers(2)
                    offset = random.choice([0, 1, 2, 5, 255])
                    g.add("ldst unsigned", [g.fields(*head, (1, 2), (operation, 2), (offset, 12), (base, 5), (target, 5))],
                          {base: shift(random.choice(PLACES), -(offset << scale))})
                for _ in range(8):
                    base, index, target = g.registers(3)
                    option, scaled, number = random.randrange(8), random.randrange(2), random.randrange(-9, 9)
                    shifted = number << scale if scaled else number
                    value = number if option & 1 else number & 0xFFFFFFFF | 0x1234500000000
                    if option == 2:
                        shifted = (number & 0xFFFFFFFF) << scale if scaled else number & 0xFFFFFFFF
                    g.add("ldst register", [g.fields(*head, (0, 2), (operation, 2), (1, 1), (index, 5), (option, 3), (scaled, 1), (2, 2), (base, 5), (target, 5))],
                          {base: shift(random.choice(PLACES), -shifted), index: value})
    for size in range(4):
        for vector in range(2):
            for kind, name in (0, "no allocate"), (1, "post"), (2, "offset"), (3, "pre"):
                for load in range(2):
                    for _ in range(10):
                        base, one, two = g.registers(3)
                        scale = 2 + size if vector else 2 + (size >> 1)
                        offset, place = random.randrange(-64, 64), random.choice(PLACES)
                        g.add(f"pair {name}", [g.fields((size, 2), (5, 3), (vector, 1), (0, 1), (kind, 2), (load, 1), (offset, 7), (two, 5), (base, 5), (one, 5))],
                              {base: place if kind == 1 else shift(place, -(offset << scale))})


def atomics(g):
    random = g.random
    for size in range(4):
        for operation in range(16):
            for order in range(4):
                for _ in range(4):
                    base, source, target = g.registers(3)
                    target = random.choice([target, target, 31])
                    if operation == 12:
                        source = 31  # ldapr
                    elif operation > 8:
                        continue
                    g.add("ldapr" if operation == 12 else "swp" if operation == 8 else "lse", [
                        g.fields((size, 2), (7, 3), (0, 3), (order, 2), (1, 1), (source, 5), (operation, 4), (0, 2), (base, 5), (target, 5))],
                        {base: random.choice(ALIGNED)})
        for load in range(2):
            for order in range(2):
                for _ in range(6):
                    base, compared, new = g.registers(3)
                    cas = g.fields((size, 2), (8, 6), (1, 1), (load, 1), (1, 1), (compared, 5), (order, 1), (31, 5), (base, 5), (new, 5))
                    place = random.choice(ALIGNED)
                    g.add("cas", [cas], {base: place})
                    before = g.fields((size, 2), (0x39, 6), (1, 2), (0, 12), (base, 5), (compared, 5))
                    g.add("cas equal", [before, cas], {base: place})
                    if size < 2:
                        compared, new = random.sample(range(0, 30, 2), 2)
                        base = random.choice([r for r in range(1, 31, 2) if r not in (compared + 1, new + 1)])
                        casp = g.fields((size, 2), (8, 6), (0, 1), (load, 1), (1, 1), (compared, 5), (order, 1), (31, 5), (base, 5), (new, 5))
                        before = g.fields((size << 1, 2), (5, 3), (0, 1), (0, 1), (2, 2), (1, 1), (0, 7), (compared + 1, 5), (base, 5), (compared, 5))
                        g.add("casp", [casp], {base: place})
                        g.add("casp equal", [before, casp], {base: place})
                    # Load-acquire, store-release; the exclusive ones, alone and in pairs.
                    base, status, one, two = g.registers(4)
                    for higher in range(2):
                        g.add("ldar/stlr", [g.fields((size, 2), (8, 6), (1, 1), (higher, 1), (0, 1), (31, 5), (order, 1), (31, 5), (base, 5), (one, 5))],
                              {base: random.choice(ALIGNED)})
                    pair = random.randrange(2) if size > 1 else 0
                    place = random.choice(ALIGNED)
                    loads = g.fields((size, 2), (8, 6), (0, 1), (1, 1), (pair, 1), (31, 5), (order, 1), (two if pair else 31, 5), (base, 5), (one, 5))
                    stores = g.fields((size, 2), (8, 6), (0, 1), (0, 1), (pair, 1), (status, 5), (load, 1), (two if pair else 31, 5), (base, 5), (one, 5))
                    g.add("exclusive load", [loads], {base: place})
                    g.add("exclusive store", [stores], {base: place})
                    g.add("exclusive pair", [loads, stores], {base: place})
        for operation in range(4):
            for _ in range(6):
                base, target = g.registers(2)
                offset = random.randrange(-256, 256)
                g.add("ldapur/stlur", [g.fields((size, 2), (0x19, 6), (operation, 2), (0, 1), (offset, 9), (0, 2), (base, 5), (target, 5))],
                      {base: shift(random.choice(ALIGNED), -offset)})


def structures(g):
    random = g.random
    for _ in range(900):
        base, index = g.registers(2)
        post, load, first = random.randrange(2), random.randrange(2), random.randrange(32)
        step = random.choice([31, index]) if post else 0
        number = random.randrange(-100, 100)
        registers = {base: random.choice(PLACES)} | ({index: number} if step == index and index != base else {})
        g.add("structures", [g.fields((0, 1), (random.randrange(2), 1), (12, 6), (post, 1), (load, 1), (0, 1), (step, 5), (random.randrange(16), 4),
                                      (random.randrange(4), 2), (base, 5), (first, 5))], registers)
        g.add("single structure", [g.fields((0, 1), (random.randrange(2), 1), (13, 6), (post, 1), (load, 1), (random.randrange(2), 1), (step, 5),
                                            (random.randrange(8), 3), (random.randrange(2), 1), (random.randrange(4), 2), (base, 5), (first, 5))], registers)


def halves(g):
    for (u, a), opcodes in HALVES.items():
        for opcode in range(32):
            for scalar in range(2):
                # frecpx is scalar; rounding, fabs, fneg, fsqrt are not.
                if (u, a, opcode) == (0, 1, 0x1F):
                    allocated = scalar
                else:
                    allocated = opcode in opcodes and not (scalar and opcode in (0x0F, 0x18, 0x19, 0x1F))
                pattern = f"{'01' if scalar else '0x'}{u}{'11110' if scalar else '01110'} {a} 111100 {opcode:05b} 10 xxxxx xxxxx"
                for _ in range(20 if allocated else 1):
                    # QEMU 7.2 ends at those that are not allocated.
                    g.add("two misc, half" if allocated else "undefined: half", [g.word(pattern)])


# What a translator's optimizer works on: constants, shifts, masks and flags in a row.
IN_SEQUENCES = ["add/sub imm", "logical imm, small", "mov wide", "bitfield 32", "bitfield 64", "extr", "logical", "add/sub", "add/sub ext", "adc/sbc", "ccmp",
                "csel", "div", "shift", "one source", "madd", "mulh", "crc32"]
VECTORS_IN_SEQUENCES = ["three same", "copy", "permute", "ext", "shift imm", "modified imm", "fp two sources", "fp three sources", "fp int", "two misc"]


def sequences(g):
    for names, times in (IN_SEQUENCES, 1500), (VECTORS_IN_SEQUENCES, 500):
        patterns = [pattern for name, _, pattern in CLASSES if name in names]
        for _ in range(times):
            # Few registers, so that one instruction works on what another has made.
            words = [g.word(g.random.choice(patterns)) & ~0x00180318 for _ in range(9)]
            if not any(map(g.is_forbidden, words)):
                g.add("sequence", words)


def others(g):
    random = g.random
    for _ in range(40):
        # Bits that features not offered define are left out.
        register = random.randrange(31)
        g.add("msr fpcr", [0xD51B4400 | register], {register: random.getrandbits(32) & 0x7C89F00})
        g.add("msr fpsr", [0xD51B4420 | register])
    for register in (0, 5, 30):
        for place in ("W+2048", "W+2049", "W+2050", "R+8", "R+4096", "W-4"):
            for operation in range(3):  # br, blr, ret
                g.add("br", [0xD61F0000 | operation << 21 | register << 5], {register: place})
    for place in ("W+2048", "W+2100", "R+64", "R+4096", "W-4"):
        for word in (0xD50B7420, 0xD50B7A20, 0xD50B7B20, 0xD50B7E20, 0xD50B7520):  # dc zva cvac cvau civac, ic ivau
            g.add("cache", [word | 3], {3: place})
    for word in (0xD503201F, 0xD503241F, 0xD503209F, 0xD50320BF, 0xD503229F, 0xD503203F):  # nop bti sev sevl csdb yield
        g.add("hint", [word])
    for place in ("W+2049", "W+2056", "W+2050"):
        # A stack pointer that is not aligned.
        for word in (0xF94003E0, 0xF90003E0, 0xA9BF7BFD, 0xA8C17BFD, 0x3DC003E0, 0xC85F7FE0, 0xF82003E1):
            g.add("sp", [word], {31: place})


def undefined(g):
    for name, pattern in UNDEFINED:
        for _ in range(12):
            g.add(f"undefined: {name}", [g.word(pattern)])


def generate(random):
    g = Words(random, UNDEFINED)
    for name, times, pattern in CLASSES:
        for _ in range(times):
            word = g.word(pattern)
            if name == "barrier" and word & 0xFF == 0x1F:
                continue
            g.add(name, [word])
    loads_and_stores(g)
    atomics(g)
    structures(g)
    halves(g)
    sequences(g)
    others(g)
    undefined(g)
    return g.cases
