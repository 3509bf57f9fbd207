import Foundation

/// SVG text as gnuplot leaves it, made fit to stand in a page among others.
package enum SVG {
  /// Drops what names gnuplot's version, gives the figure its title, and makes its identifiers its
  /// own, since one page shares them all.
  static func cleaned(_ text: String, _ chart: Chart) -> String {
    var result = text
    let title = escaped(chart.title)
    let edits: [(String, String)] = [
      (#"<desc>[^<]*</desc>\s*"#, ""),
      (#"<g id="[^"]*_plot_\d+" ?><title>[^<]*</title>"#, "<g>"),
      (#"<title>[^<]*</title>"#, "<title>" + literal(title) + "</title>"),
      (#"id=(['"])([A-Za-z_]\w*)\1"#, "id=$1" + literal(chart.name) + "-$2$1"),
      (#"(href=['"]|url\()#"#, "$1#" + literal(chart.name) + "-"),
      (#"[ \t]+\n"#, "\n"),
    ]
    for (pattern, template) in edits {
      result = result.replacingOccurrences(
        of: pattern, with: template, options: .regularExpression)
    }
    return result
  }

  /// The `<svg>` element alone, sized by the page.
  package static func inline(_ text: String) -> String {
    guard let start = text.range(of: "<svg") else { return "" }
    let element = String(text[start.lowerBound...])
    guard let end = element.range(of: ">") else { return "" }
    let head = element[..<end.lowerBound].replacingOccurrences(
      of: #"\s+(width|height)="\d+""#, with: "", options: .regularExpression)
    return head + " role=\"img\"" + element[end.lowerBound...]
  }

  static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }

  /// Text that stands for itself in a replacement.
  private static func literal(_ text: String) -> String {
    NSRegularExpression.escapedTemplate(for: text)
  }
}
