// The numbers, in ascending order.

extension Errno {
  package static let EPERM = Errno(rawValue: 1)
  package static let ENOENT = Errno(rawValue: 2)
  package static let ESRCH = Errno(rawValue: 3)
  package static let EINTR = Errno(rawValue: 4)
  package static let EIO = Errno(rawValue: 5)
  package static let ENXIO = Errno(rawValue: 6)
  package static let E2BIG = Errno(rawValue: 7)
  package static let ENOEXEC = Errno(rawValue: 8)
  package static let EBADF = Errno(rawValue: 9)
  package static let ECHILD = Errno(rawValue: 10)
  package static let EAGAIN = Errno(rawValue: 11)
  /// Another name for `EAGAIN`.
  package static let EWOULDBLOCK = EAGAIN
  package static let ENOMEM = Errno(rawValue: 12)
  package static let EACCES = Errno(rawValue: 13)
  package static let EFAULT = Errno(rawValue: 14)
  package static let ENOTBLK = Errno(rawValue: 15)
  package static let EBUSY = Errno(rawValue: 16)
  package static let EEXIST = Errno(rawValue: 17)
  package static let EXDEV = Errno(rawValue: 18)
  package static let ENODEV = Errno(rawValue: 19)
  package static let ENOTDIR = Errno(rawValue: 20)
  package static let EISDIR = Errno(rawValue: 21)
  package static let EINVAL = Errno(rawValue: 22)
  package static let ENFILE = Errno(rawValue: 23)
  package static let EMFILE = Errno(rawValue: 24)
  package static let ENOTTY = Errno(rawValue: 25)
  package static let ETXTBSY = Errno(rawValue: 26)
  package static let EFBIG = Errno(rawValue: 27)
  package static let ENOSPC = Errno(rawValue: 28)
  package static let ESPIPE = Errno(rawValue: 29)
  package static let EROFS = Errno(rawValue: 30)
  package static let EMLINK = Errno(rawValue: 31)
  package static let EPIPE = Errno(rawValue: 32)
  package static let EDOM = Errno(rawValue: 33)
  package static let ERANGE = Errno(rawValue: 34)
  package static let EDEADLK = Errno(rawValue: 35)
  /// Another name for `EDEADLK`.
  package static let EDEADLOCK = EDEADLK
  package static let ENAMETOOLONG = Errno(rawValue: 36)
  package static let ENOLCK = Errno(rawValue: 37)
  package static let ENOSYS = Errno(rawValue: 38)
  package static let ENOTEMPTY = Errno(rawValue: 39)
  package static let ELOOP = Errno(rawValue: 40)
  package static let ENOMSG = Errno(rawValue: 42)
  package static let EIDRM = Errno(rawValue: 43)
  package static let ECHRNG = Errno(rawValue: 44)
  package static let EL2NSYNC = Errno(rawValue: 45)
  package static let EL3HLT = Errno(rawValue: 46)
  package static let EL3RST = Errno(rawValue: 47)
  package static let ELNRNG = Errno(rawValue: 48)
  package static let EUNATCH = Errno(rawValue: 49)
  package static let ENOCSI = Errno(rawValue: 50)
  package static let EL2HLT = Errno(rawValue: 51)
  package static let EBADE = Errno(rawValue: 52)
  package static let EBADR = Errno(rawValue: 53)
  package static let EXFULL = Errno(rawValue: 54)
  package static let ENOANO = Errno(rawValue: 55)
  package static let EBADRQC = Errno(rawValue: 56)
  package static let EBADSLT = Errno(rawValue: 57)
  package static let EBFONT = Errno(rawValue: 59)
  package static let ENOSTR = Errno(rawValue: 60)
  package static let ENODATA = Errno(rawValue: 61)
  package static let ETIME = Errno(rawValue: 62)
  package static let ENOSR = Errno(rawValue: 63)
  package static let ENONET = Errno(rawValue: 64)
  package static let ENOPKG = Errno(rawValue: 65)
  package static let EREMOTE = Errno(rawValue: 66)
  package static let ENOLINK = Errno(rawValue: 67)
  package static let EADV = Errno(rawValue: 68)
  package static let ESRMNT = Errno(rawValue: 69)
  package static let ECOMM = Errno(rawValue: 70)
  package static let EPROTO = Errno(rawValue: 71)
  package static let EMULTIHOP = Errno(rawValue: 72)
  package static let EDOTDOT = Errno(rawValue: 73)
  package static let EBADMSG = Errno(rawValue: 74)
  package static let EOVERFLOW = Errno(rawValue: 75)
  package static let ENOTUNIQ = Errno(rawValue: 76)
  package static let EBADFD = Errno(rawValue: 77)
  package static let EREMCHG = Errno(rawValue: 78)
  package static let ELIBACC = Errno(rawValue: 79)
  package static let ELIBBAD = Errno(rawValue: 80)
  package static let ELIBSCN = Errno(rawValue: 81)
  package static let ELIBMAX = Errno(rawValue: 82)
  package static let ELIBEXEC = Errno(rawValue: 83)
  package static let EILSEQ = Errno(rawValue: 84)
  package static let ERESTART = Errno(rawValue: 85)
  package static let ESTRPIPE = Errno(rawValue: 86)
  package static let EUSERS = Errno(rawValue: 87)
  package static let ENOTSOCK = Errno(rawValue: 88)
  package static let EDESTADDRREQ = Errno(rawValue: 89)
  package static let EMSGSIZE = Errno(rawValue: 90)
  package static let EPROTOTYPE = Errno(rawValue: 91)
  package static let ENOPROTOOPT = Errno(rawValue: 92)
  package static let EPROTONOSUPPORT = Errno(rawValue: 93)
  package static let ESOCKTNOSUPPORT = Errno(rawValue: 94)
  package static let EOPNOTSUPP = Errno(rawValue: 95)
  package static let EPFNOSUPPORT = Errno(rawValue: 96)
  package static let EAFNOSUPPORT = Errno(rawValue: 97)
  package static let EADDRINUSE = Errno(rawValue: 98)
  package static let EADDRNOTAVAIL = Errno(rawValue: 99)
  package static let ENETDOWN = Errno(rawValue: 100)
  package static let ENETUNREACH = Errno(rawValue: 101)
  package static let ENETRESET = Errno(rawValue: 102)
  package static let ECONNABORTED = Errno(rawValue: 103)
  package static let ECONNRESET = Errno(rawValue: 104)
  package static let ENOBUFS = Errno(rawValue: 105)
  package static let EISCONN = Errno(rawValue: 106)
  package static let ENOTCONN = Errno(rawValue: 107)
  package static let ESHUTDOWN = Errno(rawValue: 108)
  package static let ETOOMANYREFS = Errno(rawValue: 109)
  package static let ETIMEDOUT = Errno(rawValue: 110)
  package static let ECONNREFUSED = Errno(rawValue: 111)
  package static let EHOSTDOWN = Errno(rawValue: 112)
  package static let EHOSTUNREACH = Errno(rawValue: 113)
  package static let EALREADY = Errno(rawValue: 114)
  package static let EINPROGRESS = Errno(rawValue: 115)
  package static let ESTALE = Errno(rawValue: 116)
  package static let EUCLEAN = Errno(rawValue: 117)
  package static let ENOTNAM = Errno(rawValue: 118)
  package static let ENAVAIL = Errno(rawValue: 119)
  package static let EISNAM = Errno(rawValue: 120)
  package static let EREMOTEIO = Errno(rawValue: 121)
  package static let EDQUOT = Errno(rawValue: 122)
  package static let ENOMEDIUM = Errno(rawValue: 123)
  package static let EMEDIUMTYPE = Errno(rawValue: 124)
  package static let ECANCELED = Errno(rawValue: 125)
  package static let ENOKEY = Errno(rawValue: 126)
  package static let EKEYEXPIRED = Errno(rawValue: 127)
  package static let EKEYREVOKED = Errno(rawValue: 128)
  package static let EKEYREJECTED = Errno(rawValue: 129)
  package static let EOWNERDEAD = Errno(rawValue: 130)
  package static let ENOTRECOVERABLE = Errno(rawValue: 131)
  package static let ERFKILL = Errno(rawValue: 132)
  package static let EHWPOISON = Errno(rawValue: 133)
  /// Another name for `EOPNOTSUPP` in user space (`errno(3)`).
  package static let ENOTSUP = EOPNOTSUPP
}

