import Experiment
import Foundation

/// What a page shows of a number's origin: stages, recipe, how the heads learnt, and the commands that show
/// the rest where the artifacts are. It holds all of that itself, so that a page that was moved still does.
struct OriginPanel {
  let origin: NumberOrigin

  /// Values of the page's template.
  var context: [String: Any] {
    [
      "id": origin.id, "title": origin.title, "recipe": origin.recipe ?? "",
      "hasRecipe": origin.recipe != nil,
      "parts": origin.parts.map { part in
        [
          "text": part.text, "key": part.key.hex, "short": part.key.short,
          "curves": CurveSketch.sketches(of: part.curve).map { sketch in
            ["svg": sketch.svg, "caption": sketch.caption]
          },
        ] as [String: Any]
      },
      "shares": origin.shares.map { ["text": $0.text, "origin": $0.origin] },
    ]
  }

  /// One for each origin of a report, in the order of its cells.
  static func all(_ tables: [ReportTable]) -> [OriginPanel] {
    var seen: Set<String> = []
    return tables.flatMap { $0.rows.joined().compactMap(\.origin) }
      .filter { seen.insert($0.id).inserted }.map(OriginPanel.init)
  }
}

/// A small drawing of what went along a training: all losses, or all looks at dev.
struct CurveSketch {
  /// What the last points say, for who cannot see it.
  let caption: String
  let svg: String

  private static let (width, height) = (240.0, 56.0)
  /// Points of a line: more cannot be told apart.
  private static let most = 60

  /// One of names that begin with the same word, in the order in which they come.
  static func sketches(of curve: [Attempt.Metric]) -> [CurveSketch] {
    var words: [String] = []
    for point in curve where !words.contains(word(point.name)) { words.append(word(point.name)) }
    return words.compactMap { word in
      sketch(word, curve.filter { Self.word($0.name) == word && $0.value.isFinite })
    }
  }

  /// `loss` of `loss at 0.01`.
  private static func word(_ name: String) -> String {
    name.split(separator: " ").first.map(String.init) ?? name
  }

  private static func sketch(_ word: String, _ points: [Attempt.Metric]) -> CurveSketch? {
    guard let first = points.first, let low = points.map(\.value).min(),
      let high = points.map(\.value).max(), let last = points.map(\.step).max()
    else { return nil }
    var names: [String] = []
    for point in points where !names.contains(point.name) { names.append(point.name) }
    let ends = names.compactMap { name -> String? in
      let own = points.filter { $0.name == name }
      guard let begin = own.first, let end = own.last else { return nil }
      return own.count == 1
        ? "\(name) \(text(end.value)) at step \(end.step)"
        : "\(name) \(text(begin.value)) at step \(begin.step), \(text(end.value)) at step \(end.step)"
    }
    let caption = ends.joined(separator: "; ")
    // A single look draws nothing that its words do not say.
    guard points.contains(where: { $0.step != first.step }) else {
      return CurveSketch(caption: caption, svg: "")
    }
    let lines = names.map { name in
      line(thinned(points.filter { $0.name == name }), low, max(high - low, 1e-9), last)
    }
    return CurveSketch(
      caption: caption,
      svg: "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\" aria-label=\""
        + SVG.escaped(word).replacingOccurrences(of: "\"", with: "&quot;")
        + " by step\">\(lines.joined())</svg>")
  }

  private static func line(
    _ points: [Attempt.Metric], _ low: Double, _ range: Double, _ last: Int
  ) -> String {
    let places = points.map { point in
      let x = 2 + (width - 4) * Double(point.step) / Double(max(1, last))
      let y = 2 + (height - 4) * (1 - (point.value - low) / range)
      return NumberText.fixed(x, 1) + "," + NumberText.fixed(y, 1)
    }
    return "<polyline points=\"\(places.joined(separator: " "))\"/>"
  }

  /// Every n-th point, and the last.
  private static func thinned(_ points: [Attempt.Metric]) -> [Attempt.Metric] {
    let stride = (points.count + most - 1) / most
    return points.enumerated().filter {
      $0.offset % max(1, stride) == 0 || $0.offset == points.count - 1
    }.map(\.element)
  }

  private static func text(_ value: Double) -> String { NumberText.fixed(value, 2) }
}
