extension PosixHost {
  /// Closes all streams: files, ports and connections are free for others when this returns. For the end of
  /// a picoprocess, which has no use of them any more.
  package func closeAll() {
    for descriptor in streams.indices where streams[descriptor] != nil {
      streams[descriptor] = nil
      system_close(Int32(descriptor))
    }
  }
}
