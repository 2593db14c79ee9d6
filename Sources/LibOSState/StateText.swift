package import SwiftProtobuf

extension Message {
  /// The fields that are set, and those of messages within, by their paths, as in `timer.schedule.interval`. Of fields
  /// that repeat, all but the first have a number: `queues 2.capacity`.
  package var fieldTexts: [(String, String)] {
    var texts: [(String, String)] = []
    /// The names of the messages around a line, and how often each name came in them.
    var path: [String] = []
    var counts: [[String: Int]] = [[:]]
    for line in textFormatString().split(separator: "\n") {
      let text = line.drop { $0 == " " }
      if text == "}" {
        path.removeLast()
        counts.removeLast()
        continue
      }
      // Names have neither a space nor a colon, and strings are escaped.
      let name = String(text.prefix { $0 != ":" && $0 != " " })
      counts[counts.count - 1][name, default: 0] += 1
      let count = counts[counts.count - 1][name]!
      let place = count == 1 ? name : "\(name) \(count)"
      if text.hasSuffix(" {"), !text.dropFirst(name.utf8.count).hasPrefix(":") {
        path.append(place)
        counts.append([:])
      } else {
        let value = text.dropFirst(name.utf8.count).drop { $0 == ":" || $0 == " " }
        texts.append(((path + [place]).joined(separator: "."), String(value)))
      }
    }
    return texts
  }
}
