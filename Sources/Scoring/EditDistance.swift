/// How a hypothesis differs from its reference, at the least cost (Levenshtein 1966).
package struct EditDistance: Sendable, Hashable {
  package var substitutions: Int
  package var deletions: Int
  package var insertions: Int

  package var errors: Int { substitutions + deletions + insertions }

  /// Aligns two sequences at the least number of errors; of such alignments, one with the most
  /// substitutions.
  package init<Token: Equatable>(reference: [Token], hypothesis: [Token]) {
    // The cheapest way to align the reference so far with each prefix of the hypothesis.
    var row = (0...hypothesis.count).map { Counts(substitutions: 0, deletions: 0, insertions: $0) }
    for (index, token) in reference.enumerated() {
      var diagonal = row[0]
      row[0] = Counts(substitutions: 0, deletions: index + 1, insertions: 0)
      for (position, said) in hypothesis.enumerated() {
        var best = diagonal
        if token != said { best.substitutions += 1 }
        diagonal = row[position + 1]
        var deleted = diagonal
        deleted.deletions += 1
        if deleted.errors < best.errors { best = deleted }
        var inserted = row[position]
        inserted.insertions += 1
        if inserted.errors < best.errors { best = inserted }
        row[position + 1] = best
      }
    }
    let total = row[hypothesis.count]
    substitutions = total.substitutions
    deletions = total.deletions
    insertions = total.insertions
  }

  private struct Counts {
    var substitutions: Int
    var deletions: Int
    var insertions: Int
    var errors: Int { substitutions + deletions + insertions }
  }
}
