extension PosixHost {
  /// Closes all streams at the end of a picoprocess. When this returns, its files, ports and connections are
  /// free for others.
  package func closeAll() {
    for descriptor in streams.indices where streams[descriptor] != nil {
      streams[descriptor] = nil
      system_close(Int32(descriptor))
    }
  }
}
