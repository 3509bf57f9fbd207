import Experiment

/// Typed access to the keys of a `config.json`.
struct ConfigurationKeys {
  let json: Canonical
  let path: String

  func problem(_ key: String, _ text: String) -> CheckpointError {
    .configuration(path: path, key: key, problem: text)
  }

  func expect(
    _ key: String, _ value: Canonical, orAbsent: Bool = false
  ) throws(CheckpointError) {
    if json[key] == nil, orAbsent { return }
    guard json[key] == value else {
      throw problem(
        key, "it is \(json[key]?.text ?? "absent") and only \(value.text) is supported")
    }
  }

  func number(_ key: String, orAbsent value: Double? = nil) throws(CheckpointError) -> Double {
    if json[key] == nil, let value { return value }
    guard let number = json[key]?.number else { throw problem(key, "a number is needed") }
    return number
  }

  func integer(_ key: String, orAbsent value: Int? = nil) throws(CheckpointError) -> Int {
    if json[key] == nil, let value { return value }
    guard case .integer(let value)? = json[key], value > 0 else {
      throw problem(key, "a positive integer is needed")
    }
    return value
  }

  func integers(_ key: String) throws(CheckpointError) -> [Int] {
    guard case .list(let values)? = json[key] else {
      throw problem(key, "a list of positive integers is needed")
    }
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value, integer > 0 else {
        throw problem(key, "a list of positive integers is needed")
      }
      integers.append(integer)
    }
    return integers
  }

  func flag(_ key: String, orAbsent value: Bool) throws(CheckpointError) -> Bool {
    guard let found = json[key] else { return value }
    guard case .bool(let flag) = found else { throw problem(key, "true or false is needed") }
    return flag
  }

  /// One of several words; where the key is absent, `orAbsent`.
  func choice<Value>(
    _ key: String, of values: [(word: String, value: Value)], orAbsent: Value? = nil
  ) throws(CheckpointError) -> Value {
    if json[key] == nil, let orAbsent { return orAbsent }
    guard let word = json[key]?.string, let match = values.first(where: { $0.word == word }) else {
      let words = values.map { "\"\($0.word)\"" }.joined(separator: ", ")
      throw problem(
        key, "it is \(json[key]?.text ?? "absent") and only these are supported: \(words)")
    }
    return match.value
  }
}
