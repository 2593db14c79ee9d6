import LinuxABI

// Erasing in the line that is being typed: `eraser` in `n_tty.c`.
extension LineDiscipline {
  enum Erasure { case character, word, line }

  mutating func erase(_ erasure: Erasure) {
    guard !edited.isEmpty else { return }
    if erasure == .line {
      guard has(.ECHO) else {
        edited = []
        return
      }
      guard has(.ECHOK), has(.ECHOKE), has(.ECHOE) else {
        edited = []
        finishErasing()
        echoCharacter(modes[.VKILL])
        if has(.ECHOK) { echo(.byte(UInt8(ascii: "\n"))) }
        return
      }
    }
    var hasSeenWord = false
    while let start = lastCharacter {
      let first = edited[start]
      if erasure == .word {
        if first.isAlphanumeric || first == UInt8(ascii: "_") {
          hasSeenWord = true
        } else if hasSeenWord {
          break
        }
      }
      let character = Array(edited[start...])
      edited.removeLast(character.count)
      if has(.ECHO) { echoErased(character, erasure) }
      if erasure == .character { break }
    }
    if edited.isEmpty, has(.ECHO) { finishErasing() }
  }

  /// The start of the line's last character; nil if the line has no complete character.
  private var lastCharacter: Int? {
    guard let start = edited.lastIndex(where: { !isContinuation($0) }) else { return nil }
    return start
  }

  private mutating func echoErased(_ character: [UInt8], _ erasure: Erasure) {
    let first = character[0]
    if has(.ECHOPRT) {
      if !isErasing {
        echo(.byte(UInt8(ascii: "\\")))
        isErasing = true
      }
      echoCharacter(first)
      for byte in character.dropFirst() { echo(.byte(byte), .moveBack) }
    } else if erasure == .character, !has(.ECHOE) {
      echoCharacter(modes[.VERASE])
    } else if first == UInt8(ascii: "\t") {
      echoErasedTab()
    } else {
      // A character takes one column, none, or two.
      if !first.isControl || has(.ECHOCTL) { echoErasedColumn() }
      if first.isControl, has(.ECHOCTL) { echoErasedColumn() }
    }
  }

  private mutating func echoErasedColumn() {
    echo(.byte(8), .byte(UInt8(ascii: " ")), .byte(8))
  }

  /// The width of a tab depends on the columns before it.
  private mutating func echoErasedTab() {
    var columns = 0
    var isAfterTab = false
    for byte in edited.reversed() {
      if byte == UInt8(ascii: "\t") {
        isAfterTab = true
        break
      }
      if byte.isControl {
        if has(.ECHOCTL) { columns += 2 }
      } else if !isContinuation(byte) {
        columns += 1
      }
    }
    echo(.eraseTab(columns: columns & 7, isAfterTab: isAfterTab))
  }
}
