"""Cases of RISC-V's instructions: each class of encodings that AT_HWCAP offers (I, M, A, F, D, C), with registers and in memory.

The encodings are those of the RISC-V Instruction Set Manual, volume I: what a class leaves reserved is run, too.
"""
from cases import Generator, shift

# Where an operand in memory is: in the middle, across the pages' borders (the third page is read-only,
# the fourth not there), in front of the first.
PLACES = ["W+2048", "W+2048", "W+2064", "W+2049", "W+2052", "W+4088", "W+4092", "W+4095", "W+8176", "W+8184", "W+8190", "R+64", "R+4088", "R+4096", "W-8"]
ALIGNED = ["W+2048", "W+2048", "W+2064", "W+4080", "W+8184", "R+64", "R+4096", "W-8"]
# Where an atomic operation is, too: the last of them is aligned for those of four bytes.
MISALIGNED = ["W+2049", "W+2050", "R+67", "W+2052"]

# cycle, time, instret.
COUNTERS = range(0xC00, 0xC03)

# A class and how often: its bits in order, where x is any bit. Fields of five are registers, more or less; those of three
# in floating-point instructions the rounding mode.
CLASSES = [
    ("lui", 20, "xxxxxxxxxxxxxxxxxxxx xxxxx 0110111"),
    ("auipc", 20, "xxxxxxxxxxxxxxxxxxxx xxxxx 0010111"),
    ("op imm", 250, "xxxxxxxxxxxx xxxxx xx0 xxxxx 0010011"),
    ("op imm", 120, "xxxxxxxxxxxx xxxxx x11 xxxxx 0010011"),
    ("op imm, hints", 40, "xxxxxxxxxxxx xxxxx xxx 00000 0010011"),
    ("shift imm", 200, "0x0000 xxxxxx xxxxx 101 xxxxx 0010011"),
    ("shift imm", 100, "000000 xxxxxx xxxxx 001 xxxxx 0010011"),
    ("shift imm, any", 100, "xxxxxx xxxxxx xxxxx x01 xxxxx 0010011"),
    ("addiw", 80, "xxxxxxxxxxxx xxxxx 000 xxxxx 0011011"),
    ("shift imm 32", 120, "0x00000 xxxxx xxxxx 101 xxxxx 0011011"),
    ("shift imm 32", 60, "0000000 xxxxx xxxxx 001 xxxxx 0011011"),
    ("op imm 32, any", 150, "xxxxxxx xxxxx xxxxx xxx xxxxx 0011011"),
    ("op", 400, "0000000 xxxxx xxxxx xxx xxxxx 0110011"),
    ("sub", 80, "0100000 xxxxx xxxxx 000 xxxxx 0110011"),
    ("sra", 80, "0100000 xxxxx xxxxx 101 xxxxx 0110011"),
    ("mul/div", 800, "0000001 xxxxx xxxxx xxx xxxxx 0110011"),
    ("op, any", 300, "xxxxxxx xxxxx xxxxx xxx xxxxx 0110011"),
    ("addw/subw", 120, "0x00000 xxxxx xxxxx 000 xxxxx 0111011"),
    ("shift 32", 120, "0000000 xxxxx xxxxx x01 xxxxx 0111011"),
    ("shift 32", 80, "0100000 xxxxx xxxxx 101 xxxxx 0111011"),
    ("mul/div 32", 500, "0000001 xxxxx xxxxx xxx xxxxx 0111011"),
    ("op 32, any", 300, "xxxxxxx xxxxx xxxxx xxx xxxxx 0111011"),
    ("fence", 40, "xxxxxxxxxxxx xxxxx 000 xxxxx 0001111"),
    ("fence", 10, "xxxxxxxxxxxx 00000 000 00000 0001111"),
    ("fence.i", 20, "xxxxxxxxxxxx xxxxx 001 xxxxx 0001111"),
    ("misc mem, any", 30, "xxxxxxxxxxxx xxxxx xxx xxxxx 0001111"),
    ("fcsr", 200, "0000000000x1 xxxxx x1x xxxxx 1110011"),
    ("fcsr", 80, "0000000000x1 xxxxx x01 xxxxx 1110011"),
    ("fcsr", 120, "000000000010 xxxxx xx1 xxxxx 1110011"),
    ("fcsr, any", 100, "0000000000xx xxxxx xxx xxxxx 1110011"),
    ("fcsr, any", 80, "0000000000xx 00000 xxx xxxxx 1110011"),
    ("csr, any", 300, "xx00xxxxxxxx xxxxx xxx xxxxx 1110011"),
    ("system, any", 60, "xxxxxxxxxxxx xxxxx 000 xxxxx 1110011"),
    ("ebreak", 2, "000000000001 00000 000 00000 1110011"),
    ("fp arithmetic", 2400, "000xx 0x xxxxx xxxxx xxx xxxxx 1010011"),
    ("fsqrt", 300, "01011 0x 00000 xxxxx xxx xxxxx 1010011"),
    ("fsqrt, any", 20, "01011 0x xxxxx xxxxx xxx xxxxx 1010011"),
    ("fsgnj", 120, "00100 0x xxxxx xxxxx 00x xxxxx 1010011"),
    ("fsgnj", 60, "00100 0x xxxxx xxxxx 010 xxxxx 1010011"),
    ("fmin/fmax", 500, "00101 0x xxxxx xxxxx 00x xxxxx 1010011"),
    ("fp compare", 400, "10100 0x xxxxx xxxxx 00x xxxxx 1010011"),
    ("fp compare", 200, "10100 0x xxxxx xxxxx 010 xxxxx 1010011"),
    ("fp to fp", 400, "01000 0x 0000x xxxxx xxx xxxxx 1010011"),
    ("fp to int", 1200, "11000 0x 000xx xxxxx xxx xxxxx 1010011"),
    ("int to fp", 600, "11010 0x 000xx xxxxx xxx xxxxx 1010011"),
    ("fclass/fmv", 300, "11100 0x 00000 xxxxx 00x xxxxx 1010011"),
    ("fmv from int", 80, "11110 0x 00000 xxxxx 000 xxxxx 1010011"),
    ("fused", 2400, "xxxxx 0x xxxxx xxxxx xxx xxxxx 100xx11"),
    ("fp, any", 800, "xxxxx xx xxxxx xxxxx xxx xxxxx 1010011"),
    ("fp, any", 200, "x0x00 0x xxxxx xxxxx xxx xxxxx 1010011"),
    ("fp, any", 200, "11xx0 0x 00xxx xxxxx xxx xxxxx 1010011"),
    ("fused, any", 100, "xxxxx xx xxxxx xxxxx xxx xxxxx 100xx11"),
    ("custom", 40, "xxxxxxxxxxxx xxxxx xxx xxxxx 0x01011"),
    ("custom", 40, "xxxxxxxxxxxx xxxxx xxx xxxxx 1x11011"),
    ("reserved", 60, "xxxxxxxxxxxx xxxxx xxx xxxxx 1x10111"),
    ("reserved", 20, "xxxxxxxxxxxx xxxxx xxx xxxxx 1101011"),
    ("longer", 60, "xxxxxxxxxxxx xxxxx xxx xxxxx xx11111"),
    ("c.addi4spn", 60, "000 xxxxxxxx xxx 00"),
    ("c.addi4spn", 8, "000 00000000 xxx 00"),
    ("c reserved", 60, "100 xxxxxxxxxxx 00"),
    ("c reserved", 5, "001 x 00000 xxxxx 01"),
    ("c reserved", 40, "100 1 11 xxx 1x xxx 01"),
    ("c.addi", 80, "000 x xxxxx xxxxx 01"),
    ("c.addiw", 80, "001 x xxxxx xxxxx 01"),
    ("c.li", 40, "010 x xxxxx xxxxx 01"),
    ("c.lui", 80, "011 x xxxxx xxxxx 01"),
    ("c.lui", 20, "011 0 xxxxx 00000 01"),
    ("c.addi16sp", 40, "011 x 00010 xxxxx 01"),
    ("c.srli/c.srai", 100, "100 x 0x xxx xxxxx 01"),
    ("c.andi", 40, "100 x 10 xxx xxxxx 01"),
    ("c.sub", 80, "100 0 11 xxx xx xxx 01"),
    ("c.subw/c.addw", 60, "100 1 11 xxx 0x xxx 01"),
    ("c.slli", 60, "000 x xxxxx xxxxx 10"),
    ("c shift by 0", 10, "100 0 0x xxx 00000 01"),
    ("c shift by 0", 10, "000 0 xxxxx 00000 10"),
    ("c.mv/c.add", 120, "100 x xxxxx xxxxx 10"),
    ("c.mv/c.add", 20, "100 x 00000 xxxxx 10"),
]

