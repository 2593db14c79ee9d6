/// What was measured, where and when, as a page in Markdown with a drawing.
struct Document {
  private static let drawingName = "performance.svg"
  private let results: [Result]
  private let rounds: Int

  init(_ results: [Result], rounds: Int) {
    self.results = results
    self.rounds = rounds
  }

  /// Writes both files into a folder.
  func write(to folder: String) throws {
    try System.write(try text, toFile: "\(folder)/Performance.md")
    let drawing = Drawing(results.compactMap(\.point))
    try System.write(drawing.svg, toFile: "\(folder)/\(Self.drawingName)")
  }

  private var text: String {
    get throws {
      """
      # Performance

      `make bench BENCH="--document Docs"` measures and writes this page. Times are medians of \(rounds) rounds unless a row says
      otherwise; *peer* is qemu-user, runsc or gcore, as the row's name says, measured in the same run; *ratio* is Godwit's figure
      by the peer's. Absolute times depend on the machine, ratios less so.

      \(try machine)

      ![Times over the memory of the guest](\(Self.drawingName))

      | row | Godwit | peer | ratio | target | reached |
      |---|---|---|---|---|---|
      \(results.map(Self.line).joined(separator: "\n"))

      """
    }
  }

  private static func line(_ result: Result) -> String {
    let cells = [
      result.name, result.godwit, result.qemu, result.ratio.map { decimal($0, 2) } ?? "",
      result.target == "-" ? "" : result.target, result.reached.map { $0 ? "yes" : "**no**" } ?? "",
    ]
    // A bar would end a cell.
    return "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
  }

  private var machine: String {
    get throws {
      let information = try Self.file("/proc/cpuinfo")
      let model = Self.field("model name", in: information) ?? "a processor without a name"
      let processors = information.split(separator: "\n").filter { $0.hasPrefix("processor") }.count
      let memory =
        try Self.field("MemTotal", in: Self.file("/proc/meminfo"))
        .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
      let kernel = try Self.output(["uname", "-rm"])
      let qemu = try Self.output([ISA.x86_64.qemu, "--version"]).prefix { $0 != "\n" && $0 != "(" }
        .split(separator: " ").joined(separator: " ")
      return """
        \(try Self.output(["date", "-u", "+%Y-%m-%d"])), \(model), \(processors) processors, \((memory + 524_288) / 1_048_576) GB, \
        Linux \(kernel). \(try Self.output([godwit, "--version"])), \(qemu).
        """
    }
  }

  private static func file(_ path: String) throws -> String {
    String(decoding: try System.contents(of: path), as: UTF8.self)
  }

  private static func output(_ command: [String]) throws -> String {
    let text = String(decoding: try Command(command).run().output, as: UTF8.self)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  /// What stands behind a name and a colon.
  private static func field(_ name: String, in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?
      .split(separator: ":", maxSplits: 1).last.map { line in
        String(line.drop { $0 == " " || $0 == "\t" })
      }
  }
}
