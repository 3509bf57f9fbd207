import Testing

/// The other rules of ARCHITECTURE.md and CONTRIBUTING.md that source text alone can show.
struct HouseRulesTests {
  private func breaches(_ rule: (SourceFile) -> [Breach], in folders: String...) throws -> [String]
  {
    try folders.flatMap { try SourceTree.files(in: $0) }.flatMap(rule).map(\.description)
  }

  private func file(_ text: String, target: String = "Torch") -> SourceFile {
    SourceFile(target: target, path: "Sources/\(target)/A.swift", text: text)
  }

  @Test func `no type bears its module's name`() throws {
    #expect(try breaches(HouseRules.typeNames, in: "Sources") == [])
    for kind in ["struct", "final class", "package enum", "actor", "protocol", "typealias"] {
      #expect(
        HouseRules.typeNames(file("\(kind) Torch: Sendable {}")).map(\.what)
          == ["type Torch bears its module's name"])
    }
    #expect(
      HouseRules.typeNames(file("struct TorchError {}\nenum Tensor {\n  enum Torch {}\n}")).isEmpty)
  }

  @Test func `no error ends the program, and no file is too long`() throws {
    let found = try breaches(HouseRules.habits, in: "Sources", "Tests")
    #expect(found == [])
    #expect(
      HouseRules.habits(file("let a = try" + "! read()\n")).map(\.what)
        == ["an error of 'try' ends the program"])
    #expect(HouseRules.habits(file(String(repeating: "\n", count: 400))).isEmpty)
    #expect(
      HouseRules.habits(file(String(repeating: "\n", count: 401))).map(\.what)
        == ["401 lines, of at most 400"])
  }

  /// What workers and programs tell each other goes through pipes and files.
  @Test func `no source opens a socket`() throws {
    #expect(try breaches(HouseRules.sockets, in: "Sources") == [])
    for text in [
      "let end = socket(AF_INET, SOCK_STREAM, 0)", "URLSession.shared.data(from: url)",
      "import FoundationNetworking", "bind(end, &address, size)",
      "getaddrinfo(host, nil, nil, &all)",
      "let text = try Data(contentsOf: URL(string: \"https://x\"))", "NWConnection(to: end)",
      "socketpair(AF_UNIX, SOCK_STREAM, 0, &ends)",
    ] { #expect(!HouseRules.sockets(file(text)).isEmpty, "\(text)") }
  }

  @Test func `Experiment opens no file and imports nothing that must`() throws {
    let found = try breaches(HouseRules.openings, in: "Sources/Experiment")
    #expect(found == [])
    let imports = Set(try SourceTree.files(in: "Sources/Experiment").flatMap(\.imports))
    // Foundation for regular expressions and JSON only: what opens files is looked for by name.
    #expect(imports == ["Foundation", "Libcrypto", "OrderedCollections", "Yams"])
    for text in [
      "FileManager.default.contents(atPath: path)", "try Data(contentsOf: url)",
      "fopen(path, mode)", "try String(contentsOfFile: path, encoding: .utf8)",
      "let handle = FileHandle(forReadingAtPath: path)", "let url = URL(filePath: path)",
    ] { #expect(!HouseRules.openings(file(text)).isEmpty, "\(text)") }
  }
}
