import Experiment
import Foundation

/// What a command says: JSON lines of the contract on its output are heard, every other line of its output
/// and errors goes to a file as it comes.
final class CommandLog {
  /// A line of the contract.
  enum Word: Equatable {
    case progress(Double, detail: String)
    case metric(String, step: Int, Double)
  }

  let path: String
  private let file: FileHandle
  private let hear: (Word) -> Void
  /// What came without the end of its line, by stream.
  private var open: [[UInt8]] = [[], []]
  private var last: [String] = []

  private static let lastLines = 20
  private static let shownLetters = 500
  /// A line without an end is not waited for for ever.
  private static let longestLine = 1 << 20

  /// Begins the file at `path` anew.
  ///
  /// - Throws: `StorageError`, or Foundation's where the file cannot be opened.
  init(path: String, hear: @escaping (Word) -> Void) throws {
    self.path = path
    self.hear = hear
    try Data().write(to: URL(fileURLWithPath: path))
    file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  /// The last lines, as errors show them.
  var tail: String {
    guard !last.isEmpty else { return "its log, \(path), is empty" }
    return "the end of its log, \(path):\n"
      + last.map { "  | " + $0 }.joined(separator: "\n")
  }

  func append(_ stream: CommandProcess.Stream, _ bytes: ArraySlice<UInt8>) throws {
    open[stream.rawValue] += bytes
    var rest = open[stream.rawValue][...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      try take(rest[..<end], of: stream)
      rest = rest[(end + 1)...]
    }
    if rest.count > Self.longestLine {
      try take(rest, of: stream)
      rest = []
    }
    open[stream.rawValue] = Array(rest)
  }

  /// Takes what came without the end of its line.
  func close() throws {
    for stream in [CommandProcess.Stream.output, .errors] where !open[stream.rawValue].isEmpty {
      try take(open[stream.rawValue][...], of: stream)
      open[stream.rawValue] = []
    }
    try file.close()
  }

  private func take(_ line: ArraySlice<UInt8>, of stream: CommandProcess.Stream) throws {
    if stream == .output, line.first == UInt8(ascii: "{"), let word = Self.word(Data(line)) {
      hear(word)
      return
    }
    try file.write(contentsOf: line + [UInt8(ascii: "\n")])
    // A bar of progress is written over and over in one line: what is seen is its end.
    let shown = line.split(separator: UInt8(ascii: "\r")).last ?? []
    last.append(String(String(decoding: shown, as: UTF8.self).prefix(Self.shownLetters)))
    if last.count > Self.lastLines { last.removeFirst() }
  }

  /// - Returns: `nil` for a line of another form, and for numbers that are none.
  static func word(_ line: Data) -> Word? {
    guard let json = try? Canonical(json: line) else { return nil }
    if let fraction = json["progress"]?.number {
      return .progress(fraction, detail: json["detail"]?.string ?? "")
    }
    guard let name = json["metric"]?.string, let value = json["value"]?.number,
      case .integer(let step)? = json["step"], step >= 0
    else { return nil }
    return .metric(name, step: step, value)
  }
}
