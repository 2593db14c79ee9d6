import LibOS
import LibOSState
import LinuxABI
import Machine
import Snapshot

/// How the state in one snapshot differs from that in another, which can be encoded as JSON or as text.
package struct SnapshotDifference: Encodable, Sendable {
  enum Change: String, Encodable, Sendable { case added, removed, changed }

  /// Nil on the side where it is not.
  struct Value: Encodable, Sendable {
    var name: String
    var before: String?
    var after: String?
  }

  struct Task: Encodable, Sendable {
    var tid: Int32
    var pid: Int32
    var name: String
    var change: Change
    /// What of its registers and its state differs; empty unless it is changed.
    var values: [Value]
  }

  struct Mapping: Encodable, Sendable {
    var pid: Int32
    var start: String
    var end: String
    var name: String
    var change: Change
    /// Its bounds, permissions and offset, if they differ.
    var values: [Value]
    /// The number of pages whose bytes differ, and where they are.
    var pages: UInt64
    var ranges: [Range]
  }

  struct Range: Encodable, Sendable {
    var start: String
    var end: String
  }

  struct Descriptor: Encodable, Sendable {
    var pid: Int32
    var fd: Int32
    var before: String?
    var after: String?
  }

  /// One of the upper layer of an overlay, or of a tmpfs.
  struct File: Encodable, Sendable {
    var path: String
    var change: Change
    /// What differs of one that is changed.
    var aspects: [String]
  }

  /// One of the library OS: its name for people, and the fields of `State.proto` that differ.
  struct Object: Encodable, Sendable {
    var name: String
    var change: Change
    /// Empty unless it is changed.
    var values: [Value]
  }

  var tasks: [Task]
  var memory: [Mapping]
  var descriptors: [Descriptor]
  var objects: [Object]
  var files: [File]

  /// Compares the snapshots at two paths, which must have their parents. Files of the host are not opened: pages
  /// that both have from a file beneath count as equal.
  package init(_ before: String, _ after: String, _ keys: SealKeys) throws(Failure) {
    let old = try SnapshotDescription(before, keys, knownKeys: nil)
    let new = try SnapshotDescription(after, keys, knownKeys: nil)
    for snapshot in [old, new] {
      do throws(SnapshotError) { try snapshot.reader.requireParents() } catch {
        throw Failure(snapshot.path, error)
      }
    }
    var pages = PageComparison(old, new)
    tasks = try Self.tasks(old, new)
    memory = try pages.memory()
    descriptors = Self.descriptors(old, new)
    objects = Self.objects(old, new)
    files = try pages.files()
  }

  // MARK: Tasks

  private static func tasks(_ old: SnapshotDescription, _ new: SnapshotDescription)
    throws(Failure) -> [Task]
  {
    let before = Dictionary(old.tasks.tasks.map { ($0.tid, $0) }) { first, _ in first }
    let after = Dictionary(new.tasks.tasks.map { ($0.tid, $0) }) { first, _ in first }
    var result: [Task] = []
    for tid in Set(before.keys).union(after.keys).sorted() {
      let (old, new) = (
        try before[tid].map { task throws(Failure) in try old.values(of: task) },
        try after[tid].map { task throws(Failure) in try new.values(of: task) }
      )
      let task = (after[tid] ?? before[tid])!
      let values = old != nil && new != nil ? compare(old!, new!) : []
      guard old == nil || new == nil || !values.isEmpty else { continue }
      result.append(
        Task(
          tid: tid, pid: task.pid, name: String(decoding: Array(task.name), as: UTF8.self),
          change: old == nil ? .added : new == nil ? .removed : .changed, values: values))
    }
    return result
  }

  /// The values that differ, in order.
  static func compare(_ old: [(String, String)], _ new: [(String, String)]) -> [Value] {
    let before = Dictionary(old) { first, _ in first }
    let after = Dictionary(new) { first, _ in first }
    let names = new.map(\.0) + old.map(\.0).filter { after[$0] == nil }
    return names.filter { before[$0] != after[$0] }
      .map { Value(name: $0, before: before[$0], after: after[$0]) }
  }

  // MARK: Descriptors

  private static func descriptors(_ old: SnapshotDescription, _ new: SnapshotDescription)
    -> [Descriptor]
  {
    let (before, after) = (old.descriptorTexts, new.descriptorTexts)
    return Set(before.keys).union(after.keys)
      .filter { before[$0] != after[$0] }
      .sorted { ($0.pid, $0.fd) < ($1.pid, $1.fd) }
      .map { Descriptor(pid: $0.pid, fd: $0.fd, before: before[$0], after: after[$0]) }
  }
}

