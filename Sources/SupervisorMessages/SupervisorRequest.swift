/// A request to this user's supervisor: one line of JSON over its control socket, answered by a `SupervisorAnswer`.
package enum SupervisorRequest: Sendable, Codable {
  /// Say who you are.
  case identify
  /// Run godwit at a peer with these arguments, and hand over its standard input and output as one socket.
  case link(peer: String, arguments: [String])
  /// Say what is known of this machine and of the peers, all of which are asked.
  case hosts
  /// Say what runs here and at the peers.
  case list
  /// Name the peers.
  case peers
  /// Trust this certificate from now on.
  ///
  /// - `card`: with the name that it is to have here.
  /// - `replaces`: also if another machine has the name.
  case pin(card: PeerCard, replaces: Bool)
  /// Fetch the certificate of whoever listens there. Nothing trusts it.
  case probe(address: String)
  /// Trust this peer no more.
  case unpin(peer: String)
  /// Say what is to travel with an application that is about to go there.
  ///
  /// - `isCopy`: it stays here, and only a copy goes; nil: it goes.
  case passport(application: String, peer: String, isCopy: Bool? = nil)
  /// Somebody is sure that this peer runs nothing any more.
  case confirmLoss(peer: String)
  /// Say in sentences what each rule would do now; nil: for all applications.
  case explain(application: String?)
  /// Read the policy file.
  case reload
}

/// The answer of the supervisor.
package enum SupervisorAnswer: Sendable, Codable {
  /// The request failed, for this reason (one line).
  case failed(error: String)
  case done
  /// A socket comes with this: the link.
  case link
  /// The card's address is the one that it listens at; nil: it does not listen.
  case identity(card: PeerCard, fingerprint: String, process: Int32)
  case peers([PeerEntry])
  case hosts([HostReport])
  case lists([ListReport])
  /// Nil: nothing.
  case passport(String?)
  case text(String)
  /// What is wrong with the policy file, a line each; none: it holds now.
  case mistakes([String])
}

/// A machine as another one is to know it.
package struct PeerCard: Sendable, Hashable, Codable {
  package var name: String
  /// `HOST:PORT`; nil: it can't be dialled.
  package var address: String?
  /// DER, in Base64.
  package var certificate: String

  package init(name: String, address: String?, certificate: String) {
    (self.name, self.address, self.certificate) = (name, address, certificate)
  }
}

/// A peer that is trusted.
package struct PeerEntry: Sendable, Hashable, Codable {
  package var name: String
  package var address: String?
  /// `SHA256:` and the digest of the certificate in Base64.
  package var fingerprint: String

  package init(name: String, address: String?, fingerprint: String) {
    (self.name, self.address, self.fingerprint) = (name, address, fingerprint)
  }
}

/// What a machine says of itself, or why it does not.
package struct HostReport: Sendable, Codable {
  package var name: String
  package var isThisOne: Bool
  package var status: MachineStatus?
  package var error: String?

  package init(name: String, isThisOne: Bool = false, status: MachineStatus?, error: String?) {
    (self.name, self.isThisOne, self.status, self.error) = (name, isThisOne, status, error)
  }
}

/// What runs on a machine, or why it does not say.
package struct ListReport: Sendable, Codable {
  package var name: String
  package var isThisOne: Bool
  /// What `godwit ps --json` prints there.
  package var applications: String?
  package var error: String?

  package init(name: String, isThisOne: Bool = false, applications: String?, error: String?) {
    (self.name, self.isThisOne, self.applications, self.error) =
      (name, isThisOne, applications, error)
  }
}
