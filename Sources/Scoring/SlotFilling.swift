/// Slots that a transcript fills, as s3prl counts them (`metric/slot_filling.py`): each begins with
/// the word `B-name` and ends with the word `E-name`.
///
/// Tags, as in `play <artist>sting</artist>`, are read as such words. A slot must hold something,
/// ends at the first `E-` that begins with its name, and none begins inside another; marks without
/// counterparts fill nothing.
package struct FilledSlots: Sendable, Hashable {
  package struct Slot: Sendable, Hashable {
    package var name: String
    /// Code points.
    package var value: [TokenInventory.Number]
  }

  package private(set) var slots: [Slot] = []

  /// - Parameters:
  ///   - text: What was said, with its marks.
  ///   - isHypothesis: Whether marks inside a value are taken out of it, which s3prl does on this
  ///     side alone.
  package init(_ text: String, isHypothesis: Bool) {
    let points = Self.collapsed(Self.marked(text))
    var place = 0
    while place < points.count {
      guard let found = Self.slot(in: points, at: place) else {
        place += 1
        continue
      }
      let value = isHypothesis ? Self.withoutMarks(found.value) : found.value
      slots.append(
        Slot(name: Self.string(found.name), value: value.map { TokenInventory.Number($0.value) }))
      place = found.end
    }
  }

  /// The names, each once.
  package var names: Set<String> { Set(slots.map(\.name)) }

  private typealias Points = [Unicode.Scalar]

  /// The slot whose `B-` stands at `start`, if there is one.
  private static func slot(
    in points: Points, at start: Int
  ) -> (name: Points, value: Points, end: Int)? {
    guard let name = markName("B", in: points, at: start) else { return nil }
    let first = start + 3 + name.count
    guard first <= points.count, points[first - 1] == " " else { return nil }
    let closing = Points(" E-".unicodeScalars) + name
    var end = first + 1
    while end + closing.count <= points.count {
      if points[end..<(end + closing.count)].elementsEqual(closing) {
        return (name, Array(points[first..<end]), end + closing.count)
      }
      // A slot does not go on in the next line.
      guard points[end - 1] != "\n" else { return nil }
      end += 1
    }
    return nil
  }

  /// The name of a mark, all up to the next white space; `nil` where none begins here.
  private static func markName(
    _ letter: Unicode.Scalar, in points: Points, at start: Int
  ) -> Points? {
    guard start + 2 < points.count, points[start] == letter, points[start + 1] == "-" else {
      return nil
    }
    let name = points[(start + 2)...].prefix { !$0.properties.isWhitespace }
    return name.isEmpty ? nil : Array(name)
  }

  /// A value without `B-name ` and then without ` E-name`.
  private static func withoutMarks(_ points: Points) -> Points {
    let opened = removing(points) { place in
      guard let name = markName("B", in: points, at: place) else { return nil }
      let end = place + 2 + name.count
      return end < points.count && points[end] == " " ? end + 1 : nil
    }
    return removing(opened) { place in
      guard opened[place] == " " else { return nil }
      return markName("E", in: opened, at: place + 1).map { place + 3 + $0.count }
    }
  }

  /// Takes out what begins at a place and ends before what `end` says of it.
  private static func removing(_ points: Points, _ end: (Int) -> Int?) -> Points {
    var result: Points = []
    var place = 0
    while place < points.count {
      if let next = end(place) {
        place = next
      } else {
        result.append(points[place])
        place += 1
      }
    }
    return result
  }

  /// A text whose tags `<name>` and `</name>` are the words ` B-name ` and ` E-name `. Names are
  /// letters, digits, `-`, `_` and `.`; a `<` that no tag begins stays.
  private static func marked(_ text: String) -> Points {
    text.replacing(/<(\/?)([\p{L}\p{N}\-_.]+)>/.matchingSemantics(.unicodeScalar)) { tag in
      " \(tag.1.isEmpty ? "B" : "E")-\(tag.2) "
    }.unicodeScalars.map(\.self)
  }

  /// Each run of spaces as one.
  private static func collapsed(_ points: Points) -> Points {
    points.enumerated().filter { $1 != " " || $0 == 0 || points[$0 - 1] != " " }.map(\.element)
  }

  private static func string(_ points: Points) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: points)
    return String(view)
  }
}

/// Slot filling of one utterance, for means and sums over utterances.
package struct SlotErrors: Sendable, Hashable {
  /// Of the names of slots, each counted once; 1 where neither side has any.
  package var typeF1: Double
  /// Characters of values that are wrong, and those of the reference's values.
  package var errors = 0
  package var characters = 0
  /// Slots of the reference, and those of them whose name the hypothesis lacks.
  package var slots: Int
  package var missed = 0

  /// Each slot of the reference is held against the hypothesis's slot of that name that suits it
  /// best, which may serve several; against nothing where there is none. Slots that only the
  /// hypothesis has are no errors of value.
  package init(reference: FilledSlots, hypothesis: FilledSlots) {
    typeF1 = Self.f1(reference.names, hypothesis.names)
    slots = reference.slots.count
    for slot in reference.slots {
      let candidates = hypothesis.slots.filter { $0.name == slot.name }.map {
        EditDistance(reference: slot.value, hypothesis: $0.value).errors
      }
      // s3prl takes no candidate into account of 100 times as many errors as characters.
      let least = candidates.filter { $0 < 100 * slot.value.count }.min()
      errors += least ?? slot.value.count
      characters += slot.value.count
      if candidates.isEmpty { missed += 1 }
    }
  }

  private static func f1(_ reference: Set<String>, _ hypothesis: Set<String>) -> Double {
    if reference.isEmpty, hypothesis.isEmpty { return 1 }
    let both = Double(reference.intersection(hypothesis).count)
    guard both > 0 else { return 0 }
    let (precision, recall) = (both / Double(hypothesis.count), both / Double(reference.count))
    return 2 * precision * recall / (precision + recall)
  }
}
