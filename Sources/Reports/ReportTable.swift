import Scoring

/// A table before it has a form: what each cell is, not how it is printed.
package struct ReportTable {
  package struct Column {
    /// `Dutch phonemes PER ↓`.
    package var title: String
    /// The head in CSV files: `phones-nl PER`.
    package var fileTitle: String
    package var kind: Kind

    package enum Kind: Hashable {
      case text
      /// A whole number.
      case count
      /// A mean over seeds: in CSV files three columns (mean, sd, n).
      case estimate(Quantity)
      /// One number: in CSV files one column.
      case number(Quantity)
      /// Two ends: in CSV files two columns (low, high).
      case interval(Quantity)
      /// A mean over seeds with its interval: in CSV files mean, sd, n, low, high, units.
      case tested(Quantity)
      /// A mean beside a published number: in CSV files here, published, difference.
      case beside(Quantity)
    }

    package var isText: Bool { kind == .text }
  }

  package enum Content {
    case text(String)
    case count(Int)
    case estimate(Estimate)
    case number(Double)
    case interval(Double, Double)
    /// With the interval over what was drawn, and how many that were, as far as that is known.
    case tested(Estimate, Bootstrap.Interval?, units: Int?)
    /// A mean, where there is one, and what was published of the same.
    case beside(Estimate?, published: Double)
    /// How many there are; CSV files list them.
    case listing([String])
    /// A number that is wanted and not there yet.
    case missing
    /// A score that cannot be had.
    case undefined
    /// Nothing belongs here.
    case none
  }

  /// What a number is in its column.
  package enum Mark: Sendable, Hashable {
    case none
    /// Better than every other by more than noise.
    case best
    /// The best, or not told apart from it.
    case tied
  }

  package struct Cell {
    package var content: Content
    package var mark = Mark.none
    /// Signs after the number, which the notes explain.
    package var signs = ""
    /// Where the number comes from; pages lead there.
    package var origin: NumberOrigin?

    package init(
      _ content: Content, mark: Mark = .none, signs: String = "", origin: NumberOrigin? = nil
    ) {
      self.origin = origin
      self.content = content
      self.mark = mark
      self.signs = signs
    }

    /// What people read in a column.
    package func text(in column: Column) -> String {
      content.text(in: column) + (signs.isEmpty ? "" : " " + signs)
    }
  }

  package struct Group {
    /// A line above the rows; `nil` for none.
    package var title: String?
    /// The group's column in CSV files.
    package var fileTitle: String
    package var rows: [[Cell]]
  }

  /// Many rows, which a page shows when somebody asks for them; other files have all of them.
  package struct Fold {
    /// What stands for them.
    package var summary: String
    /// Whether they are few enough to be shown at once.
    package var isOpen: Bool
    /// The rows in the order of the page.
    package var groups: [Group]
  }

  /// The name of the files: `comparison`.
  package var name: String
  package var caption: String
  /// The head of the groups' column in CSV files; `nil` for none.
  package var groupColumn: String?
  package var columns: [Column]
  package var groups: [Group]
  package var notes: [String] = []
  package var fold: Fold?

  package var rows: [[Cell]] { groups.flatMap(\.rows) }
}

extension ReportTable.Content {
  /// An estimate, or that it is missing.
  package init(_ estimate: Estimate) {
    self = estimate.count > 0 ? .estimate(estimate) : .missing
  }

  /// A mean that is shown although seeds are lacking.
  var isPartial: Bool {
    switch self {
    case .estimate(let estimate), .tested(let estimate, _, _): !estimate.isComplete
    case .beside(let estimate, _): estimate?.isComplete == false
    default: false
    }
  }

  /// What people read in a column.
  package func text(in column: ReportTable.Column) -> String {
    switch self {
    case .text(let text): text
    case .count(let number): String(number)
    case .listing(let items): String(items.count)
    case .missing: "–"
    case .undefined: "n/a"
    case .none: ""
    case .number(let value): column.quantity.text(value)
    case .interval(let low, let high): column.quantity.text(low) + "…" + column.quantity.text(high)
    case .tested(let estimate, let interval, _):
      Self.estimate(estimate).text(in: column)
        + (interval.map { " (\(column.quantity.text($0.low, $0.high)))" } ?? "")
    case .estimate(let estimate):
      (column.quantity.text(estimate) ?? "–") + (estimate.isComplete ? "" : " †")
    case .beside(let estimate, let published):
      (estimate.map { Self.estimate($0).text(in: column) } ?? "–")
        + " / \(Quantity.exact.text(published))"
        + (estimate?.mean.map { " / \(Quantity.difference.text($0 - published))" } ?? "")
    }
  }
}

extension ReportTable.Column {
  var quantity: Quantity {
    switch kind {
    case .estimate(let quantity), .number(let quantity), .interval(let quantity),
      .tested(let quantity), .beside(let quantity):
      quantity
    case .text, .count: .percent
    }
  }
}

extension ReportTable {
  /// Whether a mean over fewer seeds than planned is shown.
  package var hasPartial: Bool { rows.contains { $0.contains { $0.content.isPartial } } }
  package var hasMissing: Bool {
    rows.contains { $0.contains { if case .missing = $0.content { true } else { false } } }
  }

  /// Notes with the explanations of the signs that the table uses.
  package var allNotes: [String] {
    var all = notes
    if hasMissing { all.append("–: not measured yet.") }
    if hasPartial { all.append("†: fewer seeds than planned.") }
    return all
  }
}

extension ReportTable.Cell {
  var mean: Double? {
    if case .estimate(let estimate) = content { estimate.mean } else { nil }
  }
}
