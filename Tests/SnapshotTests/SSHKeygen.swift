import Foundation

/// OpenSSH's own ssh-keygen, in a folder of its own: what judges keys and signatures.
struct SSHKeygen: ~Copyable {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent(name)))
  }

  func write(_ name: String, _ bytes: some Sequence<UInt8>, permissions: Int = 0o600) throws {
    _ = FileManager.default.createFile(
      atPath: path(name), contents: Data(bytes), attributes: [.posixPermissions: permissions])
  }

  /// Runs it with the file `input` on standard input: its status and what it printed.
  @discardableResult
  func run(_ arguments: String..., input: String? = nil) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/ssh-keygen")
    process.arguments = arguments
    process.currentDirectoryURL = folder
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    process.standardInput =
      try input.map { try FileHandle(forReadingFrom: folder.appendingPathComponent($0)) }
      ?? FileHandle.nullDevice
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self))
  }
}