# Of features that AT_HWCAP does not offer.
UNDEFINED = [
    ("zba", "0010000 xxxxx xxxxx x10 xxxxx 011x011"), ("zba", "0010000 xxxxx xxxxx 100 xxxxx 011x011"),
    ("zba", "0000100 xxxxx xxxxx 000 xxxxx 0111011"), ("zba", "000010 xxxxxx xxxxx 001 xxxxx 0011011"),
    ("zbb", "0100000 xxxxx xxxxx 100 xxxxx 0110011"), ("zbb", "0100000 xxxxx xxxxx 11x xxxxx 0110011"),
    ("zbb", "0110000 000xx xxxxx 001 xxxxx 001x011"), ("zbb", "0110000 0010x xxxxx 001 xxxxx 0010011"),
    ("zbb", "0000101 xxxxx xxxxx 1xx xxxxx 0110011"), ("zbb", "0110000 xxxxx xxxxx x01 xxxxx 011x011"),
    ("zbb", "011000 xxxxxx xxxxx 101 xxxxx 0010011"), ("zbb", "0110000 xxxxx xxxxx 101 xxxxx 0011011"),
    ("zbb", "001010000111 xxxxx 101 xxxxx 0010011"), ("zbb", "011010111000 xxxxx 101 xxxxx 0010011"),
    ("zbb", "0000100 xxxxx xxxxx 100 xxxxx 0111011"), ("zbc", "0000101 xxxxx xxxxx 0x1 xxxxx 0110011"),
    ("zbc", "0000101 xxxxx xxxxx 010 xxxxx 0110011"), ("zbs", "0100100 xxxxx xxxxx x01 xxxxx 0110011"),
    ("zbs", "0x10100 xxxxx xxxxx 001 xxxxx 0110011"), ("zbs", "010010 xxxxxx xxxxx x01 xxxxx 0010011"),
    ("zbs", "0x1010 xxxxxx xxxxx 001 xxxxx 0010011"), ("zicond", "0000111 xxxxx xxxxx 1x1 xxxxx 0110011"),
    ("zbkb", "0000100 xxxxx xxxxx 100 xxxxx 0110011"), ("zbkb", "0000100 xxxxx xxxxx 111 xxxxx 0110011"),
    ("zbkb", "011010000111 xxxxx 101 xxxxx 0010011"), ("zbkx", "0010100 xxxxx xxxxx 010 xxxxx 0110011"),
    ("zbkx", "0010100 xxxxx xxxxx 100 xxxxx 0110011"), ("zkn", "0011xx1 xxxxx xxxxx 000 xxxxx 0110011"),
    ("zkn", "0111111 xxxxx xxxxx 000 xxxxx 0110011"), ("zkn", "0011000 xxxxx xxxxx 001 xxxxx 0010011"),
    ("zkn", "0001000 00xxx xxxxx 001 xxxxx 0010011"), ("zks", "0001000 0100x xxxxx 001 xxxxx 0010011"),
    ("zks", "xx110x0 xxxxx xxxxx 000 xxxxx 0110011"), ("zkr", "000000010101 xxxxx x01 xxxxx 1110011"),
    ("zicbo", "xxxxxxxxxxxx xxxxx 010 xxxxx 0001111"), ("zawrs", "0000000 01101 00000 000 00000 1110011"),
    ("zawrs", "0000000 11101 00000 000 00000 1110011"), ("zimop", "1x00xx0111xx xxxxx 100 xxxxx 1110011"),
    ("zimop", "1x00xx1 xxxxx xxxxx 100 xxxxx 1110011"), ("zcb", "1000xx xxx xx xxx 00"), ("zcb", "100 1 11 xxx 10 xxx 01"),
    ("zcb", "100 1 11 xxx 11 0xx 01"), ("zcb", "100 1 11 xxx 11 10x 01"), ("zcmop", "011 0 00xx1 00000 01"),
    ("zacas", "00101 xx xxxxx xxxxx 01x xxxxx 0101111"), ("zacas", "00101 xx xxxxx xxxxx 100 xxxxx 0101111"),
    ("zabha", "xxxxx xx xxxxx xxxxx 00x xxxxx 0101111"), ("zicfiss", "01001 xx xxxxx xxxxx 01x xxxxx 0101111"),
    ("zfh", "xxxxx 10 xxxxx xxxxx xxx xxxxx 1010011"), ("zfh", "xxxxx 10 xxxxx xxxxx xxx xxxxx 100xx11"),
    ("zfh", "xxxxxxxxxxxx xxxxx 001 xxxxx 0x00111"), ("zfh", "01000 0x 00010 xxxxx xxx xxxxx 1010011"),
    ("zfa", "11110 0x 00001 xxxxx 000 xxxxx 1010011"), ("zfa", "00101 0x xxxxx xxxxx 01x xxxxx 1010011"),
    ("zfa", "01000 0x 0010x xxxxx xxx xxxxx 1010011"), ("zfa", "10100 0x xxxxx xxxxx 10x xxxxx 1010011"),
    ("zfa", "11000 01 01000 xxxxx 001 xxxxx 1010011"), ("zfbfmin", "01000 00 00110 xxxxx xxx xxxxx 1010011"),
    ("q", "xxxxx 11 xxxxx xxxxx xxx xxxxx 1010011"), ("q", "xxxxx 11 xxxxx xxxxx xxx xxxxx 100xx11"),
    ("q", "xxxxxxxxxxxx xxxxx 100 xxxxx 0x00111"), ("q", "01000 0x 00011 xxxxx xxx xxxxx 1010011"),
    ("v", "xxxxxxxxxxxx xxxxx xxx xxxxx 1010111"), ("v", "xxxxxxxxxxxx xxxxx 000 xxxxx 0x00111"),
    ("v", "xxxxxxxxxxxx xxxxx 101 xxxxx 0x00111"), ("v", "xxxxxxxxxxxx xxxxx 11x xxxxx 0x00111"),
    ("v", "0000000010xx xxxxx x1x xxxxx 1110011"), ("v", "11000010000x xxxxx x1x xxxxx 1110011"),
    ("h", "0110xxx xxxxx xxxxx 100 xxxxx 1110011"), ("h", "0x10001 xxxxx xxxxx 000 00000 1110011"),
    ("privileged", "0xx10000 00x0 00000 000 00000 1110011"), ("privileged", "000100000101 00000 000 00000 1110011"),
    ("privileged", "01x110110010 00000 000 00000 1110011"), ("privileged", "0001001 xxxxx xxxxx 000 00000 1110011"),
    ("privileged", "0001011 xxxxx xxxxx 000 00000 1110011"), ("privileged", "000110000000 00000 000 00000 1110011"),
    ("privileged", "000110000001 00000 000 00000 1110011"), ("privileged csr", "xx1xxxxxxxxx xxxxx x1x xxxxx 1110011"),
    ("privileged csr", "xx1xxxxxxxxx xxxxx x01 xxxxx 1110011"), ("privileged csr", "xx01xxxxxxxx xxxxx x1x xxxxx 1110011"),
    ("privileged csr", "xx01xxxxxxxx xxxxx x01 xxxxx 1110011"), ("zihpm", "110000000011 xxxxx x1x xxxxx 1110011"),
    ("zihpm", "1100000001xx xxxxx x1x xxxxx 1110011"), ("zihpm", "110000001xxx xxxxx x1x xxxxx 1110011"),
    ("zihpm", "11000001xxxx xxxxx x1x xxxxx 1110011"),
]

