import Foundation

/// The local cache of the Hugging Face hub, where its own tools keep what they fetched. Nothing is
/// fetched here: what is absent is an error with the command that fetches it.
///
/// Source: huggingface_hub, "Understand caching": `models--org--name/refs/main` holds the commit
/// whose files lie in `snapshots/<commit>`.
package struct HubCache: Sendable {
  /// The folder of the cache.
  package let root: String

  /// - Parameter environment: `HF_HUB_CACHE`, or `HF_HOME`, or `XDG_CACHE_HOME`, or `HOME`, in the
  ///   order in which huggingface_hub asks them.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func folder(_ name: String) -> String? {
      environment[name].flatMap { $0.isEmpty ? nil : ($0 as NSString).expandingTildeInPath }
    }
    let home = environment["HOME"] ?? NSHomeDirectory()
    root =
      folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE")
      ?? folder("HF_HOME").map { $0 + "/hub" }
      ?? folder("XDG_CACHE_HOME").map { $0 + "/huggingface/hub" }
      ?? home + "/.cache/huggingface/hub"
  }

  /// Whether a text has the form of a hub name, `organisation/name`, and not that of a file of weights.
  package static func isName(_ text: String) -> Bool {
    if text.hasSuffix(".pt") || text.hasSuffix(".safetensors") || text.hasSuffix(".bin") {
      return false
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        guard let first = part.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-")
        else { return false }
        return !part.contains("--") && !part.contains("..")
          && part.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
              UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
              UInt8(ascii: "-"):
              true
            default: false
            }
          }
      }
  }

  /// The folder or file that a text means: a path that is there, or a hub name in the cache.
  ///
  /// - Throws: `HubCacheError`, for a hub name with the command that fetches it.
  package func resolve(_ given: String) throws(HubCacheError) -> String {
    if FileManager.default.fileExists(atPath: given) { return given }
    guard Self.isName(given) else { throw .noSuchPath(given) }
    return try snapshot(of: given)
  }

  /// The folder of a model's current revision.
  ///
  /// - Throws: `HubCacheError.absent` when it was not fetched, or not wholly.
  package func snapshot(of name: String) throws(HubCacheError) -> String {
    let folder = root + "/models--" + name.replacingOccurrences(of: "/", with: "--")
    let reference = FileManager.default.contents(atPath: folder + "/refs/main")
    let commit = String(decoding: reference ?? Data(), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let snapshot = folder + "/snapshots/" + commit
    guard !commit.isEmpty, commit.utf8.count <= 64, commit.allSatisfy(\.isHexDigit),
      FileManager.default.fileExists(atPath: snapshot + "/config.json"),
      (try? CheckpointFiles(snapshot)) != nil
    else { throw .absent(name: name, root: root) }
    return snapshot
  }
}

/// A checkpoint that is not there.
package enum HubCacheError: Error, Sendable, Equatable, CustomStringConvertible {
  case noSuchPath(String)
  case absent(name: String, root: String)

  package var description: String {
    switch self {
    case .noSuchPath(let path):
      "\(path): there is no such folder or file, and it is no name of the Hugging Face hub "
        + "(organisation/name)"
    case .absent(let name, let root):
      "\(name): \(Self.problem(root: root)); fetch it with\n  hf download \(name)\nor, with older "
        + "tools,\n  huggingface-cli download \(name)"
    }
  }

  /// What is not there, without its name.
  package static func problem(root: String) -> String {
    "there is no such folder, and the Hugging Face cache (\(root)) does not have it"
  }
}
