package import Age
import HostABI
import PosixHost

/// Who can open a snapshot that is sealed to keys.
package enum SealRecipients {
  /// - Parameter recipients: as age-keygen(1) shows them: `age1…`.
  /// - Parameter files: with one recipient a line.
  package static func read(_ recipients: [String], files: [String]) throws(Failure)
    -> [X25519Recipient]
  {
    var keys: [X25519Recipient] = []
    for text in recipients {
      do throws(KeyFile.Reason) { keys.append(try KeyFile.recipient(text).get()) } catch {
        throw Failure("--encrypt-to: \(error.text)")
      }
    }
    for path in files {
      let text = try SecretFile.named(path).bytes
      do throws(KeyFile.FormatError) { keys += try KeyFile.recipients(text) } catch {
        throw Failure("\(path): \(error)")
      }
    }
    return keys
  }
}

extension SecretFile {
  /// The file that a user names.
  static func named(_ path: String) throws(Failure) -> SecretFile {
    try withFailure(path.isEmpty ? "''" : path) { () throws(HostError) in try SecretFile(path) }
  }
}
