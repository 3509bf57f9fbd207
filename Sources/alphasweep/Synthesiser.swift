import Artifacts
import Experiment
import Foundation

/// espeak-ng as a process: text in, a file of speech out.
struct Synthesiser {
  private let program: String

  /// - Throws: `SynthesiserError.missing`.
  init(searchPath: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin") throws {
    guard
      let program = searchPath.split(separator: ":").map({ $0 + "/espeak-ng" })
        .first(where: { FileManager.default.isExecutableFile(atPath: $0) })
    else { throw SynthesiserError.missing }
    self.program = program
  }

  /// Speaks an utterance into a file, which appears whole or not at all.
  ///
  /// - Throws: `SynthesiserError`, `StorageError`.
  func speak(_ utterance: SpokenTemplates.Utterance, to path: String) throws {
    let aside = path + ".part"
    defer { unlink(aside) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "-v", utterance.voice, "-s", String(utterance.rate), "-p", String(utterance.pitch), "-w",
      aside,
      "--", utterance.words,
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let said = Pipe()
    process.standardError = said
    do {
      try process.run()
    } catch {
      throw SynthesiserError.failed(words: utterance.words, problem: "\(error)")
    }
    let complaint = try said.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let sound = FileManager.default.contents(atPath: aside), sound.count > 44
    else {
      throw SynthesiserError.failed(
        words: utterance.words,
        problem: complaint.isEmpty
          ? "it ended with status \(process.terminationStatus) and wrote no sound"
          : String(decoding: complaint, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines))
    }
    try AtomicFile.write(sound, to: path)
  }
}

/// What keeps espeak-ng from speaking.
enum SynthesiserError: Error, Equatable, CustomStringConvertible {
  case missing
  case failed(words: String, problem: String)

  var description: String {
    switch self {
    case .missing:
      "espeak-ng is not installed; install it (apt-get install espeak-ng) and give the command again"
    case .failed(let words, let problem): "espeak-ng did not speak '\(words)': \(problem)"
    }
  }
}
