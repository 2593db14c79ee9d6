import Foundation
import Glibc

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

  /// Waits until the file is there.
  func wait(for name: String) throws {
    for _ in 0..<2400 {
      if FileManager.default.fileExists(atPath: path(name)) { return }
      usleep(25_000)
    }
    throw Failed("no \(name)")
  }

  /// A script that runs by itself. One that nobody has waited for is killed: as a zombie it would keep the test runner
  /// from seeing the ends of its own processes.
  final class Running {
    private let process: pid_t
    private var hasEnded = false

    fileprivate init(process: pid_t) { self.process = process }

    deinit {
      guard !hasEnded else { return }
      kill(process, SIGKILL)
      wait()
    }

    /// Waits for its end.
    func wait() {
      var status: Int32 = 0
      while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
      hasEnded = true
    }
  }

  /// Begins to run a script, as `shell` does. It must end by itself.
  func begin(_ script: String) throws -> Running {
    Running(
      process: try unsafe GodwitTests.begin(["/bin/bash", "-c", preamble("x86_64") + script]) {
        unsafe posix_spawn_file_actions_addopen(&$0, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&$0, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&$0, 2, "/dev/null", O_WRONLY, 0)
      })
  }

  /// `$G` and `$R` are one word each, although there may be spaces in the checkout's path.
  static let keepSpaces = "IFS='\n'"

  private func preamble(_ isa: String) -> String {
    """
    \(Self.keepSpaces)
    cd '\(folder.path)'; G='\(Checkout.godwit.path)'; R='\(Checkout.rootfs(isa).path)'
    export XDG_RUNTIME_DIR='\(folder.path)'
    await() { for i in $(seq 2400); do [ -e "$1" ] && return; sleep 0.05; done; echo "no $1"; exit 1; }
    told() { for i in $(seq 1200); do [ -s "$1" ] && cat "$1" && return; sleep 0.05; done; echo "nothing in $1"; exit 1; }
    there() { $G ps | grep -q "^guest "; }
    hold() {
      $G run --name guest --root $R --mount .:/mnt -- /usr/bin/python3 -c "
    import os, time
    data = os.urandom($1)
    total = sum(data)
    open('/mnt/ready', 'w').close()
    while not os.path.exists('/mnt/go'): time.sleep(0.001)
    print(total == sum(data))"
    }
    grow() {
      exec $G run --name guest "$@" --root $R --mount .:/mnt -- /usr/bin/python3 -c '
    import os, time
    def stage(n):
        open(f"/mnt/ready{n}", "w").close()
        while not os.path.exists(f"/mnt/go{n}"): time.sleep(0.01)
    stage(1)
    data = os.urandom(8000000)
    stage(2)
    print(len(data), "unharmed", flush=True)
    stage(3)'
    }

    """
  }

  /// Runs a script of bash in the folder. `$G` is godwit and `$R` the root for `isa`; `await FILE` waits
  /// until the file is there, and `told FILE` until there is a line in it, which it prints; `there` asks whether the
  /// guest `guest` runs. `hold BYTES` is such a guest, which makes `ready`, and once there is `go`, says whether its
  /// memory is still what it was. `grow OPTION... &` is one whose memory grows between `ready1` and `ready2`; it goes on
  /// at `go1`, `go2` and `go3`, and `$!` is its process.
  ///
  /// - Parameter namespaces: in a user and mount namespace of its own, as root there.
  func shell(
    _ script: String, isa: String = "x86_64", namespaces: Bool = false, limit: Int = 120
  ) throws -> Outcome {
    try shell(
      script, isa: isa, within: namespaces ? ["--user", "--map-root-user", "--mount"] : [],
      limit: limit)
  }

  /// - Parameter within: unshare(1)'s options for the namespaces that it is to run in.
  func shell(_ script: String, isa: String, within: [String], limit: Int) throws -> Outcome {
    let shell = ["/bin/bash", "-c", preamble(isa) + script]
    let command = within.isEmpty ? shell : ["/usr/bin/unshare"] + within + shell
    return try execute(
      URL(fileURLWithPath: command[0]), Array(command.dropFirst()), limit: limit)
  }
}
