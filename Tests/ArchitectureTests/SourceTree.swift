import Foundation

/// A Swift file as the rules of ARCHITECTURE.md see it.
struct SourceFile: Sendable {
  var target: String
  /// Below the repository.
  var path: String
  var text: String

  /// Lines without what follows `//`: no rule is about comments.
  var code: [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
    }
  }

  /// The modules that the file imports, in whatever way.
  var imports: [String] {
    // Attributes, an access level, and the kind of a single declaration may stand around it.
    let pattern = /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:\w+\s+)?import\s+(?:[a-z]+\s+)?([\w`]+)/
    return code.compactMap { $0.firstMatch(of: pattern).map { String($0.1.filter { $0 != "`" }) } }
  }
}

/// The repository that these tests stand in.
enum SourceTree {
  static let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  /// The Swift files below `folder`, in the order of their paths.
  static func files(in folder: String) throws -> [SourceFile] {
    let names = try FileManager.default.subpathsOfDirectory(
      atPath: root.appending(path: folder).path)
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      SourceFile(
        target: String(name.prefix { $0 != "/" }), path: folder + "/" + name,
        text: try text(folder + "/" + name))
    }
  }
}

/// A rule that a file breaks.
struct Breach: Hashable, CustomStringConvertible {
  var path: String
  var what: String

  var description: String { "\(path): \(what)" }
}

/// The rules of ARCHITECTURE.md that a reader of source text can hold.
enum HouseRules {
  static let longest = 400

  /// Imports of ours that the table does not permit.
  static func imports(_ file: SourceFile, _ table: FloorTable) -> [Breach] {
    guard let permitted = table.permitted[file.target] else {
      return [Breach(path: file.path, what: "target \(file.target) is on no floor")]
    }
    return file.imports.filter { table.floors[$0] != nil && !permitted.contains($0) }.map {
      Breach(path: file.path, what: "\(file.target) must not import \($0)")
    }
  }

  /// Types that bear their module's name: such a module's other names cannot be qualified. Nested
  /// ones hide the module from their own surroundings only.
  static func typeNames(_ file: SourceFile) -> [Breach] {
    let pattern = /^(?:[@\w]+\s+)*(?:struct|class|enum|actor|protocol|typealias)\s+(\w+)/
    return file.code.compactMap { $0.firstMatch(of: pattern) }.filter { $0.1 == file.target }.map {
      Breach(path: file.path, what: "type \($0.1) bears its module's name")
    }
  }

  /// Errors that would end the program, and files that nobody reads to the end.
  static func habits(_ file: SourceFile) -> [Breach] {
    var breaches: [Breach] = []
    if file.code.contains(where: { $0.contains(/\btry!/) }) {
      breaches.append(Breach(path: file.path, what: "an error of 'try' ends the program"))
    }
    let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
    if lines > longest {
      breaches.append(Breach(path: file.path, what: "\(lines) lines, of at most \(longest)"))
    }
    return breaches
  }

  /// Ways to reach another machine, or to be reached.
  static func sockets(_ file: SourceFile) -> [Breach] {
    let opener =
      /\b(?:socket|socketpair|bind|accept|connect|getaddrinfo|gethostbyname)\(|\bURL\(string:/
      .wordBoundaryKind(.simple)
    let library =
      /\b(?:URLSession|URLRequest|NWConnection|NWListener|FoundationNetworking|SocketPort)\b/
      .wordBoundaryKind(.simple)
    return file.code.flatMap { $0.matches(of: opener) + $0.matches(of: library) }
      .map { Breach(path: file.path, what: "opens a socket: \($0.0)") }
  }

  /// Ways to open a file in a target that must open none.
  static func openings(_ file: SourceFile) -> [Breach] {
    let opener =
      /\b(?:FileManager|FileHandle|InputStream|OutputStream|Process|URL)\b\s*[(.]|\bf?open\(/
      .wordBoundaryKind(.simple)
    let reading = /\b(?:String|Data)\(contentsOf/
    return file.code.flatMap { line in
      line.matches(of: opener).map(\.0) + line.matches(of: reading).map(\.0)
    }.map { Breach(path: file.path, what: "opens files: \($0)") }
  }
}
