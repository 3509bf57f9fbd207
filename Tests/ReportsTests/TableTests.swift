import Scoring
import Testing

@testable import Reports

@Suite struct TableTests {
  private func table(_ rows: [[ReportTable.Cell]]) -> ReportTable {
    ReportTable(
      name: "t", caption: "A & B", groupColumn: "group",
      columns: [
        .init(title: "Method", fileTitle: "method", kind: .text),
        .init(title: "PER_x ↓", fileTitle: "per", kind: .estimate(.percent)),
      ],
      groups: [.init(title: "on 100% | of it", fileTitle: "a, \"b\"", rows: rows)])
  }

  private func estimate(_ values: Double...) -> Estimate {
    Estimate(
      Dictionary(uniqueKeysWithValues: values.enumerated().map { (UInt64($0 + 1), $1) }), planned: 2
    )
  }

  @Test func csvFollowsRFC4180() {
    let table = table([
      [.init(.text("x\ny")), .init(.estimate(estimate(63, 64)))],
      [.init(.text("α 0.5")), .init(.missing)],
    ])
    #expect(
      table.csv
        == "group,method,per mean,per sd,per n\r\n\"a, \"\"b\"\"\",\"x\ny\",63.5000,0.7071,2\r\n"
        + "\"a, \"\"b\"\"\",α 0.5,,,\r\n")
  }

  @Test func latexEscapesEverythingAndUsesBooktabs() {
    let table = table([
      [.init(.text("50% & a_b α\\")), .init(.estimate(estimate(63)), mark: .best)]
    ])
    #expect(
      table.latex == #"""
        % A & B Needs \usepackage{booktabs}.
        \begin{tabular}{lr}
        \toprule
        Method & PER\_x $\downarrow$ \\
        \midrule
        \multicolumn{2}{l}{\emph{on 100\% \textbar{} of it}} \\
        50\% \& a\_b $\alpha$\textbackslash{} & \textbf{63.0 $\dagger$} \\
        \bottomrule
        \end{tabular}
        % †: fewer seeds than planned.

        """#)
  }

  @Test func markdownEscapesBarsAndMarkup() {
    let table = table([[.init(.text("<b> | *x* `y` [z]")), .init(.missing)]])
    #expect(
      table.markdown == #"""
        **A & B**

        | Method | PER\_x ↓ |
        | --- | ---: |
        | *on 100% \| of it* |  |
        | \<b\> \| \*x\* \`y\` \[z\] | – |

        - –: not measured yet.

        """#)
  }

  @Test func marksAreBoldAndItalicEverywhere() throws {
    var table = table([
      [.init(.text("a")), .init(.estimate(estimate(60, 62)), mark: .best)],
      [.init(.text("b")), .init(.estimate(estimate(61, 61)), mark: .tied)],
    ])
    #expect(table.markdown.contains("| a | **61.0 ± 1.4** |\n| b | *61.00 ± 0.00* |"))
    #expect(table.latex.contains("& \\textbf{61.0 $\\pm$ 1.4} \\\\"))
    #expect(table.latex.contains("& \\textit{61.00 $\\pm$ 0.00} \\\\"))
    table.groups[0].title = nil
    let document = ReportDocument(
      title: "t", question: "q", sections: [.init(id: "i", title: "s", blocks: [.table(table)])])
    let page = try document.page(figures: [:], problem: nil)
    #expect(page.contains("<b>61.0 ± 1.4</b>") && page.contains("<i>61.00 ± 0.00</i>"))
  }

  @Test func intervalsHaveColumnsOfTheirOwnInFiles() {
    var table = table([
      [
        .init(.text("a")),
        .init(.tested(estimate(60, 62), Bootstrap.Interval(low: 58.25, high: 63.5), units: 240)),
        .init(.interval(-0.25, 1)), .init(.number(0.0004)),
      ],
      [
        .init(.text("b")), .init(.tested(estimate(60), nil, units: nil)), .init(.none),
        .init(.none),
      ],
    ])
    table.columns = [
      table.columns[0], .init(title: "P", fileTitle: "per", kind: .tested(.percent)),
      .init(title: "D", fileTitle: "d", kind: .interval(.difference)),
      .init(title: "p", fileTitle: "p", kind: .number(.probability)),
    ]
    let lines = table.csv.split(separator: "\r\n")
    #expect(
      lines[0] == "group,method,per mean,per sd,per n,per low,per high,per units,d low,d high,p")
    #expect(lines[1].hasSuffix(",a,61.0000,1.4142,2,58.2500,63.5000,240,-0.2500,1.0000,0.000400"))
    #expect(lines[2].hasSuffix(",b,60.0000,,1,,,,,,"))
    #expect(
      table.markdown.contains(
        "| a | 61.0 ± 1.4 (58.2…63.5) | −0.25…+1.00 | \\< 0.001 |\n| b | 60.0 † |  |  |"))
  }
}
