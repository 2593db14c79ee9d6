import Foundation
import Testing

/// A guest that executes programs with changed headers, one after the other: some run, most are refused, and
/// Godwit goes on.
@Suite struct MalformedProgramTests {
  /// Changes fields of the ELF header and the program headers of the programs named, and executes what comes of
  /// it, with the program itself as interpreter in some.
  private static let script = #"""
    import os, random, signal, struct, sys, time
    seed, turns, names = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    numbers = random.Random(seed)
    programs = [open(name, "rb").read() for name in names]
    places = [0, 0x1000, 0x7fffffffe000, 0x7fffffffd000, 0x7ffff7fff000, 0x555555554000, 1 << 47, 1 << 48]

    def value(old, width):
        kind = numbers.randrange(6)
        base = (old if kind == 0 else numbers.choice(places) if kind == 1 else -(1 << numbers.randrange(64))
                if kind == 2 else numbers.getrandbits(numbers.randrange(1, 65)) if kind == 3 else 1 << numbers.randrange(64))
        return base + numbers.choice([0, 0, 1, -1, 4095, 4096, -4096]) & (1 << 8 * width) - 1

    def change(image):
        header = numbers.random() < 0.2
        if header:
            offset, width = numbers.choice([(4, 1), (5, 1), (16, 2), (18, 2), (24, 8), (32, 8), (54, 2), (56, 2)])
        else:
            table, count = struct.unpack_from("<Q", image, 32)[0], struct.unpack_from("<H", image, 56)[0]
            if not 0 < count < 64 or table + 56 * count > len(image): return
            field, width = numbers.choice([(0, 4), (4, 4), (8, 8), (16, 8), (16, 8), (32, 8), (40, 8), (40, 8), (48, 8)])
            offset = table + 56 * numbers.randrange(count) + field
        old = int.from_bytes(image[offset:offset + width], "little")
        new = value(old, width)
        if field_is_type(header, offset, image): new = numbers.choice([0, 1, 2, 3, 6, 7, 0x6474e551, 0x6474e553])
        image[offset:offset + width] = new.to_bytes(width, "little")

    def field_is_type(header, offset, image):
        return not header and (offset - struct.unpack_from("<Q", image, 32)[0]) % 56 == 0

    def store(path, image):
        with open(path, "wb") as file: file.write(image)
        os.chmod(path, 0o755)

    null = os.open("/dev/null", os.O_RDWR)
    ran = 0
    for turn in range(turns):
        image = bytearray(numbers.choice(programs))
        for _ in range(numbers.randrange(1, 4)): change(image)
        if numbers.random() < 0.1: image = image[:numbers.randrange(len(image))]
        store("/tmp/program", image)
        child = os.fork()
        if child == 0:
            for fd in (0, 1, 2): os.dup2(null, fd)
            signal.alarm(1)
            try: os.execv("/tmp/program", ["program"])
            except OSError: os._exit(77)
        status = os.waitpid(child, 0)[1]
        ran += status != 77 << 8
        if sys.stdout.isatty(): print(turn, status)
    print("done", turns, ran > turns // 20)
    """#

  @Test(arguments: Checkout.isas) func godwitGoesOn(isa: String) throws {
    let scratch = try Scratch()
    let turns = LongTests.areOn ? 4_000 : 40
    let seed = ProcessInfo.processInfo.environment["GODWIT_TEST_SEED"] ?? "1"
    try Self.script.write(toFile: scratch.path("script.py"), atomically: true, encoding: .utf8)
    // Debian 12 has nothing to link a static-PIE with for RISC-V.
    let names = ["pi", "argv-dynamic"] + (isa == "riscv64" ? [] : ["argv-pie"])
    for name in names {
      try FileManager.default.copyItem(
        at: Checkout.guest(name, isa), to: URL(fileURLWithPath: scratch.path(name)))
    }
    let outcome = try scratch.shell(
      """
      $G run --root $R --memory-limit 512M --mount .:/mnt:ro -- /usr/bin/python3 /mnt/script.py \(seed) \(turns) \
        \(names.map { "/mnt/\($0)" }.joined(separator: " "))
      """, isa: isa, limit: 3600)
    #expect(outcome.text == "done \(turns) True\n", "\(outcome.error)")
    #expect(outcome.status == 0)
  }
}
