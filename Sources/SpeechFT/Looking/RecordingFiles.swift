import Foundation
import Speech

/// Recordings that are named on a command line: files as they are, folders by what is in them.
enum RecordingFiles {
  /// What libsndfile may decode, by the end of the name; files that are named are tried whatever theirs.
  private static let endings: Set = [
    "wav", "flac", "ogg", "oga", "opus", "mp3", "aif", "aiff", "au", "snd", "w64", "rf64", "caf",
    "nist", "sph",
  ]

  /// The files meant, folders searched to the bottom in the order of their names.
  ///
  /// - Throws: `LookError.noRecordings` for a folder without any, `AudioError.unreadable` for what is
  ///   not there.
  static func named(_ paths: [String]) throws -> [String] {
    var files: [String] = []
    for path in paths {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw AudioError.unreadable(path: path, reason: "there is no such file or folder")
      }
      guard isFolder.boolValue else {
        files.append(path)
        continue
      }
      let found = (FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? [])
        .filter { endings.contains(($0 as NSString).pathExtension.lowercased()) }
        .sorted().map { (path as NSString).appendingPathComponent($0) }
      guard !found.isEmpty else { throw LookError.noRecordings(folder: path) }
      files += found
    }
    if let twice = Dictionary(grouping: files, by: { $0 }).first(where: { $1.count > 1 })?.key {
      throw LookError.namedTwice(recording: twice)
    }
    return files
  }
}

/// Why checkpoints or recordings cannot be looked at.
package enum LookError: Error, Sendable, Equatable, CustomStringConvertible {
  case noRecordings(folder: String)
  case namedTwice(recording: String)
  case tooShort(recording: String, samples: Int, needed: Int)
  case allTooShort
  case unlike(reference: String, other: String, problem: String)
  case exists(path: String)
  case unwritable(path: String, reason: String)

  package var description: String {
    switch self {
    case .noRecordings(let folder):
      "\(folder): no recordings in it (wav, flac, ogg, opus, mp3, …); name another folder, or files"
    case .namedTwice(let recording): "\(recording): it is named twice; name it once"
    case .tooShort(let recording, let samples, let needed):
      "\(recording): \(samples) samples at 16 kHz are less than the \(needed) of one frame; leave it out"
    case .allTooShort: "every recording is shorter than one frame; name longer ones"
    case .unlike(let reference, let other, let problem):
      "\(reference) and \(other) cannot be compared: \(problem)"
    case .exists(let path): "\(path): it is there already; name a new file, or remove it"
    case .unwritable(let path, let reason): "\(path): cannot be written: \(reason)"
    }
  }
}