EXCEPTIONS = []


def registers(random, count):
    """Different ones that an address can be in."""
    return random.sample(range(1, 32), count)


def loads_and_stores(g):
    random = g.random
    for opcode, kinds in (0x03, range(8)), (0x23, range(8)), (0x07, range(2, 5)), (0x27, range(2, 5)):
        name = {0x03: "load", 0x23: "store", 0x07: "fp load", 0x27: "fp store"}[opcode]
        for kind in kinds:
            for _ in range(40):
                base, target = registers(random, 2)
                target = random.choice([target, target, target, 0, base])
                offset = random.choice([0, 0, 1, 8, -8, 2047, -2048, random.randrange(-2048, 2048)])
                if opcode & 0x20:
                    word = g.fields((offset >> 5, 7), (target, 5), (base, 5), (kind, 3), (offset, 5), (opcode, 7))
                else:
                    word = g.fields((offset, 12), (base, 5), (kind, 3), (target, 5), (opcode, 7))
                g.add(name, [word], {base: shift(random.choice(PLACES), -offset)})
    for kind in range(4):
        for back in range(1, 1 << kind):
            # From the last bytes of all to the first.
            g.add("round the end", [g.fields((0, 12), (5, 5), (kind, 3), (6, 5), (0x03, 7))], {5: -back})
            g.add("round the end", [g.fields((0, 7), (6, 5), (5, 5), (kind, 3), (0, 5), (0x23, 7))], {5: -back})
    for kind in 1, 2, 3, 5, 6, 7:  # fld, lw, ld, fsd, sw, sd
        scale = 2 if kind in (2, 6) else 3
        for _ in range(30):
            number = random.randrange(32)
            base = random.randrange(8)
            low = (number & 1) << 1 | number >> 4 if scale == 2 else number >> 3
            high = number >> 1 & 7 if scale == 2 else number & 7
            g.add("c load/store", [g.fields((kind, 3), (high, 3), (base, 3), (low, 2), (random.randrange(8), 3), (0, 2))],
                  {base + 8: shift(random.choice(PLACES), -(number << scale))})
            number = random.randrange(64)
            target = random.choice([0, 2, random.randrange(32), random.randrange(32)])
            if kind < 4 and scale == 2:
                fields = (kind, 3), (number >> 3, 1), (target, 5), (number, 3), (number >> 4, 2), (2, 2)
            elif kind < 4:
                fields = (kind, 3), (number >> 2, 1), (target, 5), (number, 2), (number >> 3, 3), (2, 2)
            elif scale == 2:
                fields = (kind, 3), (number, 4), (number >> 4, 2), (target, 5), (2, 2)
            else:
                fields = (kind, 3), (number, 3), (number >> 3, 3), (target, 5), (2, 2)
            g.add("c load/store sp", [g.fields(*fields)], {2: shift(random.choice(PLACES), -(number << scale))})


