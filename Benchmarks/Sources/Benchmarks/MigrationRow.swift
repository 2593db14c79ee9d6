/// Moves a python3 with so much memory that nothing compresses there and back, between two control directories of this
/// machine. Where the link is no slower, qemu's own migration of a whole machine stands beside it.
struct MigrationRow: Row {
  var isa: ISA
  /// MiB of heap.
  var size: Int
  /// MiB of distinct pages that it writes in a second.
  var rate = 0
  /// Bytes a second of a link with 1 ms each way; nil: as fast as a pipe is.
  var bandwidth: Double?
  /// The guest runs there before its memory is there.
  var isPostCopy = false

  var name: String {
    "migrate.\(isa) of \(size) MB" + (rate > 0 ? ", \(rate) MB/s" : "")
      + (bandwidth == nil ? "" : " over 1 Gbit/s, 1 ms") + (isPostCopy ? ", post-copy" : "")
  }

  func measure(rounds: Int) throws -> [Result] {
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let places = try TwoPlaces(folder, bandwidth: bandwidth)
    let guestName = "benchmark"
    let heap = HeapGuest(isa: isa, size: size, rate: rate)
    let guest = try heap.start(named: guestName, folder, place: places.at("here"))
    var moved: [Double] = []
    var frozen: [Double] = []
    var gaps: [Double] = []
    for number in 0..<rounds * 2 {
      // The guest writes down when it runs.
      try System.write("", toFile: "\(folder)/sign.pages")
      System.sleep(milliseconds: 300)
      let outcome = try places.move(
        guestName, TwoPlaces.way(number),
        ["--connections", "reset"] + (isPostCopy ? ["--post-copy"] : []))
      System.sleep(milliseconds: 300)
      moved.append(outcome.seconds)
      frozen.append(try frozenTime(in: outcome))
      gaps.append(try longestGap(folder))
      System.remove("\(folder)/sign.pages")
      // It must see that the file is gone.
      System.sleep(milliseconds: 100)
    }
    System.remove("\(folder)/sign")
    guest.end()
    let peer =
      bandwidth == nil && rate == 0 && isa == .x86_64
      ? try QemuMachine(size: size, moves: rounds * 2, isPostCopy: isPostCopy) : nil
    return results(median(moved), median(frozen), gaps, peer)
  }

  /// The longest time in which the guest did nothing.
  private func longestGap(_ folder: String) throws -> Double {
    let text = String(decoding: try System.contents(of: "\(folder)/sign.pages"), as: UTF8.self)
    let times = try HeapGuest.turns(text).map(\.time)
    guard let gap = zip(times, times.dropFirst()).map({ $1 - $0 }).max() else {
      throw Failure("the guest did not go on")
    }
    return gap
  }

  private func results(
    _ moved: Double, _ frozen: Double, _ gaps: [Double], _ peer: QemuMachine?
  ) -> [Result] {
    let limit = bandwidth.map { 1.2 * Double(size << 20) / $0 + 0.5 } ?? 1
    let pause = rate > 0 ? 0.1 : 0.05
    let hasLimit = rate == 0 && !isPostCopy
    var results = [
      Result(
        name: name, godwit: seconds(moved), qemu: peer.map { seconds($0.total) } ?? "",
        ratio: peer.map { moved / $0.total }, target: hasLimit ? "< \(decimal(limit, 1)) s" : "-",
        reached: hasLimit ? moved < limit : nil)
    ]
    if isPostCopy {
      results.append(
        Result(
          name: "\(name), until it runs again", godwit: seconds(median(gaps)), target: "< 0.10 s",
          reached: median(gaps) < 0.1))
    } else {
      results.append(
        Result(
          name: "\(name), standing still", godwit: seconds(frozen),
          qemu: peer.map { seconds($0.standing) } ?? "", target: "< \(decimal(pause, 2)) s",
          reached: frozen < pause))
    }
    results.append(
      Result(
        name: "\(name), the longest gap of \(gaps.count)", godwit: seconds(gaps.max() ?? 0),
        target: "-"))
    return results
  }
}
