/// Times over the memory of guests, both on logarithmic scales, as SVG.
struct Drawing {
  private let curves: [(name: String, points: [Point])]

  private static let width = 720.0
  private static let height = 400.0
  private static let plot = (left: 70.0, right: 440.0, top: 20.0, bottom: 350.0)
  private static let colours = ["#1b6ca8", "#c0392b", "#2e8b57", "#8e44ad", "#b9770e", "#555555"]

  init(_ points: [Point]) {
    var names: [String] = []
    for point in points where !names.contains(point.curve) { names.append(point.curve) }
    curves = names.map { name in
      (name, points.filter { $0.curve == name }.sorted { $0.memory < $1.memory })
    }
  }

  var svg: String {
    let all = curves.flatMap(\.points)
    let memories = Set(all.map(\.memory)).sorted()
    guard let least = memories.first, let most = memories.last else {
      return "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"
    }
    // Whole powers of ten of milliseconds.
    let exponents = all.map { System.logarithm(max($0.seconds, 1e-4) * 1000) }
    let low = exponents.min()!.rounded(.down)
    let high = max(exponents.max()!.rounded(.up), low + 1)
    let (left, right, top, bottom) = Self.plot
    func x(_ memory: Int) -> Double {
      guard most > least else { return left }
      let part = System.logarithm(Double(memory) / Double(least))
      return left + (right - left) * part / System.logarithm(Double(most) / Double(least))
    }
    func y(_ exponent: Double) -> Double {
      bottom - (bottom - top) * (exponent - low) / (high - low)
    }
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Int(Self.width))\" height=\"\(Int(Self.height))\" font-family=\"sans-serif\" font-size=\"12\">",
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
    ]
    for exponent in Int(low)...Int(high) {
      let place = decimal(y(Double(exponent)), 1)
      lines.append(
        "<path d=\"M\(left) \(place)H\(right)\" stroke=\"#ddd\"/><text x=\"\(left - 6)\" y=\"\(place)\" dy=\"4\" text-anchor=\"end\">\(Self.milliseconds(exponent))</text>"
      )
    }
    for memory in memories {
      let place = decimal(x(memory), 1)
      let label = memory < 1024 ? "\(memory) MB" : "\(memory / 1024) GB"
      lines.append(
        "<path d=\"M\(place) \(top)V\(bottom)\" stroke=\"#eee\"/><text x=\"\(place)\" y=\"\(bottom + 18)\" text-anchor=\"middle\">\(label)</text>"
      )
    }
    for (index, curve) in curves.enumerated() {
      let colour = Self.colours[index % Self.colours.count]
      let places = curve.points.map { point in
        let exponent = System.logarithm(max(point.seconds, 1e-4) * 1000)
        return "\(decimal(x(point.memory), 1)),\(decimal(y(exponent), 1))"
      }
      lines.append(
        "<polyline points=\"\(places.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"
      )
      for place in places {
        let parts = place.split(separator: ",")
        lines.append("<circle cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"3\" fill=\"\(colour)\"/>")
      }
      lines.append(
        "<text x=\"\(right + 15)\" y=\"\(top + 14 + 20 * Double(index))\" fill=\"\(colour)\">\(curve.name)</text>"
      )
    }
    lines.append(
      "<text x=\"\((left + right) / 2)\" y=\"\(bottom + 40)\" text-anchor=\"middle\">memory of the guest, incompressible</text></svg>"
    )
    return lines.joined(separator: "\n") + "\n"
  }

  private static func milliseconds(_ exponent: Int) -> String {
    switch exponent {
    case ..<0: "0." + String(repeating: "0", count: -exponent - 1) + "1 ms"
    case 0..<3: "1" + String(repeating: "0", count: exponent) + " ms"
    default: "1" + String(repeating: "0", count: exponent - 3) + " s"
    }
  }
}
