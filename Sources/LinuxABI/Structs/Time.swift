/// `struct timespec`: seconds and nanoseconds (`timespec(3type)`).
package struct Timespec: GuestStruct {
  package static let byteCount = 16

  package var tv_sec: Int64
  package var tv_nsec: Int64

  package init(
    tv_sec: Int64 = 0,
    tv_nsec: Int64 = 0
  ) {
    self.tv_sec = tv_sec
    self.tv_nsec = tv_nsec
  }

  package init(from reader: inout ByteReader) {
    tv_sec = reader.read()
    tv_nsec = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(tv_sec)
    writer.write(tv_nsec)
  }

  /// Nanoseconds from 0 to 999,999,999 and seconds not negative, as timeouts must be.
  package var isValidTimeout: Bool { tv_sec >= 0 && tv_nsec >= 0 && tv_nsec < 1_000_000_000 }

  /// A moment or duration in nanoseconds; negative ones round towards the past.
  package init(nanoseconds: Int64) {
    let parts = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let borrow: Int64 = parts.remainder < 0 ? 1 : 0
    self.init(
      tv_sec: parts.quotient - borrow, tv_nsec: parts.remainder + borrow * 1_000_000_000)
  }

  /// In nanoseconds; at the ends of the range (some 292 years) it stays there.
  package var nanoseconds: Int64 {
    let (product, overflow) = tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carried) = product.addingReportingOverflow(tv_nsec)
    if overflow { return tv_sec < 0 ? .min : .max }
    if carried { return tv_nsec < 0 ? .min : .max }
    return sum
  }
}

/// `struct timeval`: seconds and microseconds (`timeval(3type)`).
package struct Timeval: GuestStruct {
  package static let byteCount = 16

  package var tv_sec: Int64
  package var tv_usec: Int64

  package init(
    tv_sec: Int64 = 0,
    tv_usec: Int64 = 0
  ) {
    self.tv_sec = tv_sec
    self.tv_usec = tv_usec
  }

  package init(from reader: inout ByteReader) {
    tv_sec = reader.read()
    tv_usec = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(tv_sec)
    writer.write(tv_usec)
  }

  /// Microseconds from 0 to 999,999 and seconds not negative.
  package var isValidTimeout: Bool { tv_sec >= 0 && tv_usec >= 0 && tv_usec < 1_000_000 }

  /// A moment or duration in nanoseconds, the rest below a microsecond dropped.
  package init(nanoseconds: Int64) {
    let time = Timespec(nanoseconds: nanoseconds)
    self.init(tv_sec: time.tv_sec, tv_usec: time.tv_nsec / 1000)
  }

  /// In nanoseconds; at the ends of the range it stays there.
  package var nanoseconds: Int64 {
    let (product, overflow) = tv_usec.multipliedReportingOverflow(by: 1000)
    if overflow { return tv_usec < 0 ? .min : .max }
    return Timespec(tv_sec: tv_sec, tv_nsec: product).nanoseconds
  }
}

/// `struct itimerspec`: a timer's period and its next expiry (`timer_settime(2)`).
package struct Itimerspec: GuestStruct {
  package static let byteCount = 32

  package var it_interval: Timespec
  package var it_value: Timespec

  package init(
    it_interval: Timespec = Timespec(),
    it_value: Timespec = Timespec()
  ) {
    self.it_interval = it_interval
    self.it_value = it_value
  }

  package init(from reader: inout ByteReader) {
    it_interval = Timespec(from: &reader)
    it_value = Timespec(from: &reader)
  }

  package func encode(to writer: inout ByteWriter) {
    it_interval.encode(to: &writer)
    it_value.encode(to: &writer)
  }
}

/// `struct itimerval` (`setitimer(2)`).
package struct Itimerval: GuestStruct {
  package static let byteCount = 32

  package var it_interval: Timeval
  package var it_value: Timeval

  package init(
    it_interval: Timeval = Timeval(),
    it_value: Timeval = Timeval()
  ) {
    self.it_interval = it_interval
    self.it_value = it_value
  }

  package init(from reader: inout ByteReader) {
    it_interval = Timeval(from: &reader)
    it_value = Timeval(from: &reader)
  }

  package func encode(to writer: inout ByteWriter) {
    it_interval.encode(to: &writer)
    it_value.encode(to: &writer)
  }
}

/// `struct timezone`: what `gettimeofday(2)` still fills in.
package struct Timezone: GuestStruct {
  package static let byteCount = 8

  package var tz_minuteswest: Int32
  package var tz_dsttime: Int32

  package init(
    tz_minuteswest: Int32 = 0,
    tz_dsttime: Int32 = 0
  ) {
    self.tz_minuteswest = tz_minuteswest
    self.tz_dsttime = tz_dsttime
  }

  package init(from reader: inout ByteReader) {
    tz_minuteswest = reader.read()
    tz_dsttime = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(tz_minuteswest)
    writer.write(tz_dsttime)
  }
}

/// `struct tms`: CPU times in ticks of 1/100 s (`times(2)`).
package struct Tms: GuestStruct {
  package static let byteCount = 32

  package var tms_utime: Int64
  package var tms_stime: Int64
  package var tms_cutime: Int64
  package var tms_cstime: Int64

  package init(
    tms_utime: Int64 = 0,
    tms_stime: Int64 = 0,
    tms_cutime: Int64 = 0,
    tms_cstime: Int64 = 0
  ) {
    self.tms_utime = tms_utime
    self.tms_stime = tms_stime
    self.tms_cutime = tms_cutime
    self.tms_cstime = tms_cstime
  }

  package init(from reader: inout ByteReader) {
    tms_utime = reader.read()
    tms_stime = reader.read()
    tms_cutime = reader.read()
    tms_cstime = reader.read()
  }

  package func encode(to writer: inout ByteWriter) {
    writer.write(tms_utime)
    writer.write(tms_stime)
    writer.write(tms_cutime)
    writer.write(tms_cstime)
  }
}
