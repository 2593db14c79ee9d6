import LibOSState
import LinuxABI
import Snapshot

extension LineDiscipline {
  func save() -> Godwit_State_LineDiscipline {
    var state = Godwit_State_LineDiscipline()
    state.modes = data(modes.bytes2)
    state.backlog = data(backlog.contents)
    state.edited = data(edited)
    state.ready = data(ready.contents)
    state.lines = lines.map { UInt32($0) }
    state.arrivals = arrivals
    state.quoting = isQuoting
    state.erasing = isErasing
    state.output = data(output.contents)
    state.echoes = echoes.map(\.code)
    state.column = UInt64(column)
    state.lineColumn = UInt64(lineColumn)
    state.stopped = isStopped
    state.stoppedByProgram = isStoppedByProgram
    state.status = UInt32(status.rawValue)
    return state
  }

  init(_ state: Godwit_State_LineDiscipline) throws(SnapshotError) {
    guard state.modes.count == Termios.byteCount2, state.ready.count <= Self.inputSize,
      state.edited.count <= Self.inputSize, state.backlog.count <= Self.transitSize
    else { throw .invalidState("a terminal's input") }
    modes = Termios(bytes2: Array(state.modes))
    backlog = ByteQueue(Array(state.backlog))
    edited = Array(state.edited)
    ready = ByteQueue(Array(state.ready))
    lines = state.lines.map { Int($0) }
    let sum = lines.reduce(0, +)
    guard isCanonical ? sum == ready.count : sum <= ready.count, !lines.contains(0) else {
      throw .invalidState("a terminal's lines")
    }
    arrivals = state.arrivals
    isQuoting = state.quoting
    isErasing = state.erasing
    output = ByteQueue(Array(state.output))
    for code in state.echoes {
      guard let echo = Echo(code: code) else { throw .invalidState("a terminal's echo") }
      echoes.append(echo)
    }
    // Only the low bits are used.
    column = Int(state.column & 0xffff_ffff)
    lineColumn = Int(state.lineColumn & 0xffff_ffff)
    isStopped = state.stopped
    isStoppedByProgram = state.stoppedByProgram
    status = PacketStatus(rawValue: try narrowed(state.status, "a terminal's packet status"))
  }
}

extension LineDiscipline.Echo {
  fileprivate var code: UInt32 {
    switch self {
    case .byte(let byte): UInt32(byte)
    case .control(let byte): 1 << 8 | UInt32(byte)
    case .moveBack: 2 << 8
    case .noteLine: 3 << 8
    case .eraseTab(let columns, let isAfterTab): (isAfterTab ? 5 : 4) << 8 | UInt32(columns)
    }
  }

  fileprivate init?(code: UInt32) {
    let low = UInt8(code & 0xff)
    switch code >> 8 {
    case 0: self = .byte(low)
    case 1: self = .control(low)
    case 2: self = .moveBack
    case 3: self = .noteLine
    case 4: self = .eraseTab(columns: Int(low & 7), isAfterTab: false)
    case 5: self = .eraseTab(columns: Int(low & 7), isAfterTab: true)
    default: return nil
    }
  }
}
