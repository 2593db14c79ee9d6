/// How long a read waits though its file may have something: terminals have rules of their own.
package enum ReadPatience {
  /// As reads do: until there is something.
  case none
  /// For more than there is now, until guest monotonic time in nanoseconds; nil: for ever.
  case until(Int64?)
  /// No longer: the read returns 0.
  case nothing
}
