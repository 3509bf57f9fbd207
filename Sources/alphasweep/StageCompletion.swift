import ArgumentParser
import Artifacts
import Foundation
import Ledger
import Scheduling

/// What a shell offers where a command takes a stage: keys and labels that the diary knows, and specs.
enum StageCompletion {
  static let kind = CompletionKind.custom { _, _, word in stages(Typed(word)) }

  /// Where a spec may stand as well.
  static let specOrStage = CompletionKind.custom { _, _, word in
    Needs.specs.filter { $0.hasPrefix(word) } + stages(Typed(word))
  }

  /// Whoever presses a key waits: beyond this many nobody reads on.
  private static let limit = 200

  /// A word that is being typed.
  private struct Typed {
    let prefix: String
    /// Bash puts what it is given into the line as it is, where blanks would end the word unless it
    /// began with a quote; zsh and fish write backslashes.
    let takesBlanks: Bool

    init(_ word: String) {
      let isQuoted = word.hasPrefix("\"") || word.hasPrefix("'")
      prefix = isQuoted ? String(word.dropFirst()) : word
      takesBlanks = isQuoted || CompletionShell.requesting != .bash
    }
  }

  private static func stages(_ typed: Typed) -> [String] {
    // No diary is started for the sake of a key pressed.
    guard let place = try? SitePlace(named: nil, beside: "experiments"),
      access(place.artifacts + "/ledger.sqlite", R_OK) == 0,
      let ledger = try? Diary.open(for: ArtifactStore(root: place.artifacts)).ledger,
      let stages = try? ledger.stages()
    else { return [] }
    let keys = stages.map(\.key.short).filter { $0.hasPrefix(typed.prefix) }
    let labels = stages.map(\.label).filter {
      $0.hasPrefix(typed.prefix) && (typed.takesBlanks || !$0.contains(" "))
    }
    let isKey = !typed.prefix.isEmpty && typed.prefix.allSatisfy(\.isHexDigit)
    return Array((isKey ? keys + labels : labels + keys).uniqued().prefix(limit))
  }
}
