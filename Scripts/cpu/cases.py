"""What the makers of cases have in common for ISAs whose instructions are words: bits by their patterns, places in memory."""


def bits(pattern):
    """What an encoding of the pattern has ones in among the bits that are given, and which are given."""
    text = pattern.replace(" ", "")
    assert len(text) in (16, 32), pattern
    return int(text.replace("x", "0"), 2), int(text.replace("0", "1").replace("x", "0"), 2)


def shift(place, by):
    letter, number = place[0], int(place[1:])
    return f"{letter}{number + by:+d}"


class Generator:
    """Makes cases of words; `size` says how many bytes one has. Those of `undefined`, (feature, pattern), are named so."""

    def __init__(self, random, undefined, size=lambda word: 4):
        self.random = random
        self.forbidden = [(name, *bits(pattern)) for name, pattern in undefined]
        self.size = size
        self.cases = []

    def is_forbidden(self, word):
        return any(word & mask == value for _, value, mask in self.forbidden)

    def add(self, name, words, registers=()):
        for feature, value, mask in self.forbidden:
            if words[0] & mask == value:
                name = f"undefined: {feature}"
        code = b"".join(word.to_bytes(self.size(word), "little") for word in words)
        text = ",".join(f"{r}={v}" for r, v in dict(registers).items()) or "-"
        self.cases.append((name, f"{code.hex()} {self.random.getrandbits(63):x} {text} 0"))

    def word(self, pattern):
        value, given = bits(pattern)
        return value | self.random.getrandbits(len(pattern.replace(" ", ""))) & ~given

    def fields(self, *pairs):
        """A word of (value, width) in order, the highest first."""
        word, width = 0, 0
        for value, bits in pairs:
            word, width = word << bits | value & (1 << bits) - 1, width + bits
        assert width in (16, 32), pairs
        return word
