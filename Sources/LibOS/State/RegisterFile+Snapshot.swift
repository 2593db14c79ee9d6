package import LibOSState
package import Machine

extension RegisterFile {
  func save() -> Godwit_State_Registers {
    var state = Godwit_State_Registers()
    for index in 0..<31 { state.general.append(general[index]) }
    state.stackPointer = stackPointer
    state.programCounter = programCounter
    state.flags = flags
    state.threadPointer = threadPointer
    state.gsBase = gsBase
    for index in 0..<32 {
      state.vectors.append(vectors[index].low)
      state.vectors.append(vectors[index].high)
    }
    state.floatControl = floatControl
    state.floatStatus = floatStatus
    if isa == .x86_64 {
      state.x87 = x87.save()
      state.selectors = X86Selectors.Register.allCases.map { UInt32(selectors[$0]) }
    }
    return state
  }

  /// - Returns: nil when the message does not hold all registers.
  package init?(isa: GuestISA, _ state: Godwit_State_Registers) {
    guard state.general.count == 31, state.vectors.count == 64 else { return nil }
    self.init(isa: isa)
    for index in 0..<31 { general[index] = state.general[index] }
    stackPointer = state.stackPointer
    programCounter = state.programCounter
    flags = state.flags
    threadPointer = state.threadPointer
    gsBase = state.gsBase
    for index in 0..<32 {
      vectors[index] = Vector128(low: state.vectors[2 * index], high: state.vectors[2 * index + 1])
    }
    floatControl = state.floatControl
    floatStatus = state.floatStatus
    guard isa == .x86_64 else { return }
    guard let unit = X87State(state.x87) else { return nil }
    x87 = unit
    guard state.selectors.isEmpty || state.selectors.count == 4 else { return nil }
    for (register, selector) in zip(X86Selectors.Register.allCases, state.selectors) {
      guard selectors.set(register, to: UInt64(selector)) else { return nil }
    }
  }
}

extension X87State {
  fileprivate func save() -> Godwit_State_X87 {
    var state = Godwit_State_X87()
    state.control = UInt32(control)
    state.status = UInt32(status)
    state.tag = UInt32(tag)
    state.opcode = UInt32(opcode)
    state.instruction = instruction
    state.operand = operand
    for index in 0..<8 {
      state.mantissas.append(mantissas[index])
      state.exponents.append(UInt32(exponents[index]))
    }
    return state
  }

  fileprivate init?(_ state: Godwit_State_X87) {
    guard state.mantissas.count == 8, state.exponents.count == 8,
      let control = UInt16(exactly: state.control), let status = UInt16(exactly: state.status),
      let tag = UInt16(exactly: state.tag), let opcode = UInt16(exactly: state.opcode)
    else { return nil }
    self.init()
    (self.control, self.status, self.tag, self.opcode) = (control, status, tag, opcode)
    instruction = state.instruction
    operand = state.operand
    for index in 0..<8 {
      mantissas[index] = state.mantissas[index]
      guard let exponent = UInt16(exactly: state.exponents[index]) else { return nil }
      exponents[index] = exponent
    }
  }
}