def atomics(g):
    random = g.random

    def add(name, words, where):
        """Those that are not aligned have a form of their own."""
        aligned = all(int(place[1:]) % (1 << (word >> 12 & 7)) == 0 for word in words for place in where.values())
        g.add(name if aligned else "misaligned", words, where)

    def word(operation, order, source, base, width, target):
        return g.fields((operation, 5), (order, 2), (source, 5), (base, 5), (width, 3), (target, 5), (0x2F, 7))

    for width in range(8):
        for operation in range(32):
            for order in range(4):
                allocated = width in (2, 3) and (operation & 3 == 0 or operation < 4)
                for _ in range(16 if allocated else 1):
                    base, source, target = registers(random, 3)
                    target = random.choice([target, target, 0, base])
                    source = random.choice([source, source, 0, base]) if operation != 2 else 0
                    name = {2: "lr", 3: "sc alone", 1: "amoswap"}.get(operation, "amo") if allocated else "amo, any"
                    place = random.choice(ALIGNED + MISALIGNED)
                    (add if allocated else g.add)(name, [word(operation, order, source, base, width, target)], {base: place})
                g.add("lr, any", [word(2, order, random.randrange(1, 32), 5, width, 6)], {5: "W+2048"})
    for width in (2, 3):
        for order in range(16):
            for _ in range(4):
                base, status, loaded, stored, other = registers(random, 5)
                place = random.choice(ALIGNED + MISALIGNED)
                loads, stores = word(2, order >> 2, 0, base, width, loaded), word(3, order & 3, stored, base, width, status)
                add("lr, sc", [loads, stores], {base: place})
                add("lr, sc to itself", [loads, word(3, order & 3, base, base, width, base)], {base: place})
                add("lr, sc twice", [loads, stores, word(3, 0, loaded, base, width, stored)], {base: place})
                add("lr, sc elsewhere", [loads, word(3, 0, stored, other, width, status)], {base: place, other: random.choice(ALIGNED)})
                add("lr, sc of another width", [loads, word(3, 0, stored, base, width ^ 1, status)], {base: place})
                # What is between may take the reservation away only if it is another's.
                add("lr, amo, sc", [loads, word(random.choice([0, 1, 4]), 0, other, base, width, other), stores], {base: place})
                add("lr, store, sc", [loads, g.fields((0, 7), (other, 5), (base, 5), (width, 3), (0, 5), (0x23, 7)), stores], {base: place})