private struct DescriptorPlace: Hashable {
  var pid: Int32
  var fd: Int32
}

extension SnapshotDescription {
  /// The registers of a task and what it is doing.
  fileprivate func values(of task: Godwit_State_Task) throws(Failure) -> [(String, String)] {
    let process = processes.processes.first { $0.pid == task.pid }
    let name = process?.isa.isEmpty == false ? process!.isa : kernel.isa
    guard let isa = GuestISA(rawValue: name),
      let registers = RegisterFile(isa: isa, task.registers)
    else {
      throw Failure(path, .invalidState("the registers of task \(task.tid)"))
    }
    return registers.named
      + [("state", state(of: task) + (call(of: task).map { " in \($0)" } ?? ""))]
  }

  fileprivate var descriptorTexts: [DescriptorPlace: String] {
    let files = Dictionary(self.files.files.map { ($0.id, $0) }) { first, _ in first }
    var texts: [DescriptorPlace: String] = [:]
    for process in processes.processes {
      for descriptor in process.descriptors {
        let file = files[descriptor.file]
        texts[DescriptorPlace(pid: process.pid, fd: descriptor.fd)] =
          describe(file: descriptor.file) + " at \(file?.offset ?? 0), flags 0"
          + String(file?.flags ?? 0, radix: 8) + (descriptor.closeOnExec ? ", close-on-exec" : "")
      }
    }
    return texts
  }
}

extension RegisterFile {
  /// All registers by the names that debuggers give them, in hexadecimal.
  fileprivate var named: [(String, String)] {
    func hex(_ value: some FixedWidthInteger) -> String { "0x" + String(value, radix: 16) }
    func hex(_ value: Vector128) -> String {
      let low = String(value.low, radix: 16)
      return value.high == 0
        ? "0x" + low
        : hex(value.high) + String(repeating: "0", count: 16 - low.count) + low
    }
    // One statement for each kind: the compiler takes minutes for a single expression.
    var list: [(String, String)] = []
    func add(_ name: String, _ value: some FixedWidthInteger) { list.append((name, hex(value))) }
    func add(_ name: String, _ value: Vector128) { list.append((name, hex(value))) }
    switch isa {
    case .x86_64:
      let first = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"]
      for index in 0..<16 { add(index < 8 ? first[index] : "r\(index)", general[index]) }
      add("rip", programCounter)
      add("eflags", flags)
      add("fs_base", threadPointer)
      add("gs_base", gsBase)
      for register in X86Selectors.Register.allCases { add("\(register)", selectors[register]) }
      for index in 0..<16 { add("xmm\(index)", vectors[index]) }
      add("mxcsr", floatControl)
      for index in 0..<8 {
        add("st\(index)", Vector128(low: x87.mantissas[index], high: UInt64(x87.exponents[index])))
      }
      add("fctrl", x87.control)
      add("fstat", x87.status)
      add("ftag", x87.tag)
      add("fop", x87.opcode)
      add("fip", x87.instruction)
      add("fdp", x87.operand)
    case .aarch64:
      for index in 0..<31 { add("x\(index)", general[index]) }
      add("sp", stackPointer)
      add("pc", programCounter)
      add("pstate", flags)
      add("tpidr", threadPointer)
      for index in 0..<32 { add("v\(index)", vectors[index]) }
      add("fpcr", floatControl)
      add("fpsr", floatStatus)
    case .riscv64:
      for index in 0..<31 { add("x\(index + 1)", general[index]) }
      add("pc", programCounter)
      for index in 0..<32 { add("f\(index)", vectors[index].low) }
      add("fcsr", floatControl)
    }
    return list
  }
}
