#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension HostProcess {
  /// The time of the day where this machine is.
  ///
  /// - Parameter seconds: since 1970.
  /// - Returns: the day of the week, from Sunday, 0, and the seconds since midnight.
  package static func localTime(_ seconds: Int64) -> (weekday: Int, secondOfDay: Int) {
    // The machine may have been taken to another zone.
    tzset()
    var moment = time_t(seconds)
    // SAFETY: both values live for the call, which keeps neither; the name of the zone, which they refer to, is not used.
    var parts = unsafe tm()
    guard unsafe localtime_r(&moment, &parts) != nil else { return (0, 0) }
    let second = unsafe Int(parts.tm_hour) * 3600 + Int(parts.tm_min) * 60 + Int(parts.tm_sec)
    return unsafe (Int(parts.tm_wday), min(second, 86_399))
  }
}