def jumps(g):
    random = g.random
    trap = 0x9002

    def b(offset, kind, one, two):
        return g.fields((offset >> 12, 1), (offset >> 5, 6), (two, 5), (one, 5), (kind, 3), (offset >> 1, 4), (offset >> 11, 1), (0x63, 7))

    def j(offset, link):
        return g.fields((offset >> 20, 1), (offset >> 1, 10), (offset >> 11, 1), (offset >> 12, 8), (link, 5), (0x6F, 7))

    def c_j(offset):
        return g.fields((5, 3), (offset >> 11, 1), (offset >> 4, 1), (offset >> 8, 2), (offset >> 10, 1), (offset >> 6, 1), (offset >> 7, 1),
                        (offset >> 1, 3), (offset >> 5, 1), (1, 2))

    def c_b(offset, kind, register):
        return g.fields((kind, 3), (offset >> 8, 1), (offset >> 3, 2), (register, 3), (offset >> 6, 2), (offset >> 1, 2), (offset >> 5, 1), (1, 2))

    def place(name, make):
        """Forth, and back to behind what goes there."""
        g.add(name, [make(random.choice([4, 6, 8, 30, 48]))])
        g.add(name, [j(8, 0), trap, trap, make(random.choice([-4, -2]))])

    for kind in range(8):
        for _ in range(40):
            one, two = random.randrange(32), random.randrange(32)
            place("branch", lambda offset, kind=kind, one=one, two=random.choice([two, two, one, 0]): b(offset, kind, one, two))
    for kind in 6, 7:
        for _ in range(20):
            g.add("c.beqz/c.bnez", [c_b(random.choice([2, 6, 40]), kind, 3)], {11: random.choice([0, 0, 1, 0x100000000])})
            place("c.beqz/c.bnez", lambda offset, kind=kind: c_b(offset, kind, random.randrange(8)))
    for _ in range(12):
        place("jal", lambda offset: j(offset, random.choice([0, 1, random.randrange(32)])))
        place("c.j", c_j)
    for kind in 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7:
        for _ in range(8):
            register = random.randrange(1, 32)
            link = random.choice([0, 1, 5, register])
            offset = random.choice([8, 9, 10, 11, 30, 2, 3])
            start = g.fields((0, 20), (register, 5), (0x17, 7))  # auipc
            if offset < 8:
                # From the second instruction to behind the third.
                g.add("jalr", [j(8, 0), trap, trap, start, g.fields((-4 + offset - 2, 12), (register, 5), (kind, 3), (link, 5), (0x67, 7))])
            else:
                g.add("jalr", [start, g.fields((offset, 12), (register, 5), (kind, 3), (link, 5), (0x67, 7))])
            if kind == 0:
                adds = g.fields((0, 3), (0, 1), (register, 5), (random.choice([8, 9, 10, 31]), 5), (1, 2))
                g.add("c.jr/c.jalr", [start, adds, g.fields((4, 3), (random.randrange(2), 1), (register, 5), (0, 5), (2, 2))])
    for register in 1, 5, 30:
        for there in "W+2048", "W+2049", "W+2050", "R+8", "R+4096", "W-4":
            g.add("jump away", [g.fields((0, 12), (register, 5), (0, 3), (1, 5), (0x67, 7))], {register: there})
            for link in range(2):
                g.add("jump away", [g.fields((4, 3), (link, 1), (register, 5), (0, 5), (2, 2))], {register: there})


