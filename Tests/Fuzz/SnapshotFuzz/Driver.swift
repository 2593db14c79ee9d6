#if FUZZER
  import CFuzzer
  import FuzzTargets

  #if canImport(Glibc)
    import Glibc
  #elseif canImport(Darwin)
    import Darwin
  #endif

  /// GODWIT_FUZZ_TARGET in the environment says what is fuzzed.
  private let target: FuzzTarget = {
    // SAFETY: the string is copied before anything can change the environment.
    let name = unsafe getenv("GODWIT_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? "container"
    guard let target = FuzzTarget(name) else { fatalError("there is no target \(name)") }
    return target
  }()

  private func bytes(_ data: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
    // SAFETY: libFuzzer lends `count` bytes for the time of the call, and they are copied.
    unsafe Array(UnsafeBufferPointer(start: data, count: count))
  }

  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    try? target.run(unsafe bytes(data, count))
    return 0
  }

  @_cdecl("LLVMFuzzerCustomMutator")
  public func mutate(
    _ data: UnsafeMutablePointer<UInt8>, _ count: Int, _ capacity: Int, _ seed: CUnsignedInt
  ) -> Int {
    let changed = target.mutated(unsafe bytes(data, count), seed: UInt64(seed)) { part in
      let size = part.count
      part += [UInt8](repeating: 0, count: size / 4 + 64)
      let room = part.count
      // SAFETY: the array has `room` bytes, and is borrowed for the call.
      let new = unsafe part.withUnsafeMutableBufferPointer {
        unsafe LLVMFuzzerMutate($0.baseAddress, size, room)
      }
      part.removeLast(room - new)
    }
    guard let changed, changed.count <= capacity else {
      // SAFETY: libFuzzer lends `capacity` bytes, `count` of which are in use.
      return unsafe LLVMFuzzerMutate(data, count, capacity)
    }
    for (index, byte) in changed.enumerated() {
      // SAFETY: there are at most `capacity` of them.
      unsafe data[index] = byte
    }
    return changed.count
  }
#endif
