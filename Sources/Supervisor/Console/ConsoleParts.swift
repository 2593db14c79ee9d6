import HostABI
import PosixHost

/// The terminal and the screen, which other projects have made: Debian's packages, where they are installed.
enum ConsoleParts {
  /// Where programs of the machine have their data: see the XDG Base Directory Specification.
  private static var directories: [String] {
    let text = HostProcess.environmentValue("XDG_DATA_DIRS") ?? ""
    return (text.isEmpty ? "/usr/local/share:/usr/share" : text)
      .split(separator: ":").filter { $0.hasPrefix("/") }.map { String($0) }
  }

  private static let sizeLimit: UInt64 = 4 << 20

  private static func read(_ path: String) -> [UInt8]? {
    for directory in directories {
      if let bytes = contents(of: "\(directory)/\(path)") { return bytes }
    }
    return nil
  }

  private static func contents(of path: String) -> [UInt8]? {
    try? InputFile(path).contents(limit: sizeLimit)
  }

  // MARK: xterm.js

  static var terminalStyle: [UInt8]? { read("javascript/xterm/xterm.css") }

  /// libjs-xterm's script; Debian 12's has no more than the name of what it should contain, so there it is made of node-xterm's
  /// modules.
  static var terminalScript: [UInt8]? {
    if let script = read("javascript/xterm/xterm.js"), script.count > stubLimit { return script }
    return directories.lazy.compactMap { bundle("\($0)/nodejs/xterm/lib") }.first
  }

  private static let stubLimit = 4096
  private static let first = "public/Terminal"

  private static func bundle(_ place: String) -> [UInt8]? {
    var modules: [String: [UInt8]] = [:]
    collect(place, "", &modules)
    guard modules[first] != nil else { return nil }
    var script = PackageResources.modules_js + Array("Terminal = loadModules({\n".utf8)
    for (name, text) in modules.sorted(by: { $0.key < $1.key }) {
      script +=
        Array("\"\(name)\": (require, exports, module) => {\n".utf8) + text + Array("\n},\n".utf8)
    }
    return script + Array("}, \"\(first)\").Terminal;\n".utf8)
  }

  private static func collect(_ place: String, _ below: String, _ modules: inout [String: [UInt8]])
  {
    for bytes in (try? directoryNames(place + "/" + below)) ?? [] {
      let name = String(decoding: bytes, as: UTF8.self)
      guard modules.count < 500, ControlDirectory.isValid(name: name) else { continue }
      if !name.contains(".") {
        collect(place, below + name + "/", &modules)
      } else if name.hasSuffix(".js"), !name.hasSuffix(".test.js") {
        modules[below + name.dropLast(3)] = contents(of: "\(place)/\(below)\(name)")
      }
    }
  }

  // MARK: noVNC

  static var hasScreen: Bool { screenScript("core/rfb.js") != nil }

  /// One of noVNC's modules; nil if `path` names none.
  static func screenScript(_ path: String) -> [UInt8]? {
    let names = path.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    guard ["core", "vendor"].contains(names[0]), path.hasSuffix(".js"),
      names.allSatisfy({ ControlDirectory.isValid(name: $0) })
    else { return nil }
    return read("novnc/" + path)
  }
}
