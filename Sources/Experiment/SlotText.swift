/// A transcript with tags around the values of slots: `play <artist>sting</artist>`.
package struct SlotText: Sendable, Hashable {
  /// Characters, and each tag as one token, in order.
  package private(set) var tokens: [String] = []
  /// The tags alone.
  package private(set) var tags: [String] = []

  /// Reads a text; a `<` that no tag begins is a character like others.
  package init(_ text: String) {
    var rest = Substring(text)
    while let first = rest.first {
      if first == "<", let end = rest.firstIndex(of: ">") {
        let name = rest[rest.index(after: rest.startIndex)..<end]
        let bare = name.hasPrefix("/") ? name.dropFirst() : name
        if !bare.isEmpty, bare.allSatisfy({ $0.isLetter || $0.isNumber || "-_.".contains($0) }) {
          let tag = "<\(name)>"
          tokens.append(tag)
          tags.append(tag)
          rest = rest[rest.index(after: end)...]
          continue
        }
      }
      tokens += first.lowercased().map(String.init)
      rest = rest.dropFirst()
    }
  }
}
