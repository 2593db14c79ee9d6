package import ELF
import LinuxABI
package import Machine

/// A program that was found and understood, before anything is mapped.
package struct Program {
  package var path: [UInt8]
  /// What `/proc/self/exe` leads to, whatever becomes of its name.
  var file: Dentry
  package var image: ELFImage
  package var object: MemoryObject
  /// Its dynamic linker, if it names one.
  package var interpreter: (path: [UInt8], image: ELFImage, object: MemoryObject)?
  /// The arguments, with a script's interpreter put in front.
  package var arguments: [[UInt8]]
  package var isa: GuestISA
  /// Whose rights the program has instead of its caller's (set-user-ID and set-group-ID).
  var setUser: UInt32?
  var setGroup: UInt32?
  /// Likewise of its file's capabilities.
  var capabilities: FileCapabilities?
}

extension Kernel {
  /// Finds the program as a shell does: a name without a slash is looked up in `PATH`.
  package func findProgram(
    _ name: [UInt8], arguments: [[UInt8]], searchPath: [UInt8], in fs: FSContext
  ) throws(LoadError) -> Program {
    let slash = UInt8(ascii: "/")
    if name.isEmpty { throw .notFound("'': command not found") }
    if name.contains(slash) {
      return try program(at: name, arguments: arguments, in: PathCaller(fs: fs))
    }
    var refusal: LoadError?
    for directory in searchPath.split(
      separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    {
      let folder = directory.isEmpty ? [UInt8(ascii: ".")] : Array(directory)
      do throws(LoadError) {
        return try program(
          at: folder + [slash] + name, arguments: arguments, in: PathCaller(fs: fs))
      } catch  where error.status == 127 || error.errno == .ENOTDIR {
        // A missing interpreter counts as "not found" too, but of a file that is there.
        if error.message.contains("interpreter") { throw error }
      } catch {
        refusal = refusal ?? error
      }
    }
    throw refusal ?? .notFound("\(text(name)): command not found")
  }

  /// Reads the program at `path`, following `#!` lines.
  package func program(
    at path: [UInt8], arguments: [[UInt8]], in caller: PathCaller, depth: Int = 0
  ) throws(LoadError) -> Program {
    let (file, object, status) = try executable(path, in: caller)
    let head = bytes(of: object, at: 0, count: 256)
    if head.starts(with: [UInt8(ascii: "#"), UInt8(ascii: "!")]) {
      guard depth < 5 else {
        throw .notExecutable("\(text(path)): too many levels of #! scripts", .ELOOP)
      }
      return try script(path, head, arguments, in: caller, depth)
    }
    let image = try parse(object, path)
    guard let isa = image.machine.guestISA else {
      throw .notExecutable("\(text(path)): unsupported instruction set \(image.machine)", .ENOEXEC)
    }
    try checkNative(image, path)
    var program = Program(
      path: path, file: file, image: image, object: object, arguments: arguments, isa: isa)
    let mode = status.mode.permissions
    if mode & FileMode.S_ISUID != 0 { program.setUser = status.uid }
    if mode & FileMode.S_ISGID != 0, mode & 0o010 != 0 { program.setGroup = status.gid }
    if let value = try? file.inode.extendedAttributes()[FileCapabilities.attribute] {
      program.capabilities = FileCapabilities(value)
    }
    if let linker = image.interpreter {
      do throws(LoadError) {
        let (_, object, _) = try executable(linker, in: caller)
        let image = try parse(object, linker)
        guard image.machine.guestISA == isa else {
          throw .notExecutable(
            "\(text(path)): its interpreter \(text(linker)) is for \(image.machine)", .ELIBBAD)
        }
        program.interpreter = (linker, image, object)
      } catch  where error.status == 127 {
        throw .notFound(
          "\(text(path)): its interpreter \(text(linker)) was not found; give it a root that has one with "
            + "--root (Docs/Roots.md)")
      }
    }
    return program
  }

  /// The line behind `#!`: an interpreter and at most one argument (execve(2)).
  private func script(
    _ path: [UInt8], _ head: [UInt8], _ arguments: [[UInt8]], in caller: PathCaller, _ depth: Int
  ) throws(LoadError) -> Program {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    // What `load_script` of `fs/binfmt_script.c` looks at: zeros behind a shorter file; a NUL hides the end of the line.
    let buffer = head + [UInt8](repeating: 0, count: 256 - head.count)
    var end = buffer.count - 1
    if let mark = buffer.firstIndex(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }),
      buffer[mark] != 0
    {
      end = mark
    } else if !buffer.dropFirst(2).drop(while: isBlank).contains(where: { isBlank($0) || $0 == 0 })
    {
      throw .notExecutable("\(text(path)): its #! line is too long", .ENOEXEC)
    }
    while isBlank(buffer[end - 1]) { end -= 1 }
    let line = buffer[2..<end].drop(while: isBlank)
    let interpreter = Array(line.prefix { !isBlank($0) && $0 != 0 })
    guard !interpreter.isEmpty else {
      throw .notExecutable(
        "\(text(path)): its #! line names no interpreter", line.isEmpty ? .ENOEXEC : .EACCES)
    }
    let behind = line.dropFirst(interpreter.count)
    let hasArgument = behind.first.map(isBlank) ?? false
    let argument = Array(behind.drop(while: isBlank).prefix { $0 != 0 })
    let all =
      [interpreter] + (hasArgument ? [argument] : []) + [path] + arguments.dropFirst()
    do throws(LoadError) {
      return try program(at: interpreter, arguments: all, in: caller, depth: depth + 1)
    } catch  where error.status == 127 {
      throw .notFound("\(text(path)): its interpreter \(text(interpreter)) was not found")
    }
  }

  /// The content of a regular file that may be executed.
  private func executable(_ path: [UInt8], in caller: PathCaller)
    throws(LoadError) -> (Dentry, MemoryObject, FileStatus)
  {
    do throws(Errno) {
      var walker = Walker(caller, from: caller.fs.cwd)
      let file = try walker.find(path, follow: true)
      let status = try file.status()
      guard status.isRegular else { throw status.isDirectory ? Errno.EISDIR : Errno.EACCES }
      try caller.credentials.require(.X_OK, file.inode)
      if file.inode.writerCount > 0 { throw Errno.ETXTBSY }
      return (file, try file.inode.memoryObject(writable: false), status)
    } catch {
      switch error {
      case .ENOENT: throw .notFound("\(text(path)): no such file or directory")
      case .ENOTDIR: throw .notExecutable("\(text(path)): not a directory", error)
      case .EISDIR: throw .notExecutable("\(text(path)): is a directory")
      case .EACCES: throw .notExecutable("\(text(path)): permission denied")
      default: throw .notExecutable("\(text(path)): \(error.message)", error)
      }
    }
  }

  private func parse(_ object: MemoryObject, _ path: [UInt8]) throws(LoadError) -> ELFImage {
    do throws(ELFError) {
      return try ELFImage(fileSize: object.size) { offset, count throws(ELFError) in
        bytes(of: object, at: offset, count: count)
      }
    } catch { throw .notExecutable("\(text(path)): \(error)", .ENOEXEC) }
  }

  private func bytes(of object: MemoryObject, at offset: UInt64, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let read = buffer.withMutableRawSpan { object.read(at: offset, into: &$0) } ?? 0
    return Array(buffer.prefix(read))
  }
}

/// Bytes of a path or name as text for a message.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

extension ELFMachine {
  package var guestISA: GuestISA? {
    switch self {
    case .x86_64: .x86_64
    case .aarch64: .aarch64
    case .riscv64: .riscv64
    case .other: nil
    }
  }
}
