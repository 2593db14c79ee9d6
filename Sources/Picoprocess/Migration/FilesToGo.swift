import HostABI
import LibOS

/// The files of a guest's root and mounts that would go with it, in bytes.
struct FilesToGo: Sendable {
  /// What the other machine lacks.
  var lacking: UInt64 = 0
  var all: UInt64 = 0

  static func + (a: Self, b: Self) -> Self {
    Self(lacking: a.lacking &+ b.lacking, all: a.all &+ b.all)
  }
}

extension FilesToGo {
  init(lacking: [OutsideFile], of all: [OutsideFile]) {
    self.init(lacking: Self.size(of: lacking), all: Self.size(of: all))
  }

  /// Without holes; another name of a file takes nothing.
  private static func size(of files: [OutsideFile]) -> UInt64 {
    files.reduce(0) { sum, file in
      guard file.kind == .regular, file.link == nil else { return sum }
      return file.stretches.reduce(sum) { $1.isHole ? $0 : $0 &+ UInt64($1.range.count) }
    }
  }
}
