/// Seconds that a guest stood still, as `--print-stats` says.
func frozenTime(in outcome: Outcome) throws -> Double {
  try statistic("frozen_time", of: outcome) / 1e6
}

/// A number that `--print-stats` says.
func statistic(_ name: String, of outcome: Outcome) throws -> Double {
  let text = String(decoding: outcome.output, as: UTF8.self)
  guard let field = text.firstRange(of: "\"\(name)\":"),
    let number = Double(text[field.upperBound...].prefix { $0.isNumber })
  else { throw Failure("no \(name) in '\(text)'") }
  return number
}
