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
  private static let mapRowHeight = 18
  /// Title, marks and axis.
  private static let mapFrame = 110

  let chart: Chart

  /// Commands that write `<name>.svg` into the current folder.
  var text: String {
    (chart.heat.isEmpty ? setup + axes + blocks + [plot] : setup + axes + heat).joined(
      separator: "\n") + "\n"
  }

  private var titles: [String] { chart.series.map(\.title).filter { !$0.isEmpty } }

  private var setup: [String] {
    // Two columns of short titles fit the width.
    let columns = titles.allSatisfy { $0.count <= 20 } ? 2 : 1
    let height =
      chart.heat.isEmpty
      ? Self.plotHeight + (titles.count + columns - 1) / columns * Self.keyRowHeight
      : Self.mapFrame + chart.heat.count * Self.mapRowHeight
    return [
      "reset",
      "set encoding utf8",
      "set terminal svg size \(width),\(height) font 'sans-serif,13' noenhanced "
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

  /// Rectangles, as an image would be a picture inside the picture, from white to the darkest; printed in
  /// grey it reads the same.
  private var heat: [String] {
    let range = chart.heatRange ?? 0...max(chart.heat.flatMap(\.self).max() ?? 1, 1e-6)
    let depth = max(range.upperBound - range.lowerBound, 1e-6)
    let cells = chart.heat.enumerated().flatMap { y, row in
      row.enumerated().map { x, value in
        "set object rectangle center \(x),\(y) size 1,1 behind fillcolor rgb "
          + "'\(Self.shade((value - range.lowerBound) / depth))' fillstyle solid noborder"
      }
    }
    // gnuplot's own guess of the names' width leaves no room for the map.
    let left = Double(nameWidth) / Double(width)
    return [
      "unset grid", "set tics scale 0", "set ytics font 'sans-serif,11'",
      "set lmargin at screen \(left)", "set rmargin at screen 0.98",
    ] + cells
      + ["plot NaN notitle"]
  }

  /// Of the names of a map's rows, in pixels of an 11 point font.
  private var nameWidth: Int { 16 + (chart.y.marks.map(\.text.count).max() ?? 0) * 6 }

  /// A key of which one title is too long for the width by gnuplot's reckoning (7.7 pixels a character, and 70 beside)
  /// it leaves out as a whole.
  private var keyWidth: Int { 75 + (titles.map(\.count).max() ?? 0) * 31 / 4 }

  private var width: Int {
    chart.heat.isEmpty
      ? max(Self.width, keyWidth)
      : max(Self.width, nameWidth + (chart.heat.first?.count ?? 0) * 19 + 10)
  }

  /// From white over blue to nearly black.
  private static func shade(_ share: Double) -> String {
    let ends: [[Double]] = [[255, 255, 255], [78, 153, 204], [0, 40, 72]]
    let place = min(max(share, 0), 1) * 2
    let (from, to) = place < 1 ? (ends[0], ends[1]) : (ends[1], ends[2])
    let part = place < 1 ? place : place - 1
    let mixed = zip(from, to).map { Int(($0 + part * ($1 - $0)).rounded()) }
    return "#" + mixed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
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
        + series.points.map { point in
          let bar = point.bar(around: chart.spreadsAlongX ? point.x : point.y)
          let ends = bar.map { "\($0.lowerBound) \($0.upperBound)" } ?? "NaN NaN"
          return "\(point.x) \(point.y) \(ends)"
        } + ["END"]
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
      if series.points.contains(where: { $0.bar(around: 0) != nil }) {
        let bars = chart.spreadsAlongX ? "xerrorbars" : "yerrorbars"
        parts.append(
          "$points\(index) using 1:2:3:4 with \(bars) "
            + "\(Self.colour(series.style)) \(Self.mark(series.style)) notitle")
      }
    }
    return "plot " + parts.joined(separator: ", \\\n  ")
  }

  private static func colour(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index), .points(let index), .reference(let index, _):
      "linecolor rgb '\(palette[index % palette.count].colour)'"
    case .level(let index): "linecolor rgb '\(levels[index % levels.count])'"
    }
  }

  /// The point of an error bar, which would else be drawn over the series' own.
  private static func mark(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index): "pointtype \(palette[index % palette.count].shape) pointsize 0.7"
    case .points(let index): "pointtype \(palette[index % palette.count].shape) pointsize 1.1"
    case .level, .reference: "pointtype 0"
    }
  }

  private static func look(_ style: Chart.Style) -> String {
    switch style {
    case .line(let index):
      "linespoints \(colour(style)) linewidth 1.8 dashtype \(1 + index / palette.count) "
        + mark(style)
    case .points: "points \(colour(style)) \(mark(style))"
    case .level(let index): "lines \(colour(style)) linewidth 1.4 dashtype \(2 + index % 3)"
    case .reference(_, let dash): "lines \(colour(style)) linewidth 1.2 dashtype \(dash)"
    }
  }

  /// Text that gnuplot takes literally: within single quotes only the quote itself is special.
  static func quoted(_ text: String) -> String {
    let line = String(text.map { $0.isNewline ? " " : $0 })
    return "'" + line.replacing("'", with: "''") + "'"
  }
}