def system_registers(g):
    for csr in range(4096):
        if csr not in COUNTERS:
            g.add("csr read", [g.fields((csr, 12), (0, 5), (2, 3), (5, 5), (0x73, 7))])
    # Counters can be read; what they tell is not looked at.
    for csr in COUNTERS:
        for kind in range(8):
            for register in 0, 5:
                if kind & 3 > 1 and not register:
                    words = [g.fields((csr, 12), (0, 5), (kind, 3), (7, 5), (0x73, 7)), g.fields((0, 12), (0, 5), (0, 3), (7, 5), (0x13, 7))]
                else:
                    words = [g.fields((csr, 12), (register, 5), (kind, 3), (0, 5), (0x73, 7))]
                g.add("counter", words)


# What a translator's optimizer works on: constants, shifts and masks in a row.
IN_SEQUENCES = ["lui", "op imm", "shift imm", "addiw", "shift imm 32", "op", "sub", "sra", "mul/div", "addw/subw", "shift 32", "mul/div 32",
                "c.addi", "c.addiw", "c.li", "c.srli/c.srai", "c.andi", "c.sub", "c.subw/c.addw", "c.slli"]
FLOATS_IN_SEQUENCES = ["fcsr", "fp arithmetic", "fsqrt", "fsgnj", "fmin/fmax", "fp compare", "fp to fp", "fp to int", "int to fp", "fclass/fmv",
                       "fmv from int", "fused"]


