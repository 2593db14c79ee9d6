/// What moving an application to another machine would take, by what is known where it runs: the other machine is not asked.
package struct ApplicationForecast: Sendable, Codable {
  package var name: String
  /// The digest of the copy that the other machine was sent last, in hexadecimal digits; nil: none.
  package var copy: String?
  /// Bytes a second of the link.
  package var rate: Double
  /// In each way but post-copy.
  package var choices: [ForecastFigures]

  package init(name: String, copy: String?, rate: Double, choices: [ForecastFigures]) {
    (self.name, self.copy, self.rate, self.choices) = (name, copy, rate, choices)
  }
}

/// What a move takes, in one way.
package struct ForecastFigures: Sendable, Codable {
  /// Nanoseconds, as `total`.
  package let frozen: Int64
  package let total: Int64
  package let bytes: UInt64
  /// Only what was written since the copy that the other machine keeps is sent; nil: all.
  package var usesCopy: Bool?

  package init(frozen: Int64, total: Int64, bytes: UInt64, usesCopy: Bool? = nil) {
    (self.frozen, self.total, self.bytes, self.usesCopy) = (frozen, total, bytes, usesCopy)
  }
}

/// What `godwit migrate --print-stats` says of a move when it is over.
package struct MoveReport: Sendable, Codable {
  package var forecast: ForecastFigures
  package var outcome: ForecastFigures

  package init(forecast: ForecastFigures, outcome: ForecastFigures) {
    (self.forecast, self.outcome) = (forecast, outcome)
  }
}
