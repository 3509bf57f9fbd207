import Foundation

/// Events by the line, as `Codable` writes and reads them: one member that is named for the case. Workers
/// say thousands, so no coder guesses at types.
extension WorkerEvent {
  /// The line without its end; `nil` for a number that is not finite, which JSON does not have.
  package var line: String? {
    let (name, members) = content
    for case .real(let number) in members.values where !number.isFinite { return nil }
    return Canonical.map([name: .map(members)]).text
  }

  private var content: (name: String, members: [String: Canonical]) {
    switch self {
    case .ready(let process, let library):
      ("ready", ["process": .integer(Int(process)), "library": .string(library)])
    case .progress(let key, let fraction, let detail):
      (
        "progress",
        ["key": .string(key.hex), "fraction": .real(fraction), "detail": .string(detail)]
      )
    case .metric(let key, let name, let step, let value):
      (
        "metric",
        [
          "key": .string(key.hex), "name": .string(name), "step": .integer(step),
          "value": .real(value),
        ]
      )
    case .done(let key, let seconds, let bytes):
      (
        "done",
        ["key": .string(key.hex), "seconds": .real(seconds), "bytes": .integer(bytes)]
      )
    case .failed(let key, let reason):
      ("failed", ["key": .string(key.hex), "reason": .string(reason)])
    }
  }

  /// Reads a line; `nil` when it is no event.
  package init?(line: String) {
    guard let value = try? Canonical(json: Data(line.utf8)), case .map(let cases) = value,
      cases.count == 1, let (name, members) = cases.first
    else { return nil }
    let key = members["key"]?.string.flatMap(StageKey.init(hex:))
    switch (name, key) {
    case ("ready", _):
      guard case .integer(let process)? = members["process"],
        let process = Int32(exactly: process), let library = members["library"]?.string
      else { return nil }
      self = .ready(process: process, library: library)
    case ("progress", let key?):
      guard let fraction = members["fraction"]?.number, let detail = members["detail"]?.string
      else { return nil }
      self = .progress(key: key, fraction: fraction, detail: detail)
    case ("metric", let key?):
      guard let name = members["name"]?.string, case .integer(let step)? = members["step"],
        let value = members["value"]?.number
      else { return nil }
      self = .metric(key: key, name: name, step: step, value: value)
    case ("done", let key?):
      guard let seconds = members["seconds"]?.number, case .integer(let bytes)? = members["bytes"]
      else { return nil }
      self = .done(key: key, seconds: seconds, bytes: bytes)
    case ("failed", let key?):
      guard let reason = members["reason"]?.string else { return nil }
      self = .failed(key: key, reason: reason)
    default: return nil
    }
  }
}
