import NIOCore
import NIOSSL

/// TLS 1.3 between machines that know each other's certificates, and trust no others.
struct Credentials: Sendable {
  /// DER.
  let certificate: [UInt8]
  private let server: NIOSSLContext
  private let client: NIOSSLContext

  init(_ identity: Identity) throws(SupervisorError) {
    do {
      let key = try NIOSSLPrivateKey(bytes: identity.pem, format: .pem)
      guard let certificate = try NIOSSLCertificate.fromPEMBytes(identity.pem).first else {
        throw NIOSSLError.failedToLoadCertificate
      }
      self.certificate = try certificate.toDERBytes()
      let chain = [NIOSSLCertificateSource.certificate(certificate)]
      var settings = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain, privateKey: .privateKey(key))
      server = try Self.context(&settings)
      settings = TLSConfiguration.makeClientConfiguration()
      settings.certificateChain = chain
      settings.privateKey = .privateKey(key)
      client = try Self.context(&settings)
    } catch {
      throw SupervisorError("the key and certificate of this machine can't be used: \(error)")
    }
  }

  private static func context(_ settings: inout TLSConfiguration) throws -> NIOSSLContext {
    settings.minimumTLSVersion = .tlsv13
    // Each end must show a certificate. `accepts` below is all that judges it.
    settings.certificateVerification = .noHostnameVerification
    settings.trustRoots = .certificates([])
    return try NIOSSLContext(configuration: settings)
  }

  /// - Parameter accepts: whether the other end's certificate, in DER, is one to talk to.
  func serverHandler(_ accepts: @escaping @Sendable ([UInt8]) -> Bool) -> NIOSSLServerHandler {
    NIOSSLServerHandler(context: server, customVerificationCallback: Self.judge(accepts))
  }

  func clientHandler(_ accepts: @escaping @Sendable ([UInt8]) -> Bool) throws -> NIOSSLClientHandler
  {
    try NIOSSLClientHandler(
      context: client, serverHostname: nil, customVerificationCallback: Self.judge(accepts))
  }

  private static func judge(_ accepts: @escaping @Sendable ([UInt8]) -> Bool)
    -> NIOSSLCustomVerificationCallback
  {
    { chain, verdict in
      guard let shown = try? chain.first?.toDERBytes() else { return verdict.succeed(.failed) }
      verdict.succeed(accepts(shown) ? .certificateVerified : .failed)
    }
  }
}

extension Channel {
  /// The certificate of the other end, in DER, whose handshake is over. It counts also if that took up an earlier
  /// session, for which no certificate is shown and judged. To be called on the event loop.
  var shownCertificate: [UInt8]? {
    try? pipeline.syncOperations.nioSSL_peerCertificate()?.toDERBytes()
  }
}
