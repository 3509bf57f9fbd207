/// A report before it has a form: what stands where.
package struct ReportDocument {
  package enum Block {
    case paragraph(String)
    /// A paragraph that must not be overlooked.
    case notice(String)
    case heading(String)
    case list([String])
    case table(ReportTable)
    case figures([Chart])
    /// A paragraph, and names of files beside the report.
    case files(String, [String])
  }

  package struct Section {
    /// What links name.
    package var id: String
    package var title: String
    package var blocks: [Block]
  }

  package var title: String
  package var question: String
  package var sections: [Section]

  package var tables: [ReportTable] {
    blocks.compactMap { if case .table(let table) = $0 { table } else { nil } }
  }

  package var charts: [Chart] {
    blocks.flatMap { block -> [Chart] in
      if case .figures(let charts) = block { charts } else { [] }
    }
  }

  private var blocks: [Block] { sections.flatMap(\.blocks) }
}
