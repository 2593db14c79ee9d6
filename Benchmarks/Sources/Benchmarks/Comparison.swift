/// The same command by Godwit and by qemu-user, in turns.
struct Comparison: Row {
  var name: String
  var godwitCommand: [String]
  var qemuCommand: [String]
  /// The ratio to stay below.
  var most: Double

  /// A static program of Guests/bench.
  init(guest: String, _ isa: ISA, most: Double) {
    name = "\(guest).\(isa)"
    godwitCommand = [godwit, "run", "--", isa.guest(guest)]
    qemuCommand = [isa.qemu, isa.guest(guest)]
    self.most = most
  }

  /// A program of the root file system.
  init(name: String, _ isa: ISA, program: String, arguments: [String], most: Double = 3) {
    self.name = "\(name).\(isa)"
    godwitCommand = [godwit, "run", "--root", isa.rootfs, "--", program] + arguments
    qemuCommand = [isa.qemu, "-L", isa.rootfs, isa.rootfs + program] + arguments
    self.most = most
  }

  /// Any two commands that do the same.
  init(_ name: String, godwit: [String], qemu: [String], most: Double) {
    self.name = name
    godwitCommand = godwit
    qemuCommand = qemu
    self.most = most
  }

  func measure(rounds: Int) throws -> [Result] {
    var godwitTimes: [Double] = []
    var qemuTimes: [Double] = []
    func runGodwit() throws -> Outcome {
      let outcome = try Command(godwitCommand).run()
      godwitTimes.append(outcome.seconds)
      return outcome
    }
    func runQemu() throws -> Outcome {
      let outcome = try Command(qemuCommand).run()
      qemuTimes.append(outcome.seconds)
      return outcome
    }
    for round in 0..<rounds {
      // Who comes first alternates, too.
      let outcomes =
        try round % 2 == 0 ? [runGodwit(), runQemu()] : [runQemu(), runGodwit()]
      guard outcomes[0].output == outcomes[1].output else {
        throw Failure("godwit's output is not qemu's")
      }
    }
    let ratio = median(godwitTimes) / median(qemuTimes)
    return [
      Result(
        name: name, godwit: seconds(median(godwitTimes)), qemu: seconds(median(qemuTimes)),
        ratio: ratio, target: "< \(decimal(most, 1))x", reached: ratio < most)
    ]
  }
}
