internal import CPosixShims
package import HostABI

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

extension PosixHost {
  package func wait(_ items: [WaitItem], until deadline: Int64?) -> [Readiness] {
    pollItems.removeAll(keepingCapacity: true)
    pollItems.append(pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0))
    for item in items {
      // poll(2) ignores negative descriptors; a closed one is an error.
      let isOpen = (try? stream(item.handle)) != nil
      pollItems.append(
        pollfd(
          fd: isOpen ? item.handle.rawValue : .max, events: item.interest.pollEvents, revents: 0))
    }
    var timeout: Int64?
    while true {
      if let deadline {
        let now = system_clock_gettime(CLOCK_MONOTONIC).totalNanoseconds
        let (rest, overflow) = deadline.subtractingReportingOverflow(now)
        timeout = deadline <= now ? 0 : overflow ? nil : rest
      }
      // A signal that is not reported (SIGCONT after a stop) does not end the wait.
      if system_poll(&pollItems, timeout: timeout) { break }
    }
    // A mere poll leaves the interrupt to the next wait.
    if pollItems[0].revents != 0, timeout != 0 { waker.drain() }
    return pollItems.dropFirst().map { Readiness(pollEvents: $0.revents) }
  }
}

extension Readiness {
  var pollEvents: Int16 {
    (contains(.readable) ? Int16(POLLIN) : 0) | (contains(.writable) ? Int16(POLLOUT) : 0)
  }

  init(pollEvents: Int16) {
    self = []
    let events = Int32(pollEvents)
    if events & Int32(POLLIN) != 0 { insert(.readable) }
    if events & Int32(POLLOUT) != 0 { insert(.writable) }
    if events & Int32(POLLHUP) != 0 { insert(.hangup) }
    if events & Int32(POLLERR | POLLNVAL) != 0 { insert(.error) }
  }
}
