import LinuxABI
import Testing

@Suite struct ErrnoTests {
  @Test func namesAndMessages() {
    #expect(Errno.ENOENT.rawValue == 2)
    #expect(Errno.ENOENT.name == "ENOENT")
    #expect(Errno.ENOENT.message == "No such file or directory")
    #expect(Errno.EHWPOISON.rawValue == 133)
    #expect(Errno.EWOULDBLOCK == .EAGAIN)
    #expect(Errno(rawValue: 4000).message == "Unknown error 4000")
  }

  @Test func syscallResultIsTheNegatedNumber() {
    #expect(Errno.EFAULT.syscallResult == 0xffff_ffff_ffff_fff2)
  }

  /// `asm-generic/errno.h` leaves 41 and 58 out.
  @Test func everyNumberHasAName() {
    for number in Int32(1)...133 where number != 41 && number != 58 {
      #expect(Errno(rawValue: number).name.hasPrefix("E"))
      #expect(!Errno(rawValue: number).name.hasPrefix("E?"))
    }
  }
}
