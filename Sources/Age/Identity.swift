/// What a file can be decrypted with.
package enum Identity {
  case x25519(X25519Identity)
  case passphrase(Passphrase)

  /// Whether it is a key, not a passphrase.
  var isKey: Bool {
    if case .x25519 = self { true } else { false }
  }

  /// Whether a stanza is of its kind.
  func fits(_ stanza: Stanza) -> Bool {
    switch (self, stanza) {
    case (.x25519, .x25519), (.passphrase, .scrypt): true
    default: false
    }
  }

  /// The file key in the stanza; nil if that is for another.
  func unwrap(_ stanza: Stanza) throws(AgeError) -> FileKey? {
    switch (self, stanza) {
    case (.x25519(let identity), .x25519(let share, let body)):
      try identity.unwrap(share: share, body: body)
    case (.passphrase(let passphrase), .scrypt(let salt, let workFactor, let body)):
      try passphrase.unwrap(salt: salt, workFactor: workFactor, body: body)
    default: nil
    }
  }
}

/// Who can decrypt a file.
package enum Recipients {
  /// One at least.
  case keys([X25519Recipient])
  case passphrase(Passphrase, ScryptWorkFactor = .standard)

  func wrap(_ key: FileKey) throws(AgeError) -> [Stanza] {
    switch self {
    case .keys(let recipients):
      precondition(!recipients.isEmpty, "encrypted to nobody")
      // A recipient is none of low order, so every one has a stanza.
      return recipients.compactMap { $0.wrap(key) }
    case .passphrase(let passphrase, let workFactor):
      return [try passphrase.wrap(key, workFactor)]
    }
  }
}
