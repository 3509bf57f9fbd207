/// A figure before it is drawn.
package struct Chart {
  package struct Point {
    package var x: Double
    package var y: Double
    /// Half the length of the error bar; `nil` where one value has no spread.
    package var spread: Double?
    /// The ends of the error bar, where it is not as long on both sides.
    package var interval: ClosedRange<Double>?

    package init(x: Double, y: Double, spread: Double?, interval: ClosedRange<Double>? = nil) {
      (self.x, self.y, self.spread, self.interval) = (x, y, spread, interval)
    }

    /// Where the error bar around a value ends; `nil` where there is none.
    func bar(around value: Double) -> ClosedRange<Double>? {
      interval ?? spread.flatMap { $0 > 0 ? value - $0...value + $0 : nil }
    }
  }

  package enum Style {
    /// Points joined by a line.
    case line(Int)
    /// Points alone.
    case points(Int)
    /// A baseline: dashed, without points.
    case level(Int)
    /// A level in the colour of a series, with dashes of its own.
    case reference(Int, dash: Int)
  }

  package struct Series {
    package var title: String
    package var style: Style
    package var points: [Point]
  }

  package struct Label {
    package var x: Double
    package var y: Double
    package var text: String
  }

  package struct Axis {
    package var title: String
    package var range: ClosedRange<Double>?
    /// Marks with words of their own, in place of numbers.
    package var marks: [(position: Double, text: String)] = []
  }

  /// The file's name without extension: letters, digits, `-`, `_` and `.`.
  package let name: String
  /// Inside the figure.
  package var title: String
  /// Below it, in words.
  package var caption: String
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  package var labels: [Label] = []
  /// A map of numbers in the place of series: the lowest row first, each from the left.
  package var heat: [[Double]] = []
  /// What is white and what is darkest in the map; `nil` for 0 and its greatest number.
  package var heatRange: ClosedRange<Double>?
  /// Whether spreads lie along x.
  package var spreadsAlongX = false

  package init(
    name: String, title: String, caption: String, x: Axis, y: Axis, series: [Series],
    labels: [Label] = []
  ) {
    self.name = Self.fileName(name)
    self.title = title
    self.caption = caption
    self.x = x
    self.y = y
    self.series = series
    self.labels = labels
  }

  package var isEmpty: Bool { heat.isEmpty && series.allSatisfy(\.points.isEmpty) }

  private static func fileName(_ text: String) -> String {
    String(
      text.map { character in
        character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
          ? character : "-"
      })
  }
}
