/// Ratios of programs as bars, those of the ISAs side by side, as SVG.
struct RatioDrawing {
  private struct Bar {
    var isa: ISA
    var ratio: Double
  }
  /// By what they are of, in the table's order.
  private var groups: [(name: String, bars: [Bar])] = []

  private static let left = 290.0
  private static let right = 700.0
  private static let thickness = 9.0
  private static let colours: [ISA: String] = [.x86_64: "#1b6ca8", .aarch64: "#c0392b"]

  init(_ results: [Result]) {
    for figures in results.compactMap(\.program) {
      guard let ratio = figures.ratio else { continue }
      let name = figures.kind == .work ? figures.program : "start of \(figures.program)"
      let bar = Bar(isa: figures.isa, ratio: ratio)
      if let index = groups.firstIndex(where: { $0.name == name }) {
        groups[index].bars.append(bar)
      } else {
        groups.append((name, [bar]))
      }
    }
  }

  var svg: String {
    let most = (groups.flatMap(\.bars).map(\.ratio).max() ?? 1).rounded(.up)
    let pitch = 2 * Self.thickness + 6
    let top = 30.0
    let bottom = top + pitch * Double(groups.count)
    func x(_ ratio: Double) -> Double { Self.left + (Self.right - Self.left) * ratio / most }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"750\" height=\"\(Int(bottom) + 30)\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    for (index, isa) in ISA.ofPrograms.enumerated() {
      lines.append(
        "<text x=\"\(Self.left + 130 * Double(index))\" y=\"18\" fill=\"\(Self.colours[isa]!)\">\(isa) guests</text>"
      )
    }
    for half in 0...Int(most * 2) {
      let place = decimal(x(Double(half) / 2), 1)
      lines.append(
        "<path d=\"M\(place) \(top - 4)V\(bottom)\" stroke=\"\(half == 2 ? "#333" : "#ddd")\"/><text x=\"\(place)\" y=\"\(bottom + 16)\" text-anchor=\"middle\">\(decimal(Double(half) / 2, 1))</text>"
      )
    }
    for (index, group) in groups.enumerated() {
      let y = top + pitch * Double(index)
      lines.append(
        "<text x=\"\(Self.left - 8)\" y=\"\(y + Self.thickness + 4)\" text-anchor=\"end\">\(group.name)</text>"
      )
      for bar in group.bars {
        let offset = bar.isa == .x86_64 ? 0 : Self.thickness
        lines.append(
          "<rect x=\"\(Self.left)\" y=\"\(y + offset)\" width=\"\(decimal(x(bar.ratio) - Self.left, 1))\" height=\"\(Self.thickness - 1)\" fill=\"\(Self.colours[bar.isa]!)\"/>"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n</svg>\n"
  }
}
