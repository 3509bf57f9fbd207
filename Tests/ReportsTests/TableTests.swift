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
      [.init(.text("50% & a_b α\\")), .init(.estimate(estimate(63)), isBest: true)]
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

  @Test func allThatEqualTheBestAreBold() {
    var table = table([
      [.init(.text("a")), .init(.estimate(estimate(60, 62)))],
      [.init(.text("b")), .init(.estimate(estimate(61)))],
      [.init(.text("c")), .init(.estimate(estimate(61.5)))],
      [.init(.text("d")), .init(.missing)],
    ])
    table.markBest(column: 1, higherIsBetter: false)
    #expect(table.rows.map { $0[1].isBest } == [true, true, false, false])
  }

  @Test func aColumnOfOneNumberHasNoBest() {
    var table = table([[.init(.text("a")), .init(.estimate(estimate(60)))]])
    table.markBest(column: 1, higherIsBetter: true)
    #expect(table.rows.map { $0[1].isBest } == [false])
  }
}
