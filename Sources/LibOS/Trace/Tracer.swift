import HostABI
import LinuxABI
import Machine

/// Writes one line per system call in the style of strace(1), from the table's rows.
package final class Tracer {
  private let write: (String) -> Void

  /// - Parameter write: takes each line, without its newline.
  package init(write: @escaping (String) -> Void) { self.write = write }

  /// The arguments of calls that replace the memory where these are. Other calls are shown when they are done.
  private var programArguments: [ObjectIdentifier: String] = [:]

  func enter(_ row: SyscallRow, _ frame: SyscallFrame, _ task: Task) {
    guard row.arguments.contains(where: \.isStrings) else { return }
    programArguments[ObjectIdentifier(task)] = arguments(row, frame, task, nil)
  }

  func leave(
    _ row: SyscallRow, _ frame: SyscallFrame, _ task: Task, _ outcome: Result<SyscallResult, Errno>
  ) {
    switch outcome {
    case .success(.blocked), .success(.unfinished): return
    default: break
    }
    let result: UInt64? = if case .success(.value(let value)) = outcome { value } else { nil }
    let shown =
      programArguments.removeValue(forKey: ObjectIdentifier(task))
      ?? arguments(row, frame, task, result)
    line(task, "\(row.name)(\(shown)) = \(describe(outcome))")
  }

  private func arguments(
    _ row: SyscallRow, _ frame: SyscallFrame, _ task: Task, _ result: UInt64?
  ) -> String {
    var parts: [String] = []
    for (index, kind) in row.arguments.enumerated() {
      if case .openMode(let flags) = kind, !makesFile(frame.arguments[flags], task) { continue }
      parts.append(format(kind, index, frame, task, result))
    }
    return parts.joined(separator: ", ")
  }

  func missing(_ frame: SyscallFrame, _ task: Task) {
    let arguments = (0..<6).map { "0x" + String(frame.arguments[$0], radix: 16) }
    line(
      task,
      "syscall_\(frame.number)(\(arguments.joined(separator: ", "))) = \(describe(.failure(.ENOSYS)))"
    )
  }

  package func note(_ task: Task, _ message: String) { line(task, message) }

  private func line(_ task: Task, _ text: String) { write("[\(task.tid)] \(printable(text))") }

  private func describe(_ outcome: Result<SyscallResult, Errno>) -> String {
    switch outcome {
    case .success(.value(let value)):
      let signed = Int64(bitPattern: value)
      return signed >= 0 && signed < 1 << 32 ? "\(signed)" : "0x" + String(value, radix: 16)
    case .success: return "?"
    case .failure(let errno) where errno.isRestart: return "? (to be restarted)"
    case .failure(let errno): return "-1 \(errno.name) (\(errno.message))"
    }
  }

  // MARK: Arguments

  private func format(
    _ kind: ArgumentKind, _ index: Int, _ frame: SyscallFrame, _ task: Task, _ result: UInt64?
  ) -> String {
    let value = frame.arguments[index]
    let space = task.process.space
    switch kind {
    case .int, .fd, .pid: return "\(Int32(truncatingIfNeeded: value))"
    case .signal: return "\(Int32(truncatingIfNeeded: value))"
    case .unsigned, .size: return "\(value)"
    case .openFlags: return openFlags(value, task)
    case .octal, .openMode: return "0" + String(value & 0xffff_ffff, radix: 8)
    case .hex: return "0x" + String(value, radix: 16)
    case .address: return value == 0 ? "NULL" : "0x" + String(value, radix: 16)
    case .dirfd:
      let fd = Int32(truncatingIfNeeded: value)
      return fd == -100 ? "AT_FDCWD" : "\(fd)"
    case .path:
      if value == 0 { return "NULL" }
      guard let bytes = try? space.cString(at: GuestAddress(value), limit: 4096) else {
        return "0x" + String(value, radix: 16)
      }
      return quote(bytes, limit: 4096)
    case .inBuffer(let length):
      return buffer(value, Int(truncatingIfNeeded: frame.arguments[length]), space)
    case .outBuffer:
      guard let result, Int64(bitPattern: result) >= 0 else {
        return value == 0 ? "NULL" : "0x" + String(value, radix: 16)
      }
      return buffer(value, Int(truncatingIfNeeded: result), space)
    case .strings: return strings(value, space)
    case .flags(let names): return flags(value, names())
    case .oneOf(let names):
      return names().first { $0.value == value }?.name ?? "0x" + String(value, radix: 16)
    case .timespec:
      guard value != 0, let seconds: Int64 = try? space.load(at: GuestAddress(value)),
        let nanoseconds: Int64 = try? space.load(at: GuestAddress(value) + 8)
      else { return value == 0 ? "NULL" : "0x" + String(value, radix: 16) }
      return "{tv_sec=\(seconds), tv_nsec=\(nanoseconds)}"
    case .socketType: return socketType(value)
    case .socketLevel:
      return SocketOptionLevel(value)?.name ?? "\(Int32(truncatingIfNeeded: value))"
    case .socketOption(let level):
      let option = UInt64(UInt32(truncatingIfNeeded: value))
      let options = SocketOptionLevel(frame.arguments[level])?.options() ?? []
      return options.first { $0.value == option }?.name ?? "\(Int32(truncatingIfNeeded: value))"
    case .socketAddress(let length):
      return socketAddress(value, Int(Int32(truncatingIfNeeded: frame.arguments[length])), space)
    case .futexOperation:
      let command = FutexCommand(rawValue: UInt32(truncatingIfNeeded: value) & 0x7f)
      let options = FutexOptions(rawValue: UInt32(truncatingIfNeeded: value) & 0x180)
      let name = command.map { "\($0)" } ?? "\(value & 0x7f)"
      return options.isEmpty ? name : "\(name)|\(options)"
    }
  }

  private func flags(_ value: UInt64, _ names: [FlagName]) -> String {
    var rest = value
    var parts: [String] = []
    for name in names where name.value != 0 && rest & name.value == name.value {
      parts.append(name.name)
      rest &= ~name.value
    }
    if rest != 0 || parts.isEmpty {
      parts.append(
        rest == 0 ? names.first { $0.value == 0 }?.name ?? "0" : "0x" + String(rest, radix: 16))
    }
    return parts.joined(separator: "|")
  }

  private func openFlags(_ value: UInt64, _ task: Task) -> String {
    let all = OpenFlags(UInt32(truncatingIfNeeded: value), isa: task.process.isa)
    let mode = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][Int(all.rawValue & 3)]
    let rest = all.subtracting(.O_ACCMODE)
    guard !rest.isEmpty else { return mode }
    let names = OpenFlags.names.map { FlagName(UInt64($0.value.rawValue), $0.name) }
    return mode + "|" + flags(UInt64(rest.rawValue), names)
  }

  private func makesFile(_ flags: UInt64, _ task: Task) -> Bool {
    let flags = OpenFlags(UInt32(truncatingIfNeeded: flags), isa: task.process.isa)
    return flags.contains(.O_CREAT) || flags.contains(.O_TMPFILE)
  }

  private func buffer(_ address: UInt64, _ count: Int, _ space: AddressSpace) -> String {
    guard address != 0, count >= 0 else { return "NULL" }
    guard let bytes = try? space.bytes(at: GuestAddress(address), count: min(count, 33)) else {
      return "0x" + String(address, radix: 16)
    }
    return quote(bytes, limit: 32)
  }

  private func strings(_ address: UInt64, _ space: AddressSpace) -> String {
    guard address != 0 else { return "NULL" }
    var parts: [String] = []
    for index in 0..<UInt64(32) {
      guard let pointer: UInt64 = try? space.load(at: GuestAddress(address) + index * 8),
        pointer != 0,
        let bytes = try? space.cString(at: GuestAddress(pointer), limit: 4096)
      else { break }
      parts.append(quote(bytes, limit: 32))
    }
    return "[\(parts.joined(separator: ", "))]"
  }

  func quote(_ bytes: [UInt8], limit: Int) -> String {
    var text = "\""
    for byte in bytes.prefix(limit) {
      switch byte {
      case UInt8(ascii: "\n"): text += "\\n"
      case UInt8(ascii: "\t"): text += "\\t"
      case UInt8(ascii: "\r"): text += "\\r"
      case UInt8(ascii: "\""): text += "\\\""
      case UInt8(ascii: "\\"): text += "\\\\"
      case 32..<127: text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\" + String(byte, radix: 8)
      }
    }
    return text + (bytes.count > limit ? "\"..." : "\"")
  }
}

extension ArgumentKind {
  fileprivate var isStrings: Bool {
    if case .strings = self { true } else { false }
  }
}
