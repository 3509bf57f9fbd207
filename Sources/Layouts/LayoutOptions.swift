/// An option that only some layouts have, by the word of the command line.
package enum LayoutOption: String, Sendable, Hashable, CaseIterable {
  case completeTest = "complete-test"
  case fold, hours, language, lexicon, lists, parts, phones, queries
  case skipUnknown = "skip-unknown"
  case withTest = "with-test"
}

/// What can be chosen of a layout; each option is of the layouts that name it.
package struct LayoutOptions: Sendable {
  /// Pronouncing dictionaries, in the order in which they are asked.
  package var lexicons: [LayoutText] = []
  /// Lines with words that no dictionary has get no phones.
  package var skipsUnknown = false
  /// Folders to take; all that are there where none is named.
  package var parts: [String] = []
  /// The session that is tested on, from 1.
  package var fold: Int?
  package var language: String?
  /// So many hours of the training part, in the order of files.
  package var hours: Double?
  /// Whose queries: `dev` or `eval`.
  package var queries: String?
  /// A folder of lists that lies elsewhere, from the root of the file system.
  package var lists: String?
  /// How many phones the inventory has: 39, 48 or 61.
  package var phones: Int?
  package var hasCompleteTest = false
  package var hasTest = false

  package init() {}
}

/// A list, with its name for errors.
package struct LayoutText: Sendable, Hashable {
  package var name: String
  package var text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  /// The lines that are not blank, with their numbers from 1. Line ends of any system count.
  package var lines: [(number: Int, text: Substring)] {
    text.split(omittingEmptySubsequences: false) { $0.isNewline }.enumerated().compactMap {
      $1.allSatisfy(\.isWhitespace) ? nil : ($0 + 1, $1)
    }
  }
}

extension Substring {
  /// The words between white space.
  var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
}
