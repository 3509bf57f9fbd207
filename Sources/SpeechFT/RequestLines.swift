import Experiment
import Foundation

/// Requests that a worker is handed, a line each; those that are carried out in one pass are given at once.
package struct RequestLines {
  private let descriptor: CInt
  private let patience: Duration
  private var bytes: [UInt8] = []
  private var isOver = false
  /// Read while others were waited for.
  private var early: [StageRequest] = []

  /// - Parameters:
  ///   - descriptor: Where lines come from.
  ///   - patience: How long companions are waited for. They were sent together, but one may be lost on the way: to a
  ///     worker that died, say, whose successor this one is.
  package init(descriptor: CInt = STDIN_FILENO, patience: Duration = .seconds(5)) {
    self.descriptor = descriptor
    self.patience = patience
  }

  /// What is to be carried out next: one stage, or several in one pass.
  ///
  /// - Returns: `nil` at the end of the input.
  /// - Throws: `DecodingError` for a line that is no request.
  package mutating func next() throws -> [StageRequest]? {
    guard let first = try early.isEmpty ? read(until: nil) : early.removeFirst() else {
      return nil
    }
    var all = [first]
    let end = ContinuousClock.now + patience
    var missing = Set(first.companions ?? [])
    early.removeAll { request in
      guard missing.remove(request.key) != nil else { return false }
      all.append(request)
      return true
    }
    while !missing.isEmpty, let request = try read(until: end) {
      if missing.remove(request.key) != nil { all.append(request) } else { early.append(request) }
    }
    return all
  }

  /// The next line as a request; `nil` where the input ends, or nothing comes in time.
  private mutating func read(until end: ContinuousClock.Instant?) throws -> StageRequest? {
    while true {
      if let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(bytes[..<newline])
        bytes.removeSubrange(...newline)
        return try StageRequest(json: line)
      }
      guard !isOver, isThere(until: end) else { return nil }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { isOver = true } else { bytes += buffer[..<count] }
    }
  }

  /// Waits for input, or its end.
  private func isThere(until end: ContinuousClock.Instant?) -> Bool {
    guard let end else { return true }
    while true {
      let left = (end - .now) / .milliseconds(1)
      guard left > 0 else { return false }
      var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let count = poll(&waited, 1, Int32(left.rounded(.up)))
      if count > 0 { return true }
      if count < 0, errno != EINTR { return true }
    }
  }
}
