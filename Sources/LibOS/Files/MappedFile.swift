import LinuxABI
import Machine

/// Keeps a file open that was mapped: its locks stay until the last mapping goes, and nobody may run it who could not
/// before.
///
/// Mappings share it. It goes in the middle of a change to an address space, so the file is let go of a moment later.
final class MappedFile {
  let file: OpenFile
  private let releases: DelayedReleases

  init(_ file: OpenFile, _ releases: DelayedReleases) {
    self.file = file
    self.releases = releases
    file.retain()
  }

  deinit { releases.add(file) }
}

/// Files to be released at the top of the run loop.
final class DelayedReleases {
  private unowned let kernel: Kernel
  private var files: [OpenFile] = []
  /// The kernel goes, and with it everything.
  var isOver = false

  init(_ kernel: Kernel) { self.kernel = kernel }

  var isEmpty: Bool { files.isEmpty }

  fileprivate func add(_ file: OpenFile) {
    guard !isOver else { return }
    files.append(file)
    kernel.needsAttention = true
  }

  func releaseAll() {
    while let file = files.popLast() { file.release() }
  }
}

extension OpenFile {
  /// It matters to others whether the file is open, so its mappings hold it.
  var isHeldByMappings: Bool { isWritable || holdsLocks }

  /// What a mapping of it holds.
  func holder(_ kernel: Kernel) -> MappedFile {
    if let mappedFile { return mappedFile }
    let fresh = MappedFile(self, kernel.delayedReleases)
    mappedFile = fresh
    return fresh
  }
}
