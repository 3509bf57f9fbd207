import Foundation
import Testing

/// The floors of ARCHITECTURE.md, held to the sources.
struct ImportTableTests {
  private func table() throws -> FloorTable {
    try FloorTable(markdown: SourceTree.text("ARCHITECTURE.md"))
  }

  // MARK: The table

  @Test func `the table reads as people read it`() throws {
    let permitted = try table().permitted
    #expect(permitted["Experiment"] == ["Libcrypto"])
    #expect(permitted["CTorch"] == ["Libmerge"])
    #expect(permitted["Ledger"] == ["Experiment"])
    #expect(permitted["Torch"] == ["CTorch", "Weights"])
    #expect(permitted["Reports"] == ["Experiment", "Artifacts", "Ledger", "Scoring"])
    #expect(
      permitted["Speech"]
        == ["Experiment", "Artifacts", "Torch", "CSndfile", "CSoxr", "CEspeak"])
    #expect(
      permitted["SpeechFT"]
        == ["Experiment", "Artifacts", "Weights", "Torch", "Scoring", "Speech"])
    #expect(
      permitted["alphasweep"] == [
        "Experiment", "Artifacts", "Ledger", "Scoring", "Layouts", "Scheduling", "Reports",
        "Weights", "Merging",
      ])
    #expect(
      permitted["alphasweep-worker"]
        == ["Experiment", "Artifacts", "Weights", "Torch", "Scoring", "Speech", "SpeechFT"])
  }

  @Test func `every folder of Sources is on a floor, and every floor is a folder`() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: SourceTree.root.appending(path: "Sources").path)
    #expect(Set(folders) == Set(try table().floors.keys))
  }

  @Test(arguments: [
    "Experiment", "Artifacts", "Ledger", "Scoring", "Layouts", "Scheduling", "Reports", "Merging",
    "alphasweep",
  ])
  func `the planning tower reaches nothing of the science tower`(target: String) throws {
    let science: Set = [
      "CTorch", "Torch", "Speech", "SpeechFT", "CSndfile", "CSoxr", "CEspeak",
    ]
    let table = try table()
    #expect(table.reach(target).isDisjoint(with: science))
    let files = try SourceTree.files(in: "Sources/" + target)
    #expect(!files.isEmpty)
    for file in files { #expect(science.isDisjoint(with: file.imports), "\(file.path)") }
  }

  @Test func `a table that lets an import go up or aside is refused`() {
    let head = "| floor | target | what it is | imports of ours | tested by |\n|---|---|"
    #expect(throws: FloorTable.Problem.notBelow("Reports", importedBy: "Ledger")) {
      try FloorTable(
        markdown: "\(head)\n| 1 | `Ledger` | x | Reports | y |\n| 1 | `Reports` | x | – | y |")
    }
    #expect(throws: FloorTable.Problem.notBelow("Reports", importedBy: "Ledger")) {
      try FloorTable(
        markdown: "\(head)\n| 1 | `Ledger` | x | Reports | y |\n| 1 | `Reports` | x | Ledger | y |")
    }
    #expect(throws: FloorTable.Problem.unknownTarget("Nowhere", importedBy: "Ledger")) {
      try FloorTable(markdown: "\(head)\n| 1 | `Ledger` | x | Nowhere | y |")
    }
    #expect(throws: FloorTable.Problem.unreadableImports("the other tower", of: "Ledger")) {
      try FloorTable(markdown: "\(head)\n| 1 | `Ledger` | x | the other tower | y |")
    }
    #expect(throws: FloorTable.Problem.noTable) { try FloorTable(markdown: "# Architecture") }
  }

  // MARK: The sources

  @Test func `every import of ours is one that the table permits`() throws {
    let table = try table()
    let files = try SourceTree.files(in: "Sources")
    #expect(files.count > 100)
    #expect(files.flatMap { HouseRules.imports($0, table) }.map(\.description) == [])
    // The check sees imports at all.
    let imported = Set(files.flatMap(\.imports)).intersection(table.floors.keys)
    #expect(imported.isSuperset(of: ["Experiment", "Artifacts", "Torch", "CTorch", "CSndfile"]))
  }

  @Test(arguments: [
    "import Torch", "  @testable import Torch", "@_exported import Torch", "package import Torch",
    "import struct Torch.Tensor", "@preconcurrency @_implementationOnly import Torch",
    "private import class Torch.Network",
  ])
  func `an import that the table does not permit is found however it is written`(
    line: String
  ) throws {
    let file = SourceFile(
      target: "Scheduling", path: "Sources/Scheduling/Bad.swift",
      text: "import Experiment\nimport Foundation\n\(line)\n")
    #expect(
      HouseRules.imports(file, try table()).map(\.description)
        == ["Sources/Scheduling/Bad.swift: Scheduling must not import Torch"])
  }

  @Test func `floors that are no import are none`() throws {
    let text = """
      // import Torch
      import Experiment  // not import Torch
      let line = "important Torch"
      """
    let file = SourceFile(target: "Ledger", path: "Sources/Ledger/Good.swift", text: text)
    #expect(file.imports == ["Experiment"])
    #expect(HouseRules.imports(file, try table()).isEmpty)
    let stray = SourceFile(target: "Extra", path: "Sources/Extra/A.swift", text: "")
    #expect(
      HouseRules.imports(stray, try table()).map(\.description)
        == ["Sources/Extra/A.swift: target Extra is on no floor"])
  }

  @Test func `what Package.swift declares is what the table permits, and what is imported`() throws
  {
    let table = try table()
    var declared: [String: Set<String>] = [:]
    let pattern = /(?:floor|program)\(\s*"([^"]+)",\s*\[([^\]]*)\]/
    for match in try SourceTree.text("Package.swift").matches(of: pattern) {
      declared[String(match.1)] = Set(match.2.matches(of: /"([^"]+)"/).map { String($0.1) })
    }
    #expect(
      Set(declared.keys)
        == Set(table.floors.keys).subtracting([
          "CTorch", "CSndfile", "CSoxr", "CEspeak", "Libcrypto", "Libmerge",
        ]))
    for (target, dependencies) in declared {
      #expect(dependencies.isSubset(of: table.permitted[target] ?? []), "\(target)")
    }
    for file in try SourceTree.files(in: "Sources") {
      let ours = Set(file.imports).intersection(table.floors.keys)
      #expect(ours.isSubset(of: declared[file.target] ?? []), "\(file.path)")
    }
  }
}
