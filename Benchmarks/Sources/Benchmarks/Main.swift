/// Benchmarks [--rounds N] [--document FOLDER] [ROW ...]: measures the rows whose names contain any of the given words,
/// or all, and writes a page about them. Fails when a command fails or the two emulators disagree; a missed target is
/// only shown.
@main
struct Main {
  static func main() {
    do {
      let options = try Options(Array(CommandLine.arguments.dropFirst()))
      let rows = try options.select(allRows)
      print("\(options.rounds) rounds, medians; ratio: godwit's time to qemu-user's")
      Table.heading()
      var failed = false
      var results: [Result] = []
      for row in rows {
        do {
          for result in try row.measure(rounds: options.rounds) {
            Table.show(result)
            results.append(result)
            failed = failed || result.failed
          }
        } catch {
          failed = true
          print("\(row.name): \(error)")
        }
      }
      for mean in means(of: results) {
        Table.show(mean)
        results.append(mean)
      }
      if let folder = options.folder {
        try Document(results, rounds: options.rounds).write(to: folder)
      }
      if failed { System.exit(1) }
    } catch {
      print("benchmarks: \(error)")
      System.exit(2)
    }
  }
}

struct Failure: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}

struct Options {
  var rounds = 5
  var words: [String] = []
  /// Where the page goes.
  var folder: String?

  init(_ arguments: [String]) throws {
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--rounds" {
        guard let rounds = rest.popFirst().flatMap({ Int($0) }), rounds > 0 else {
          throw Failure("--rounds takes a number from 1 on")
        }
        self.rounds = rounds
      } else if argument == "--document" {
        guard let folder = rest.popFirst() else { throw Failure("--document takes a folder") }
        self.folder = folder
      } else if argument.hasPrefix("-") {
        throw Failure(
          "usage: [--rounds N] [--document FOLDER] [ROW ...]; the rows:\n\(Self.names(allRows))")
      } else {
        words.append(argument)
      }
    }
  }

  func select(_ rows: [any Row]) throws -> [any Row] {
    for word in words where !rows.contains(where: { $0.name.contains(word) }) {
      throw Failure("no row's name contains \(word); the rows:\n\(Self.names(rows))")
    }
    return rows.filter { row in words.isEmpty || words.contains { row.name.contains($0) } }
  }

  private static func names(_ rows: [any Row]) -> String {
    rows.map { "  " + $0.name }.joined(separator: "\n")
  }
}
