import Yams

/// Where the problems of one file are gathered, so that all are told at once.
final class SpecDiagnostics {
  let file: String
  private(set) var problems: [SpecProblem] = []

  init(file: String) { self.file = file }

  func add(_ message: String, at mark: Mark?) {
    problems.append(
      SpecProblem(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1, message: message))
  }

  func throwIfAny() throws(SpecError) {
    if !problems.isEmpty { throw SpecError(problems) }
  }

  /// The root of a file, or an error that says where YAML itself is broken.
  static func root(_ text: String, file: String) throws(SpecError) -> (SpecNode, SpecDiagnostics) {
    let diagnostics = SpecDiagnostics(file: file)
    do {
      guard let node = try Yams.compose(yaml: text) else {
        throw SpecError([SpecProblem(file: file, line: 1, column: 1, message: "the file is empty")])
      }
      return (SpecNode(node: node, name: "the file", diagnostics: diagnostics), diagnostics)
    } catch let error as SpecError {
      throw error
    } catch {
      throw SpecError([broken(error, file)])
    }
  }

  private static func broken(_ error: any Error, _ file: String) -> SpecProblem {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      SpecProblem(file: file, line: mark.line, column: mark.column, message: "not YAML: \(problem)")
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      SpecProblem(
        file: file, line: context.mark.line, column: context.mark.column,
        message: "'\(duplicates.first ?? "a key")' stands twice in one mapping")
    default:
      SpecProblem(file: file, line: 1, column: 1, message: "not YAML: \(error)")
    }
  }
}

/// A place in a file, read strictly: what it is not is a problem, and reading goes on.
struct SpecNode {
  let node: Node
  /// What a person calls this place: the key it stands under.
  let name: String
  let diagnostics: SpecDiagnostics

  func fail(_ message: String) { diagnostics.add(message, at: node.mark) }

  private var shown: String {
    switch node {
    case .scalar(let scalar): scalar.string
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  /// The text of a scalar.
  func string() -> String? {
    guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
      fail(SpecMessage.type(name, "a word", shown))
      return nil
    }
    return scalar.string
  }

  func bool() -> Bool? {
    guard case .scalar(let scalar) = node,
      let value = ["true": true, "false": false][scalar.string]
    else {
      fail(SpecMessage.type(name, "true or false", shown))
      return nil
    }
    return value
  }

  /// A whole number; `10_000` is one.
  func integer(_ range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let scalar) = node, let value = Int(digits(scalar.string)) else {
      fail(SpecMessage.type(name, "a whole number", shown))
      return nil
    }
    guard range.contains(value) else {
      let wanted =
        range.upperBound == .max
        ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
      fail(SpecMessage.range(name, wanted, "\(value)"))
      return nil
    }
    return value
  }

  func number(_ range: ClosedRange<Double>) -> Double? {
    guard case .scalar(let scalar) = node, let value = Double(digits(scalar.string)), value.isFinite
    else {
      fail(SpecMessage.type(name, "a number", shown))
      return nil
    }
    return checked(value, range)
  }

  /// A share of a whole: `20%` or `0.2`.
  func share(_ range: ClosedRange<Double> = 0...1) -> Double? {
    guard case .scalar(let scalar) = node else {
      fail(SpecMessage.type(name, "a share such as 20%", shown))
      return nil
    }
    let text = digits(scalar.string)
    let value = text.hasSuffix("%") ? Double(text.dropLast()).map { $0 / 100 } : Double(text)
    guard let value, value.isFinite else {
      fail(SpecMessage.type(name, "a share such as 20%", shown))
      return nil
    }
    return checked(value, range)
  }

  private func checked(_ value: Double, _ range: ClosedRange<Double>) -> Double? {
    guard range.contains(value) else {
      let low = Canonical(number: range.lowerBound).text
      let wanted =
        range.upperBound == .greatestFiniteMagnitude
        ? "at least \(low)" : "from \(low) to \(Canonical(number: range.upperBound).text)"
      fail(SpecMessage.range(name, wanted, Canonical(number: value).text))
      return nil
    }
    return value
  }

  private func digits(_ text: String) -> String { text.filter { $0 != "_" } }

  /// The elements of a list, or of a single value as a list of one.
  func list() -> [SpecNode] {
    switch node {
    case .sequence(let sequence):
      if sequence.isEmpty { fail("'\(name)' is an empty list") }
      return sequence.map { SpecNode(node: $0, name: name, diagnostics: diagnostics) }
    case .scalar: return [self]
    case .mapping, .alias:
      fail(SpecMessage.type(name, "a list", shown))
      return []
    }
  }

  /// The keys and values of a mapping, in order.
  func entries() -> [(key: SpecNode, word: String, value: SpecNode)] {
    guard case .mapping(let mapping) = node else {
      fail(SpecMessage.type(name, "a mapping", shown))
      return []
    }
    return mapping.compactMap { key, value in
      let place = SpecNode(node: key, name: "key", diagnostics: diagnostics)
      guard case .scalar(let scalar) = key else {
        place.fail("a key must be a word")
        return nil
      }
      return (
        place, scalar.string, SpecNode(node: value, name: scalar.string, diagnostics: diagnostics)
      )
    }
  }

  /// The fields of a mapping whose keys are known: every other key is a problem.
  func fields(_ context: String, _ known: [String]) -> SpecFields {
    var values: [String: SpecNode] = [:]
    for (key, word, value) in entries() {
      if known.contains(word) {
        values[word] = value
      } else {
        key.fail(SpecMessage.unknown("key", word, among: known))
      }
    }
    return SpecFields(place: self, context: context, values: values)
  }
}

/// The fields of a mapping.
struct SpecFields {
  let place: SpecNode
  let context: String
  let values: [String: SpecNode]

  func has(_ key: String) -> Bool { values[key] != nil }

  /// A field that may be absent.
  func optional<Value>(_ key: String, _ read: (SpecNode) -> Value?) -> Value? {
    values[key].flatMap(read)
  }

  /// A field that must be there.
  func required<Value>(_ key: String, _ read: (SpecNode) -> Value?) -> Value? {
    guard let node = values[key] else {
      if case .mapping = place.node { place.fail(SpecMessage.missing(key, context)) }
      return nil
    }
    return read(node)
  }
}

extension ClosedRange where Bound == Double {
  /// Not negative.
  static var notNegative: ClosedRange<Double> { 0...(.greatestFiniteMagnitude) }
}

extension ClosedRange where Bound == Int {
  /// From 1.
  static var positive: ClosedRange<Int> { 1...(.max) }
}
