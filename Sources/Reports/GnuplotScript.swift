/// A chart as commands for gnuplot 5.
struct GnuplotScript {
  /// Okabe and Ito's colours that a white ground shows (yellow is left out), then grey; each with a
  /// point shape of its own, so that colour is never the only difference.
  private static let palette: [(colour: String, shape: Int)] = [
    ("#0072B2", 7), ("#D55E00", 5), ("#009E73", 9), ("#CC79A7", 11), ("#E69F00", 13),
    ("#56B4E9", 6), ("#000000", 4), ("#777777", 8),
  ]
  private static let levels = ["#000000", "#777777"]
  /// Pixels. Narrow, so that a phone shows a figure at about its size.
  private static let width = 440
  private static let plotHeight = 300
  private static let keyRowHeight = 19

  let chart: Chart

  /// Commands that write `<name>.svg` into the current folder.
  var text: String {
    (setup + axes + blocks + [plot]).joined(separator: "\n") + "\n"
  }

  private var setup: [String] {
    let titles = chart.series.map(\.title).filter { !$0.isEmpty }
    // Two columns of short titles fit the width.
    let columns = titles.allSatisfy { $0.count <= 20 } ? 2 : 1
    let height = Self.plotHeight + (titles.count + columns - 1) / columns * Self.keyRowHeight
    return [
      "reset",
      "set encoding utf8",
      "set terminal svg size \(Self.width),\(height) font 'sans-serif,13' noenhanced "
        + "background '#ffffff'",
      "set output \(Self.quoted(chart.name + ".svg"))",
      "set border 3 linecolor rgb '#444444'",
      "set tics nomirror out scale 0.5",
      "set grid linetype 1 linecolor rgb '#dddddd' linewidth 0.7",
      "set key below horizontal maxcols \(columns) samplen 1.5 spacing 1.15 height 0.8 "
        + "font 'sans-serif,11'",
      "set bars 0.5",
      "set title \(Self.quoted(chart.title))",
    ]
  }

  private var axes: [String] {
    axis("x", chart.x) + axis("y", chart.y)
      + chart.labels.map { label in
        "set label \(Self.quoted(label.text)) at \(label.x),\(label.y) offset 0.6,0.5 "
          + "font 'sans-serif,11' front"
      }
  }

  private func axis(_ name: String, _ axis: Chart.Axis) -> [String] {
    let nearer = name == "x" ? " offset 0,0.8" : ""
    var lines = ["set \(name)label \(Self.quoted(axis.title))\(nearer)"]
    if let range = axis.range {
      lines.append("set \(name)range [\(range.lowerBound):\(range.upperBound)]")
    }
    if !axis.marks.isEmpty {
      // A mark's text is a format.
      let marks = axis.marks.map { mark in
        "\(Self.quoted(mark.text.replacing("%", with: "%%"))) \(mark.position)"
      }
      lines.append("set \(name)tics (\(marks.joined(separator: ", ")))")
    }
    return lines
  }

  private var blocks: [String] {
    drawn.flatMap { index, series in
      ["$points\(index) << END"]
        + series.points.map { "\($0.x) \($0.y) \($0.spread ?? 0)" } + ["END"]
    }
  }

  private var drawn: [(Int, Chart.Series)] {
    chart.series.enumerated().filter { !$1.points.isEmpty }.map { ($0, $1) }
  }

  private var plot: String {
    var parts: [String] = []
    for (index, series) in chart.series.enumerated() {
      let data = series.points.isEmpty ? "NaN" : "$points\(index) using 1:2"
      let title = series.title.isEmpty ? "notitle" : "title \(Self.quoted(series.title))"
      parts.append("\(data) with \(Self.look(series.style)) \(title)")
      if series.points.contains(where: { ($0.spread ?? 0) > 0 }) {
        let bars = chart.spreadsAlongX ? "xerrorbars" : "yerrorbars"
        parts.append(
          "$points\(index) using 1:2:($3 > 0 ? $3 : NaN) with \(bars) "
            + "\(Self.colour(series.style)) \(Self.mark(series.style)) notitle")
      }
    }
    return "plot " + parts.joined(separator: ", \\\n  ")
  }

  private static func colour(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index), .points(let index):
      "linecolor rgb '\(palette[index % palette.count].colour)'"
    case .level(let index): "linecolor rgb '\(levels[index % levels.count])'"
    }
  }

  /// The point of an error bar, which would else be drawn over the series' own.
  private static func mark(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index): "pointtype \(palette[index % palette.count].shape) pointsize 0.7"
    case .points(let index): "pointtype \(palette[index % palette.count].shape) pointsize 1.1"
    case .level: "pointtype 0"
    }
  }

  private static func look(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index):
      "linespoints \(colour(style)) linewidth 1.8 dashtype \(1 + index / palette.count) "
        + mark(style)
    case .points: "points \(colour(style)) \(mark(style))"
    case .level(let index): "lines \(colour(style)) linewidth 1.4 dashtype \(2 + index % 3)"
    }
  }

  /// Text that gnuplot takes literally: within single quotes only the quote itself is special.
  static func quoted(_ text: String) -> String {
    let line = String(text.map { $0.isNewline ? " " : $0 })
    return "'" + line.replacing("'", with: "''") + "'"
  }
}
