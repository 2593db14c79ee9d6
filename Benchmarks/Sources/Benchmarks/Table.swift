/// Prints results in columns, each line as soon as it is known.
enum Table {
  private static let widths = [36, 11, 11, 9, 11, 8]

  static func heading() {
    line(["row", "godwit", "qemu", "ratio", "target", "reached"])
  }

  static func show(_ result: Result) {
    line([
      result.name, result.godwit, result.qemu, result.ratio.map { decimal($0, 2) } ?? "",
      result.target, result.reached.map { $0 ? "yes" : "NO" } ?? "",
    ])
  }

  private static func line(_ cells: [String]) {
    print(
      zip(cells, widths).enumerated().map { column, cell in
        let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
        return column == 0 ? cell.0 + padding : padding + cell.0
      }.joined())
    System.flush()
  }
}

func seconds(_ value: Double) -> String {
  value < 0.1 ? "\(decimal(value * 1000, 1)) ms" : "\(decimal(value, 3)) s"
}

/// `value` with `places` digits behind the point.
func decimal(_ value: Double, _ places: Int) -> String {
  let scale = (0..<places).reduce(1) { power, _ in power * 10 }
  let scaled = Int((value * Double(scale)).rounded())
  guard places > 0 else { return "\(scaled)" }
  let fraction = String(scaled % scale)
  let zeros = String(repeating: "0", count: places - fraction.count)
  return "\(scaled / scale).\(zeros)\(fraction)"
}
