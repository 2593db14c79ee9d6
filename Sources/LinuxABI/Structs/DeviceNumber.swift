/// A device number: major and minor (`makedev(3)`).
package struct DeviceNumber: Hashable, Sendable {
  package var major: UInt32
  package var minor: UInt32

  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// From the form that `stat(2)` and `mknod(2)` use: twelve bits of major, twenty of minor.
  package init(rawValue: UInt64) {
    major = UInt32(truncatingIfNeeded: rawValue >> 8) & 0xfff
    minor = UInt32(truncatingIfNeeded: rawValue & 0xff | rawValue >> 12 & 0xf_ff00)
  }

  /// The form that `stat(2)` uses (`new_encode_dev` in `linux/kdev_t.h`).
  package var rawValue: UInt64 {
    UInt64(minor & 0xff) | UInt64(major & 0xfff) << 8 | UInt64(minor & 0xf_ff00) << 12
  }
}
