/// A pickle that was read: plain values, whose instances of classes are looked into by name.
package struct PickleDocument: Sendable {
  package let root: PickleValue
  let objects: [PickleObject]

  init(root: PickleValue, objects: [PickleObject]) {
    self.root = root
    self.objects = objects
  }

  /// Reads a pickle that is all of `bytes`.
  ///
  /// - Throws: `PickleError`.
  package init(reading bytes: [UInt8]) throws(PickleError) {
    var reader = PickleReader(bytes)
    self = try reader.read()
    guard reader.position == bytes.count else {
      throw PickleError(
        offset: reader.position, fault: .trailingBytes(bytes.count - reader.position))
    }
  }

  private func object(_ value: PickleValue) -> PickleObject? {
    if case .object(let index) = value { objects[index] } else { nil }
  }

  /// The value behind wrappers that hold one: nodes of omegaconf, and members of enumerations.
  private func unwrapped(_ value: PickleValue) -> PickleValue {
    var value = value
    // A chain of wrappers that bites its own tail ends somewhere.
    for _ in 0..<8 {
      guard let object = object(value), case .instance(let name) = object.kind else { break }
      if name.hasPrefix("omegaconf."), let state = object.state {
        guard let inner = member("_val", of: state) ?? member("_content", of: state) else { break }
        value = inner
      } else if object.state == nil, object.items.count == 1 {
        value = object.items[0]
      } else {
        break
      }
    }
    return value
  }

  private func member(_ key: String, of value: PickleValue) -> PickleValue? {
    guard let object = object(value), object.kind == .dictionary else { return nil }
    // Of a key that is there twice the last counts, as in Python.
    var index = object.items.count - 2
    while index >= 0, object.items[index] != .text(key) { index -= 2 }
    return index >= 0 ? object.items[index + 1] : nil
  }

  /// The member of a dictionary, of a configuration or of an instance such as
  /// `argparse.Namespace`; nil where there is none.
  package subscript(_ value: PickleValue, _ key: String) -> PickleValue? {
    let value = unwrapped(value)
    let holder: PickleValue
    if let object = object(value), case .instance = object.kind, let state = object.state {
      holder = state
    } else {
      holder = value
    }
    return member(key, of: holder).map(unwrapped)
  }

  /// The keys that are texts and their values, in the order of the pickle, where a value is a
  /// dictionary or has attributes; nil for all others.
  package func entries(of value: PickleValue) -> [(key: String, value: PickleValue)]? {
    guard var object = object(unwrapped(value)) else { return nil }
    if case .instance = object.kind, let state = object.state, let inner = self.object(state) {
      object = inner
    }
    guard object.kind == .dictionary else { return nil }
    return stride(from: 0, to: object.items.count - 1, by: 2).compactMap { index in
      guard case .text(let key) = object.items[index] else { return nil }
      return (key, object.items[index + 1])
    }
  }

  /// The items of a list, tuple or set; nil for all others.
  package func items(of value: PickleValue) -> [PickleValue]? {
    guard let object = object(unwrapped(value)), [.list, .tuple, .set].contains(object.kind)
    else { return nil }
    return object.items.map(unwrapped)
  }

  /// The value itself without wrappers, where it is a number, a text or None; nil for all others.
  package func plain(_ value: PickleValue) -> PickleValue? {
    let value = unwrapped(value)
    if case .object = value { return nil }
    return value
  }

  package func tensor(_ value: PickleValue) -> PickleTensor? {
    if case .tensor(let tensor)? = object(value)?.kind { tensor } else { nil }
  }

  /// All storages that the pickle speaks of.
  package var storages: [PickleStorage] {
    objects.compactMap { if case .storage(let storage) = $0.kind { storage } else { nil } }
  }

  /// The bytes of an integer beyond 64 bits, little-endian.
  func longInteger(_ value: PickleValue) -> [UInt8]? {
    if case .longInteger(let bytes)? = object(value)?.kind { bytes } else { nil }
  }
}