// Kernel-internal results. A guest never sees them: the system-call path turns them into a restart
// or into `EINTR` (`linux/errno.h`).
extension Errno {
  /// Restart after the handler if it has `SA_RESTART`, else `EINTR`.
  package static let ERESTARTSYS = Errno(rawValue: 512)
  /// Restart always.
  package static let ERESTARTNOINTR = Errno(rawValue: 513)
  /// Restart if no handler runs, else `EINTR`.
  package static let ERESTARTNOHAND = Errno(rawValue: 514)
  /// Restart by `restart_syscall` if no handler runs, else `EINTR`.
  package static let ERESTART_RESTARTBLOCK = Errno(rawValue: 516)
}

extension Errno {
  /// Symbol and `strerror(3)` text by number.
  static let table: [Int32: (name: String, message: String)] = [
    1: ("EPERM", "Operation not permitted"),
    2: ("ENOENT", "No such file or directory"),
    3: ("ESRCH", "No such process"),
    4: ("EINTR", "Interrupted system call"),
    5: ("EIO", "Input/output error"),
    6: ("ENXIO", "No such device or address"),
    7: ("E2BIG", "Argument list too long"),
    8: ("ENOEXEC", "Exec format error"),
    9: ("EBADF", "Bad file descriptor"),
    10: ("ECHILD", "No child processes"),
    11: ("EAGAIN", "Resource temporarily unavailable"),
    12: ("ENOMEM", "Cannot allocate memory"),
    13: ("EACCES", "Permission denied"),
    14: ("EFAULT", "Bad address"),
    15: ("ENOTBLK", "Block device required"),
    16: ("EBUSY", "Device or resource busy"),
    17: ("EEXIST", "File exists"),
    18: ("EXDEV", "Invalid cross-device link"),
    19: ("ENODEV", "No such device"),
    20: ("ENOTDIR", "Not a directory"),
    21: ("EISDIR", "Is a directory"),
    22: ("EINVAL", "Invalid argument"),
    23: ("ENFILE", "Too many open files in system"),
    24: ("EMFILE", "Too many open files"),
    25: ("ENOTTY", "Inappropriate ioctl for device"),
    26: ("ETXTBSY", "Text file busy"),
    27: ("EFBIG", "File too large"),
    28: ("ENOSPC", "No space left on device"),
    29: ("ESPIPE", "Illegal seek"),
    30: ("EROFS", "Read-only file system"),
    31: ("EMLINK", "Too many links"),
    32: ("EPIPE", "Broken pipe"),
    33: ("EDOM", "Numerical argument out of domain"),
    34: ("ERANGE", "Numerical result out of range"),
    35: ("EDEADLK", "Resource deadlock avoided"),
    36: ("ENAMETOOLONG", "File name too long"),
    37: ("ENOLCK", "No locks available"),
    38: ("ENOSYS", "Function not implemented"),
    39: ("ENOTEMPTY", "Directory not empty"),
    40: ("ELOOP", "Too many levels of symbolic links"),
    42: ("ENOMSG", "No message of desired type"),
    43: ("EIDRM", "Identifier removed"),
    44: ("ECHRNG", "Channel number out of range"),
    45: ("EL2NSYNC", "Level 2 not synchronized"),
    46: ("EL3HLT", "Level 3 halted"),
    47: ("EL3RST", "Level 3 reset"),
    48: ("ELNRNG", "Link number out of range"),
    49: ("EUNATCH", "Protocol driver not attached"),
    50: ("ENOCSI", "No CSI structure available"),
    51: ("EL2HLT", "Level 2 halted"),
    52: ("EBADE", "Invalid exchange"),
    53: ("EBADR", "Invalid request descriptor"),
    54: ("EXFULL", "Exchange full"),
    55: ("ENOANO", "No anode"),
    56: ("EBADRQC", "Invalid request code"),
    57: ("EBADSLT", "Invalid slot"),
    59: ("EBFONT", "Bad font file format"),
    60: ("ENOSTR", "Device not a stream"),
    61: ("ENODATA", "No data available"),
    62: ("ETIME", "Timer expired"),
    63: ("ENOSR", "Out of streams resources"),
    64: ("ENONET", "Machine is not on the network"),
    65: ("ENOPKG", "Package not installed"),
    66: ("EREMOTE", "Object is remote"),
    67: ("ENOLINK", "Link has been severed"),
    68: ("EADV", "Advertise error"),
    69: ("ESRMNT", "Srmount error"),
    70: ("ECOMM", "Communication error on send"),
    71: ("EPROTO", "Protocol error"),
    72: ("EMULTIHOP", "Multihop attempted"),
    73: ("EDOTDOT", "RFS specific error"),
    74: ("EBADMSG", "Bad message"),
    75: ("EOVERFLOW", "Value too large for defined data type"),
    76: ("ENOTUNIQ", "Name not unique on network"),
    77: ("EBADFD", "File descriptor in bad state"),
    78: ("EREMCHG", "Remote address changed"),
    79: ("ELIBACC", "Can not access a needed shared library"),
    80: ("ELIBBAD", "Accessing a corrupted shared library"),
    81: ("ELIBSCN", ".lib section in a.out corrupted"),
    82: ("ELIBMAX", "Attempting to link in too many shared libraries"),
    83: ("ELIBEXEC", "Cannot exec a shared library directly"),
    84: ("EILSEQ", "Invalid or incomplete multibyte or wide character"),
    85: ("ERESTART", "Interrupted system call should be restarted"),
    86: ("ESTRPIPE", "Streams pipe error"),
    87: ("EUSERS", "Too many users"),
    88: ("ENOTSOCK", "Socket operation on non-socket"),
    89: ("EDESTADDRREQ", "Destination address required"),
    90: ("EMSGSIZE", "Message too long"),
    91: ("EPROTOTYPE", "Protocol wrong type for socket"),
    92: ("ENOPROTOOPT", "Protocol not available"),
    93: ("EPROTONOSUPPORT", "Protocol not supported"),
    94: ("ESOCKTNOSUPPORT", "Socket type not supported"),
    95: ("EOPNOTSUPP", "Operation not supported"),
    96: ("EPFNOSUPPORT", "Protocol family not supported"),
    97: ("EAFNOSUPPORT", "Address family not supported by protocol"),
    98: ("EADDRINUSE", "Address already in use"),
    99: ("EADDRNOTAVAIL", "Cannot assign requested address"),
    100: ("ENETDOWN", "Network is down"),
    101: ("ENETUNREACH", "Network is unreachable"),
    102: ("ENETRESET", "Network dropped connection on reset"),
    103: ("ECONNABORTED", "Software caused connection abort"),
    104: ("ECONNRESET", "Connection reset by peer"),
    105: ("ENOBUFS", "No buffer space available"),
    106: ("EISCONN", "Transport endpoint is already connected"),
    107: ("ENOTCONN", "Transport endpoint is not connected"),
    108: ("ESHUTDOWN", "Cannot send after transport endpoint shutdown"),
    109: ("ETOOMANYREFS", "Too many references: cannot splice"),
    110: ("ETIMEDOUT", "Connection timed out"),
    111: ("ECONNREFUSED", "Connection refused"),
    112: ("EHOSTDOWN", "Host is down"),
    113: ("EHOSTUNREACH", "No route to host"),
    114: ("EALREADY", "Operation already in progress"),
    115: ("EINPROGRESS", "Operation now in progress"),
    116: ("ESTALE", "Stale file handle"),
    117: ("EUCLEAN", "Structure needs cleaning"),
    118: ("ENOTNAM", "Not a XENIX named type file"),
    119: ("ENAVAIL", "No XENIX semaphores available"),
    120: ("EISNAM", "Is a named type file"),
    121: ("EREMOTEIO", "Remote I/O error"),
    122: ("EDQUOT", "Disk quota exceeded"),
    123: ("ENOMEDIUM", "No medium found"),
    124: ("EMEDIUMTYPE", "Wrong medium type"),
    125: ("ECANCELED", "Operation canceled"),
    126: ("ENOKEY", "Required key not available"),
    127: ("EKEYEXPIRED", "Key has expired"),
    128: ("EKEYREVOKED", "Key has been revoked"),
    129: ("EKEYREJECTED", "Key was rejected by service"),
    130: ("EOWNERDEAD", "Owner died"),
    131: ("ENOTRECOVERABLE", "State not recoverable"),
    132: ("ERFKILL", "Operation not possible due to RF-kill"),
    133: ("EHWPOISON", "Memory page has hardware error"),
    512: ("ERESTARTSYS", "Unknown error 512"),
    513: ("ERESTARTNOINTR", "Unknown error 513"),
    514: ("ERESTARTNOHAND", "Unknown error 514"),
    516: ("ERESTART_RESTARTBLOCK", "Unknown error 516"),
  ]
}
