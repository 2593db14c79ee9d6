import LinuxABI
import Machine
import Testing

/// Every named constant against the C headers of both ISAs.
@Suite struct ConstantTests {
  typealias Claim = (expression: String, value: UInt64)

  /// Not in every C header, or spelled differently there.
  static let unchecked: Set<String> = [
    // The C library redefines these for its 32-bit callers; the kernel's numbers are 5, 6, 7 on
    // every 64-bit ISA (asm-generic/fcntl.h).
    "F_GETLK", "F_SETLK", "F_SETLKW",
    // Only newer headers have them.
    "AT_RSEQ_FEATURE_SIZE", "AT_RSEQ_ALIGN", "F_SEAL_EXEC",
    // x86-64 only.
    "MAP_32BIT",
    // In no header: ipc/mqueue.c has it.
    "MQUEUE_MAGIC",
    // O_LARGEFILE is 0 in the C library of a 64-bit ISA.
    "O_LARGEFILE",
  ]

  static func enumeration<T: RawRepresentable & CaseIterable>(_ type: T.Type) -> [Claim]
  where T.RawValue: FixedWidthInteger {
    T.allCases.map { ("\($0)", UInt64(truncatingIfNeeded: $0.rawValue)) }
  }

  static func flags<T: NamedFlags>(_ type: T.Type) -> [Claim] {
    T.names.map { ($0.name, UInt64(truncatingIfNeeded: $0.value.rawValue)) }
  }

  static let shared: [[Claim]] = [
    enumeration(MemoryAdvice.self),
    enumeration(FcntlCommand.self),
    enumeration(RecordLockType.self),
    enumeration(Whence.self),
    enumeration(FileAdvice.self),
    enumeration(EpollOperation.self),
    enumeration(FutexCommand.self),
    enumeration(FutexOperation.self),
    enumeration(FutexComparison.self),
    enumeration(WaitIDType.self),
    enumeration(RusageWho.self),
    enumeration(ResourceLimitID.self),
    enumeration(SchedulingPolicy.self),
    enumeration(PriorityWhich.self),
    enumeration(PrctlOption.self),
    enumeration(ClockID.self),
    enumeration(IntervalTimerKind.self),
    enumeration(SigevNotify.self),
    enumeration(FilesystemMagic.self),
    enumeration(TerminalRequest.self),
    enumeration(TermiosCharacter.self),
    enumeration(FlushQueue.self),
    enumeration(FlowAction.self),
    enumeration(AuxiliaryType.self),
    flags(AtFlags.self),
    flags(AccessMode.self),
    flags(RenameFlags.self),
    flags(XattrFlags.self),
    flags(ResolveFlags.self),
    flags(ProtectionFlags.self),
    flags(MapFlags.self),
    flags(RemapFlags.self),
    flags(SyncFlags.self),
    flags(LockAllFlags.self),
    flags(LockFlags.self),
    flags(MemfdFlags.self),
    flags(SealFlags.self),
    flags(FlockOperation.self),
    flags(FallocateMode.self),
    flags(SpliceFlags.self),
    flags(ReadWriteFlags.self),
    flags(CloseRangeFlags.self),
    flags(SyncFileRangeFlags.self),
    flags(PollEvents.self),
    flags(EpollEvents.self),
    flags(EpollCreateFlags.self),
    flags(EventfdFlags.self),
    flags(TimerfdFlags.self),
    flags(TimerfdSetFlags.self),
    flags(SignalfdFlags.self),
    flags(InotifyInitFlags.self),
    flags(InotifyMask.self),
    flags(FutexOptions.self),
    flags(FutexWord.self),
    flags(CloneFlags.self),
    flags(WaitOptions.self),
    flags(Personality.self),
    flags(MembarrierCommand.self),
    flags(RandomFlags.self),
    flags(TimerFlags.self),
    flags(StatxMask.self),
    flags(StatxAttributes.self),
    flags(MountStatFlags.self),
    flags(TermiosInputFlags.self),
    flags(TermiosOutputFlags.self),
    flags(TermiosControlFlags.self),
    flags(TermiosLocalFlags.self),
    enumeration(AddressFamily.self),
    enumeration(SocketType.self),
    flags(SocketFlags.self),
    enumeration(ShutdownHow.self),
    flags(MessageFlags.self),
    enumeration(SocketLevel.self),
    enumeration(InternetProtocol.self),
    enumeration(SocketOption.self),
    enumeration(ControlMessageType.self),
    enumeration(IPOption.self),
    enumeration(IPv6Option.self),
    enumeration(TCPOption.self),
    enumeration(UDPOption.self),
    enumeration(NetlinkProtocol.self),
    enumeration(NetlinkMessageType.self),
    flags(NetlinkFlags.self),
    enumeration(NetlinkOption.self),
    enumeration(LinkAttribute.self),
    enumeration(AddressAttribute.self),
    enumeration(RouteAttribute.self),
    flags(InterfaceFlags.self),
    enumeration(SocketRequest.self),
    flags(PacketStatus.self),
    enumeration(FileType.self),
    (1...133).filter { $0 != 41 && $0 != 58 }.map {
      (Errno(rawValue: Int32($0)).name, UInt64($0))
    },
  ]

  static func only(_ isa: GuestISA) -> [[Claim]] {
    let open: [Claim] = OpenFlags.names.map { ($0.name, UInt64($0.value.encoded(for: isa))) }
    return switch isa {
    case .x86_64: [open, enumeration(ArchPrctlCode.self), flags(HWCap2X86_64.self)]
    case .aarch64: [open, flags(HWCapAArch64.self), flags(HWCap2AArch64.self)]
    case .riscv64: [open]
    }
  }

  @Test(arguments: GuestISA.allCases) func agreesWithHeaders(isa: GuestISA) throws {
    let claims = (Self.shared + Self.only(isa)).joined().filter {
      !Self.unchecked.contains($0.expression)
    }
    #expect(claims.count > 500)
    let source = CCompiler.flagHeaders + CCompiler.assertions(claims)
    let complaint = try CCompiler.complaint(about: source, for: isa)
    #expect(complaint == nil)
  }

  @Test func openFlagsRoundTripOnAArch64() {
    for bit in 0..<32 {
      let flags = OpenFlags(rawValue: 1 << UInt32(bit))
      #expect(OpenFlags(flags.encoded(for: .aarch64), isa: .aarch64) == flags)
      #expect(OpenFlags(flags.encoded(for: .x86_64), isa: .x86_64) == flags)
    }
    #expect(OpenFlags(0o40000, isa: .aarch64) == OpenFlags.O_DIRECTORY)
    #expect(OpenFlags.O_NOFOLLOW.encoded(for: .aarch64) == 0o100000)
  }

  @Test func descriptions() {
    #expect(OpenFlags([.O_RDWR, .O_CREAT, .O_CLOEXEC]).description == "O_RDWR|O_CREAT|O_CLOEXEC")
    #expect(OpenFlags([]).description == "O_RDONLY")
    #expect(ProtectionFlags([.PROT_READ, .PROT_EXEC]).description == "PROT_READ|PROT_EXEC")
    #expect(MapFlags(rawValue: 0x8000_0002).description == "MAP_PRIVATE|0x80000000")
    #expect(MapFlags(rawValue: 0x8000_0002).unknown.rawValue == 0x8000_0000)
  }
}
