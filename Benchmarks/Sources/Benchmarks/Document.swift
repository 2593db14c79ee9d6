/// What was measured, where and when, as a page in Markdown with drawings.
///
/// The page has sections. A run writes those that it has results for, and leaves the others as they are.
struct Document {
  private let results: [Result]
  private let rounds: Int

  init(_ results: [Result], rounds: Int) {
    self.results = results
    self.rounds = rounds
  }

  /// Writes the page and its drawings into a folder.
  func write(to folder: String) throws {
    let page = "\(folder)/Performance.md"
    var sections = try System.exists(page) ? Self.sections(of: Self.file(page)) : [:]
    let programs = results.filter { $0.isOfPrograms }
    let others = results.filter { !$0.isOfPrograms }
    if !programs.isEmpty {
      sections["Programs"] = try self.programs(programs)
      let drawing = RatioDrawing(programs)
      try System.write(drawing.svg, toFile: "\(folder)/programs.svg")
    }
    if !others.isEmpty {
      sections["Snapshots and the rest"] = try self.others(others)
      let drawing = Drawing(others.compactMap(\.point))
      try System.write(drawing.svg, toFile: "\(folder)/performance.svg")
    }
    let order = ["Programs", "Snapshots and the rest"]
    let text = order.compactMap { title in sections[title].map { "## \(title)\n\($0)" } }
    try System.write(Self.head + text.joined(), toFile: page)
  }

  private static let head = """
    # Performance

    `make bench BENCH="--document Docs"` measures and writes this page; with words of rows' names behind it, only the section that
    they are in. Absolute times depend on the machine, ratios less so.


    """

  /// What stands below each heading of the second level.
  private static func sections(of page: String) -> [String: String] {
    var sections: [String: String] = [:]
    for section in page.split(separator: "\n## ").dropFirst() {
      let title = section.prefix { $0 != "\n" }
      sections[String(title)] = section.dropFirst(title.count + 1) + "\n"
    }
    return sections
  }

  // MARK: Sections

  private func programs(_ results: [Result]) throws -> String {
    let tables = try ISA.ofPrograms.compactMap { isa in
      let figures = results.compactMap(\.program).filter { $0.isa == isa }
      return figures.isEmpty ? nil : try table(of: figures, isa)
    }
    return """

      Debian 12's own packages, each with work of its own for a second or two, or only started and ended, by Godwit and by two
      versions of qemu-user. All run on one processor, in turns, and must write the same. Each cell has wall time, processor time and
      peak memory in MB, medians of \(rounds) rounds. *Ratio* is Godwit's wall time by that of the faster qemu-user. Native times of
      programs that only start include some 3 ms for entering their root.

      \(try machine)

      ![Ratios of programs](programs.svg)

      | | ratio | target | reached |
      |---|---|---|---|
      \(results.filter { $0.program == nil }.map(Self.mean).joined(separator: "\n"))

      \(tables.joined(separator: "\n\n"))


      """
  }

  private func table(of figures: [ProgramFigures], _ isa: ISA) throws -> String {
    let runners = try Runner.allCases.filter { try $0.runs(isa) }
    let titles = try runners.map { try $0.title(isa) }
    let lines = figures.map { figures in
      Self.line(
        [figures.kind == .work ? figures.program : "start of \(figures.program)"]
          + runners.map(figures.cell(of:)) + [figures.ratio.map { decimal($0, 2) } ?? ""])
    }
    return """
      \(Self.line(["\(isa) guests"] + titles + ["ratio"]))
      \(Self.line(Array(repeating: "---", count: runners.count + 2)))
      \(lines.joined(separator: "\n"))
      """
  }

  private static func mean(_ result: Result) -> String {
    line([
      result.name, result.ratio.map { decimal($0, 2) } ?? "", result.target, reached(result),
    ])
  }

  private func others(_ results: [Result]) throws -> String {
    """

    Times are medians of \(rounds) rounds unless a row says otherwise; *peer* is qemu-user, runsc or gcore, as the row's name
    says, and of the rows of `migrate` qemu's own migration of a whole machine with so much memory filled, measured in the
    same run; *ratio* is Godwit's figure by the peer's.

    \(try machine)

    ![Times over the memory of the guest](performance.svg)

    | row | Godwit | peer | ratio | target | reached |
    |---|---|---|---|---|---|
    \(results.map(Self.line).joined(separator: "\n"))


    """
  }

  private static func line(_ result: Result) -> String {
    line([
      result.name, result.godwit, result.qemu, result.ratio.map { decimal($0, 2) } ?? "",
      result.target == "-" ? "" : result.target, reached(result),
    ])
  }

  private static func reached(_ result: Result) -> String {
    result.reached.map { $0 ? "yes" : "**no**" } ?? ""
  }

  private static func line(_ cells: [String]) -> String {
    // A bar would end a cell.
    "| \(cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
  }

  // MARK: The machine

  private var machine: String {
    get throws {
      let information = try Self.file("/proc/cpuinfo")
      let model = Self.field("model name", in: information) ?? "a processor without a name"
      let processors = information.split(separator: "\n").filter { $0.hasPrefix("processor") }.count
      let memory =
        try Self.field("MemTotal", in: Self.file("/proc/meminfo"))
        .flatMap { Int($0.prefix { $0.isNumber }) } ?? 0
      let kernel = try Command(["uname", "-rm"]).text()
      return """
        \(try Command(["date", "-u", "+%Y-%m-%d"]).text()), \(model), \(processors) processors, \((memory + 524_288) / 1_048_576) GB, \
        Linux \(kernel). \(try Runner.godwit.title(.x86_64)), \(try Runner.qemu.title(.x86_64)), \(try Runner.newerQemu.title(.x86_64)).
        """
    }
  }

  private static func file(_ path: String) throws -> String {
    String(decoding: try System.contents(of: path), as: UTF8.self)
  }

  /// What stands behind a name and a colon.
  private static func field(_ name: String, in text: String) -> String? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?
      .split(separator: ":", maxSplits: 1).last.map { line in
        String(line.drop { $0 == " " || $0 == "\t" })
      }
  }
}
