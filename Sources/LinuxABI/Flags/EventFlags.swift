/// Events of `poll(2)`.
package struct PollEvents: NamedFlags {
  package var rawValue: UInt16
  @inlinable package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let POLLIN = PollEvents(rawValue: 0x1)
  package static let POLLPRI = PollEvents(rawValue: 0x2)
  package static let POLLOUT = PollEvents(rawValue: 0x4)
  package static let POLLERR = PollEvents(rawValue: 0x8)
  package static let POLLHUP = PollEvents(rawValue: 0x10)
  package static let POLLNVAL = PollEvents(rawValue: 0x20)
  package static let POLLRDNORM = PollEvents(rawValue: 0x40)
  package static let POLLRDBAND = PollEvents(rawValue: 0x80)
  package static let POLLWRNORM = PollEvents(rawValue: 0x100)
  package static let POLLWRBAND = PollEvents(rawValue: 0x200)
  package static let POLLMSG = PollEvents(rawValue: 0x400)
  package static let POLLRDHUP = PollEvents(rawValue: 0x2000)

  package static let names: [(name: String, value: PollEvents)] = [
    ("POLLIN", POLLIN),
    ("POLLPRI", POLLPRI),
    ("POLLOUT", POLLOUT),
    ("POLLERR", POLLERR),
    ("POLLHUP", POLLHUP),
    ("POLLNVAL", POLLNVAL),
    ("POLLRDNORM", POLLRDNORM),
    ("POLLRDBAND", POLLRDBAND),
    ("POLLWRNORM", POLLWRNORM),
    ("POLLWRBAND", POLLWRBAND),
    ("POLLMSG", POLLMSG),
    ("POLLRDHUP", POLLRDHUP),
  ]
}

/// Events and modes of `epoll_ctl(2)`.
package struct EpollEvents: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let EPOLLIN = EpollEvents(rawValue: 0x1)
  package static let EPOLLPRI = EpollEvents(rawValue: 0x2)
  package static let EPOLLOUT = EpollEvents(rawValue: 0x4)
  package static let EPOLLERR = EpollEvents(rawValue: 0x8)
  package static let EPOLLHUP = EpollEvents(rawValue: 0x10)
  package static let EPOLLRDNORM = EpollEvents(rawValue: 0x40)
  package static let EPOLLRDBAND = EpollEvents(rawValue: 0x80)
  package static let EPOLLWRNORM = EpollEvents(rawValue: 0x100)
  package static let EPOLLWRBAND = EpollEvents(rawValue: 0x200)
  package static let EPOLLMSG = EpollEvents(rawValue: 0x400)
  package static let EPOLLRDHUP = EpollEvents(rawValue: 0x2000)
  package static let EPOLLEXCLUSIVE = EpollEvents(rawValue: 0x1000_0000)
  package static let EPOLLWAKEUP = EpollEvents(rawValue: 0x2000_0000)
  package static let EPOLLONESHOT = EpollEvents(rawValue: 0x4000_0000)
  package static let EPOLLET = EpollEvents(rawValue: 0x8000_0000)

  package static let names: [(name: String, value: EpollEvents)] = [
    ("EPOLLIN", EPOLLIN),
    ("EPOLLPRI", EPOLLPRI),
    ("EPOLLOUT", EPOLLOUT),
    ("EPOLLERR", EPOLLERR),
    ("EPOLLHUP", EPOLLHUP),
    ("EPOLLRDNORM", EPOLLRDNORM),
    ("EPOLLRDBAND", EPOLLRDBAND),
    ("EPOLLWRNORM", EPOLLWRNORM),
    ("EPOLLWRBAND", EPOLLWRBAND),
    ("EPOLLMSG", EPOLLMSG),
    ("EPOLLRDHUP", EPOLLRDHUP),
    ("EPOLLEXCLUSIVE", EPOLLEXCLUSIVE),
    ("EPOLLWAKEUP", EPOLLWAKEUP),
    ("EPOLLONESHOT", EPOLLONESHOT),
    ("EPOLLET", EPOLLET),
  ]

  /// The events that `poll` knows too, with the same bits.
  package var pollEvents: PollEvents { PollEvents(rawValue: UInt16(truncatingIfNeeded: rawValue)) }

  package init(_ events: PollEvents) { self.init(rawValue: UInt32(events.rawValue)) }
}

/// The `op` of `epoll_ctl(2)`.
package enum EpollOperation: UInt32, Hashable, Sendable, CaseIterable {
  case EPOLL_CTL_ADD = 1
  case EPOLL_CTL_DEL = 2
  case EPOLL_CTL_MOD = 3
}

/// Flags of `epoll_create1(2)`.
package struct EpollCreateFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let EPOLL_CLOEXEC = EpollCreateFlags(rawValue: 0x80000)

  package static let names: [(name: String, value: EpollCreateFlags)] = [
    ("EPOLL_CLOEXEC", EPOLL_CLOEXEC)
  ]
}

/// Flags of `eventfd2(2)`.
package struct EventfdFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let EFD_SEMAPHORE = EventfdFlags(rawValue: 0x1)
  package static let EFD_NONBLOCK = EventfdFlags(rawValue: 0x800)
  package static let EFD_CLOEXEC = EventfdFlags(rawValue: 0x80000)

  package static let names: [(name: String, value: EventfdFlags)] = [
    ("EFD_SEMAPHORE", EFD_SEMAPHORE),
    ("EFD_NONBLOCK", EFD_NONBLOCK),
    ("EFD_CLOEXEC", EFD_CLOEXEC),
  ]
}

