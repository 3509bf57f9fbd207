import Yams

/// Where the problems of one file are gathered, so that all are told at once.
final class SpecDiagnostics {
  let file: String
  private var problems: [SpecProblem] = []
  private(set) var places: SpecPlaces

  init(file: String) {
    self.file = file
    places = SpecPlaces(file: file)
  }

  func add(_ message: String, at place: SpecPlace) {
    problems.append(SpecProblem(message, at: place))
  }

  func note(_ part: SpecPlaces.Part, at place: SpecPlace) { places.marks[part] = place }

  func place(_ mark: Mark?) -> SpecPlace {
    SpecPlace(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
  }

  /// What was read, once nothing of the file is wrong.
  func checked<Value>(_ value: Value?) throws(SpecError) -> Value {
    guard let value, problems.isEmpty else { throw SpecError(problems) }
    return value
  }

  /// The root of a file, or an error that says where YAML itself is broken.
  static func root(_ text: String, file: String) throws(SpecError) -> SpecNode {
    let diagnostics = SpecDiagnostics(file: file)
    let node: Node?
    do {
      node = try Yams.compose(yaml: text)
    } catch {
      throw SpecError([diagnostics.broken(error)])
    }
    guard let node else {
      throw SpecError([SpecProblem("the file is empty", at: SpecPlace(file: file))])
    }
    return SpecNode(node: node, name: "the file", diagnostics: diagnostics)
  }

  private func broken(_ error: any Error) -> SpecProblem {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _),
      YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      SpecProblem("this is not YAML: \(problem)", at: place(mark))
    case YamlError.duplicatedKeysInMapping(let duplicates, let context):
      SpecProblem(
        SpecMessage.twice("this mapping", "'\(duplicates.first ?? "")'"), at: place(context.mark))
    default:
      SpecProblem("this is not YAML: \(error)", at: place(nil))
    }
  }
}

/// A place in a file, read strictly: what it is not is a problem, and reading goes on.
struct SpecNode {
  let node: Node
  /// What a person calls this place: the key it stands under.
  let name: String
  let diagnostics: SpecDiagnostics

  var place: SpecPlace { diagnostics.place(node.mark) }

  func fail(_ message: String) { diagnostics.add(message, at: place) }

  /// Remembers where a part stands that names something outside the file.
  func note(_ part: SpecPlaces.Part) { diagnostics.note(part, at: place) }

  /// The text of a scalar; nothing, and what stands for nothing in YAML, is no text.
  var text: String? {
    guard case .scalar(let scalar) = node else { return nil }
    return scalar.style == .plain && ["", "~", "null"].contains(scalar.string) ? nil : scalar.string
  }

  /// The text of a scalar without quotes, which alone may be a number.
  private var plain: String? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return text
  }

  private var shown: String {
    switch node {
    case .scalar: text.map { "'\($0)'" } ?? "nothing"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  private func mistyped<Value>(_ wanted: String) -> Value? {
    fail(SpecMessage.type(name, wanted, shown))
    return nil
  }

  func string() -> String? {
    guard let text, !text.isEmpty else { return mistyped("a word") }
    return text
  }

  /// One of a few words.
  func word(_ what: String, among words: [String]) -> String? {
    guard let word = string() else { return nil }
    if words.contains(word) { return word }
    fail(SpecMessage.unknown(what, word, among: words))
    return nil
  }

  func bool() -> Bool? {
    plain.flatMap { ["true": true, "false": false][$0] } ?? mistyped("true or false")
  }

  /// A whole number; `10_000` is one.
  func integer(_ range: ClosedRange<Int>) -> Int? {
    guard let value = plain.flatMap({ SpecNumber.integer($0) }) else {
      return mistyped("a whole number")
    }
    guard range.contains(value) else { return mistyped(SpecNumber.words(range)) }
    return value
  }

  /// A number, of a unit where it has one.
  func number(_ range: ClosedRange<Double>, of unit: String? = nil) -> Double? {
    guard let value = plain.flatMap({ SpecNumber.real($0) }) else {
      return mistyped("a number" + (unit.map { " of \($0)" } ?? ""))
    }
    guard range.contains(value) else { return mistyped(SpecNumber.words(range)) }
    return value
  }

  /// A share of a whole: `20%` or `0.2`.
  func share(_ range: ClosedRange<Double> = 0...1) -> Double? {
    guard let value = plain.flatMap({ SpecNumber.share($0) }) else {
      return mistyped("a share such as 20%")
    }
    guard range.contains(value) else { return mistyped(SpecNumber.words(range)) }
    return value
  }

  /// An amount such as `100 GB`, in bytes.
  func gigabytes() -> Double? {
    guard let text, text.hasSuffix(" GB"), let value = SpecNumber.real(String(text.dropLast(3))),
      value >= 0
    else { return mistyped("an amount such as '100 GB'") }
    return value * 1e9
  }

  /// A value whose meaning is somebody else's, as it stands.
  func value() -> Canonical? {
    guard case .sequence(let sequence) = node else { return scalar() }
    let elements = sequence.map {
      SpecNode(node: $0, name: name, diagnostics: diagnostics).scalar()
    }
    return elements.contains(nil) ? nil : .list(elements.compactMap { $0 })
  }

  private func scalar() -> Canonical? {
    guard let text else {
      return mistyped("a text, a number, true or false, or a list of these")
    }
    guard let plain else { return .string(text) }
    if let truth = ["true": true, "false": false][plain] { return .bool(truth) }
    if let whole = SpecNumber.integer(plain) { return .integer(whole) }
    return SpecNumber.real(plain).map { Canonical(number: $0) } ?? .string(plain)
  }

  /// The elements of a list, or a single value as a list of one.
  func list() -> [SpecNode] {
    switch node {
    case .sequence(let sequence):
      if sequence.isEmpty { fail("'\(name)' is an empty list; name at least one") }
      return sequence.map { SpecNode(node: $0, name: name, diagnostics: diagnostics) }
    case .scalar where text != nil: return [self]
    case .scalar, .mapping, .alias:
      fail(SpecMessage.type(name, "a list", shown))
      return []
    }
  }

  /// The values of a list that multiplies: none may stand twice.
  func values<Value: Hashable>(_ read: (SpecNode) -> Value?) -> [Value] {
    var seen: Set<Value> = []
    return list().compactMap { element in
      guard let value = read(element) else { return nil }
      guard seen.insert(value).inserted else {
        element.fail(SpecMessage.twice(name, element.text ?? "a value"))
        return nil
      }
      return value
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
      guard let word = place.string() else { return nil }
      return (place, word, SpecNode(node: value, name: word, diagnostics: diagnostics))
    }
  }

  /// The fields of a mapping whose keys are known: every other key is a problem.
  func fields(_ context: String, _ known: [String]) -> SpecFields {
    var values: [String: SpecNode] = [:]
    for (key, word, value) in entries() {
      if known.contains(word) {
        values[word] = value
      } else if known.isEmpty {
        key.fail("\(context) takes no '\(word)'; write '{}'")
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
  /// What messages call the mapping: `the spec`, `model 'tiny'`.
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
