import Foundation

/// A folder for one test, with a shell to work in it and control sockets of its own.
struct Scratch: ~Copyable {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("godwit-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func names() -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
  }

  /// Runs a script of bash in the folder. `$G` is godwit and `$R` the root for `isa`; `await FILE` waits
  /// until the file is there.
  ///
  /// - Parameter namespaces: in a user and mount namespace of its own, as root there.
  func shell(
    _ script: String, isa: String = "x86_64", namespaces: Bool = false, limit: Int = 120
  ) throws -> Outcome {
    let preamble = """
      cd '\(folder.path)'; G='\(Checkout.godwit.path)'; R='\(Checkout.rootfs(isa).path)'
      export XDG_RUNTIME_DIR='\(folder.path)'
      await() { for i in $(seq 1200); do [ -e "$1" ] && return; sleep 0.05; done; echo "no $1"; exit 1; }

      """
    let shell = ["/bin/bash", "-c", preamble + script]
    let command =
      namespaces ? ["/usr/bin/unshare", "--user", "--map-root-user", "--mount"] + shell : shell
    return try execute(
      URL(fileURLWithPath: command[0]), Array(command.dropFirst()), limit: limit)
  }
}
