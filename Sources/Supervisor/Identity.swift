import Base64Text
import Crypto
import FoundationEssentials
import HostABI
import PosixHost
import SwiftASN1
import X509

/// This machine's key and the certificate for it, signed by itself: peers know the certificate, and nothing else is ever
/// asked of it. It is made once.
struct Identity: Sendable {
  /// Both, as PEM.
  let pem: [UInt8]

  init(_ directory: StateDirectory) throws(SupervisorError) {
    let path = directory.identity
    do throws(PrivateFile.ReadError) {
      pem = try PrivateFile.read(path)
      return
    } catch .host(.notFound) {} catch { throw SupervisorError(path, error) }
    let made: [UInt8]
    do { made = try Self.make() } catch {
      throw SupervisorError("\(path): no key could be made: \(error)")
    }
    do throws(HostError) { try PrivateFile.create(path, made) } catch {
      throw SupervisorError(path, error)
    }
    // If another process was faster, this is the one that it has made.
    do throws(PrivateFile.ReadError) { pem = try PrivateFile.read(path) } catch {
      throw SupervisorError(path, error)
    }
  }

  private static func make() throws -> [UInt8] {
    let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let name = try DistinguishedName { CommonName("godwit") }
    // Whoever pins it decides for how long it counts.
    let certificate = try Certificate(
      version: .v3, serialNumber: .init(), publicKey: key.publicKey,
      notValidBefore: Date(timeIntervalSince1970: 0),
      notValidAfter: Date(timeIntervalSince1970: 253_402_300_799), issuer: name, subject: name,
      signatureAlgorithm: .ecdsaWithSHA256, extensions: Certificate.Extensions(),
      issuerPrivateKey: key)
    let texts = [
      try key.serializeAsPEM().pemString, try certificate.serializeAsPEM().pemString,
    ]
    return Array(texts.map { $0 + "\n" }.joined().utf8)
  }
}

/// What people compare certificates by.
enum Fingerprint {
  /// - Parameter certificate: DER.
  static func text(_ certificate: [UInt8]) -> String {
    let digest = Base64.encode(Array(SHA256.hash(data: certificate)), isPadded: false)
    return "SHA256:" + String(decoding: digest, as: UTF8.self)
  }
}
