#if !FUZZER
  import Foundation
  import FuzzTargets

  /// Without a fuzzer: `snapshot-fuzz TARGET FILE…` runs a target on files, and shows why each is refused.
  @main struct Main {
    static func main() throws {
      guard CommandLine.arguments.count > 1, let target = FuzzTarget(CommandLine.arguments[1])
      else {
        print("usage: snapshot-fuzz \(FuzzTarget.all.map(\.name).joined(separator: "|")) FILE…")
        exit(2)
      }
      for path in CommandLine.arguments.dropFirst(2) {
        do {
          try target.run(Array(Data(contentsOf: URL(fileURLWithPath: path))))
          print("\(path): accepted")
        } catch { print("\(path): \(error)") }
      }
    }
  }
#endif