def sequences(g):
    for names, times in (IN_SEQUENCES, 1500), (FLOATS_IN_SEQUENCES, 1500):
        patterns = [pattern for name, _, pattern in CLASSES if name in names]
        if names is FLOATS_IN_SEQUENCES:
            # Rounding modes that there are.
            patterns = [pattern.replace(" xxx ", f" {mode} ") for pattern in patterns for mode in ("001", "010", "111", "111")]
        # Few registers, so that one instruction works on what another has made.
        patterns = [" ".join("01xxx" if field == "xxxxx" else field for field in pattern.split()) for pattern in patterns]
        for _ in range(times):
            words = [g.word(g.random.choice(patterns)) for _ in range(9)]
            if not any(map(g.is_forbidden, words)):
                g.add("sequence", words)


def undefined(g):
    for name, pattern in UNDEFINED:
        for _ in range(12):
            g.add(f"undefined: {name}", [g.word(pattern)])


def left_out(name, word):
    """Those that go elsewhere, tell the time, or are a call."""
    if word & 3 == 3:
        return word == 0x73 or word & 0x7F == 0x73 and word >> 12 & 3 and word >> 20 in COUNTERS
    return name == "c.mv/c.add" and word >> 2 & 31 == 0 and word >> 7 & 31


def generate(random):
    g = Generator(random, UNDEFINED, lambda word: 4 if word & 3 == 3 else 2)
    for name, times, pattern in CLASSES:
        for _ in range(times):
            word = g.word(pattern)
            if not left_out(name, word):
                g.add(name, [word])
    g.add("pause", [0x0100000F])
    loads_and_stores(g)
    atomics(g)
    jumps(g)
    system_registers(g)
    sequences(g)
    undefined(g)
    return g.cases