/// Flags of `timerfd_create(2)`.
package struct TimerfdFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let TFD_NONBLOCK = TimerfdFlags(rawValue: 0x800)
  package static let TFD_CLOEXEC = TimerfdFlags(rawValue: 0x80000)

  package static let names: [(name: String, value: TimerfdFlags)] = [
    ("TFD_NONBLOCK", TFD_NONBLOCK),
    ("TFD_CLOEXEC", TFD_CLOEXEC),
  ]
}

/// Flags of `timerfd_settime(2)`.
package struct TimerfdSetFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let TFD_TIMER_ABSTIME = TimerfdSetFlags(rawValue: 0x1)
  package static let TFD_TIMER_CANCEL_ON_SET = TimerfdSetFlags(rawValue: 0x2)

  package static let names: [(name: String, value: TimerfdSetFlags)] = [
    ("TFD_TIMER_ABSTIME", TFD_TIMER_ABSTIME),
    ("TFD_TIMER_CANCEL_ON_SET", TFD_TIMER_CANCEL_ON_SET),
  ]
}

/// Flags of `signalfd4(2)`.
package struct SignalfdFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let SFD_NONBLOCK = SignalfdFlags(rawValue: 0x800)
  package static let SFD_CLOEXEC = SignalfdFlags(rawValue: 0x80000)

  package static let names: [(name: String, value: SignalfdFlags)] = [
    ("SFD_NONBLOCK", SFD_NONBLOCK),
    ("SFD_CLOEXEC", SFD_CLOEXEC),
  ]
}

/// Flags of `inotify_init1(2)`.
package struct InotifyInitFlags: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IN_NONBLOCK = InotifyInitFlags(rawValue: 0x800)
  package static let IN_CLOEXEC = InotifyInitFlags(rawValue: 0x80000)

  package static let names: [(name: String, value: InotifyInitFlags)] = [
    ("IN_NONBLOCK", IN_NONBLOCK),
    ("IN_CLOEXEC", IN_CLOEXEC),
  ]
}

/// Events and options of `inotify_add_watch(2)`.
package struct InotifyMask: NamedFlags {
  package var rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let IN_ACCESS = InotifyMask(rawValue: 0x1)
  package static let IN_MODIFY = InotifyMask(rawValue: 0x2)
  package static let IN_ATTRIB = InotifyMask(rawValue: 0x4)
  package static let IN_CLOSE_WRITE = InotifyMask(rawValue: 0x8)
  package static let IN_CLOSE_NOWRITE = InotifyMask(rawValue: 0x10)
  package static let IN_OPEN = InotifyMask(rawValue: 0x20)
  package static let IN_MOVED_FROM = InotifyMask(rawValue: 0x40)
  package static let IN_MOVED_TO = InotifyMask(rawValue: 0x80)
  package static let IN_CREATE = InotifyMask(rawValue: 0x100)
  package static let IN_DELETE = InotifyMask(rawValue: 0x200)
  package static let IN_DELETE_SELF = InotifyMask(rawValue: 0x400)
  package static let IN_MOVE_SELF = InotifyMask(rawValue: 0x800)
  package static let IN_UNMOUNT = InotifyMask(rawValue: 0x2000)
  package static let IN_Q_OVERFLOW = InotifyMask(rawValue: 0x4000)
  package static let IN_IGNORED = InotifyMask(rawValue: 0x8000)
  package static let IN_ONLYDIR = InotifyMask(rawValue: 0x1000000)
  package static let IN_DONT_FOLLOW = InotifyMask(rawValue: 0x2000000)
  package static let IN_EXCL_UNLINK = InotifyMask(rawValue: 0x4000000)
  package static let IN_MASK_CREATE = InotifyMask(rawValue: 0x1000_0000)
  package static let IN_MASK_ADD = InotifyMask(rawValue: 0x2000_0000)
  package static let IN_ISDIR = InotifyMask(rawValue: 0x4000_0000)
  package static let IN_ONESHOT = InotifyMask(rawValue: 0x8000_0000)

  /// What can be watched for; the rest are options, or come unasked.
  package static let IN_ALL_EVENTS = InotifyMask(rawValue: 0xfff)

  package static let names: [(name: String, value: InotifyMask)] = [
    ("IN_ACCESS", IN_ACCESS),
    ("IN_MODIFY", IN_MODIFY),
    ("IN_ATTRIB", IN_ATTRIB),
    ("IN_CLOSE_WRITE", IN_CLOSE_WRITE),
    ("IN_CLOSE_NOWRITE", IN_CLOSE_NOWRITE),
    ("IN_OPEN", IN_OPEN),
    ("IN_MOVED_FROM", IN_MOVED_FROM),
    ("IN_MOVED_TO", IN_MOVED_TO),
    ("IN_CREATE", IN_CREATE),
    ("IN_DELETE", IN_DELETE),
    ("IN_DELETE_SELF", IN_DELETE_SELF),
    ("IN_MOVE_SELF", IN_MOVE_SELF),
    ("IN_UNMOUNT", IN_UNMOUNT),
    ("IN_Q_OVERFLOW", IN_Q_OVERFLOW),
    ("IN_IGNORED", IN_IGNORED),
    ("IN_ONLYDIR", IN_ONLYDIR),
    ("IN_DONT_FOLLOW", IN_DONT_FOLLOW),
    ("IN_EXCL_UNLINK", IN_EXCL_UNLINK),
    ("IN_MASK_CREATE", IN_MASK_CREATE),
    ("IN_MASK_ADD", IN_MASK_ADD),
    ("IN_ISDIR", IN_ISDIR),
    ("IN_ONESHOT", IN_ONESHOT),
  ]
}
