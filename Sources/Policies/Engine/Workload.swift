/// What is to be done before a machine leaves, some of it at the same time: what a link carries goes one behind the other, and the
/// rest is shared by the processors.
struct Workload {
  /// Nanoseconds, as the others.
  private var link: Int64 = 0
  private var rest: Int64 = 0
  private var longest: Int64 = 0

  /// Nothing.
  init() {}

  /// - Parameters:
  ///   - time: that it takes alone, a year at most.
  ///   - link: the part of it in which the link is busy.
  init(_ time: Int64, link: Int64) { (self.link, rest, longest) = (link, time - link, time) }

  /// How long all of it takes.
  ///
  /// - Parameter count: of processors.
  func time(on count: Int) -> Int64 { max(longest, link + rest / Int64(max(1, count))) }

  static func + (a: Workload, b: Workload) -> Workload {
    var sum = a
    sum.link += b.link
    sum.rest += b.rest
    sum.longest = max(a.longest, b.longest)
    return sum
  }
}
