import HostABI
import PosixHost

/// The machines in `$XDG_CONFIG_HOME/godwit/follow` (or below `~/.config`): relays of this user may reach them, if a guest
/// has moved on to one of them. One stands on a line; what is behind `#` is for people.
enum FollowedMachines {
  /// Bytes of the file.
  private static let limit = 1 << 16

  static func configured() throws(Failure) -> [RemoteHost] {
    guard let folder = HostProcess.userDirectory("XDG_CONFIG_HOME", or: ".config") else {
      return []
    }
    let path = folder + "/godwit/follow"
    let bytes: [UInt8]
    do throws(HostError) {
      bytes = try InputFile(path).read(at: 0, count: limit)
    } catch .notFound { return [] } catch { throw Failure(path, error) }
    guard bytes.count < limit else { throw Failure("\(path): it is too long") }
    var machines: [RemoteHost] = []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }
      guard let word = words.first else { continue }
      guard words.count == 1, let machine = RemoteHost(String(word)) else {
        throw Failure("\(path): '\(line)' is not a machine as in ssh://[user@]host[:port]")
      }
      machines.append(machine)
    }
    return machines
  }
}
