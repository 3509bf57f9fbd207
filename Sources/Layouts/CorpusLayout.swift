import Experiment

/// How a corpus lies on disk as it was published, and what its own lists say of it.
package protocol CorpusLayout: Sendable {
  static var name: String { get }
  /// What is read, in a few words.
  static var summary: String { get }
  /// The folders and files that are expected, as a tree that begins with the folder given.
  static var tree: String { get }
  /// Those of the options that mean something to it.
  static var options: Set<LayoutOption> { get }

  /// Reads the lists and names the recordings; what is wrong with them goes into the draft too.
  ///
  /// - Throws: `LayoutError` where nothing more can be read.
  static func read(into draft: inout LayoutDraft, _ options: LayoutOptions) throws(LayoutError)
}

extension CorpusLayout {
  package static var options: Set<LayoutOption> { [] }

  /// The manifest of a folder.
  ///
  /// - Parameters:
  ///   - folder: Where the corpus lies.
  ///   - options: Of this layout.
  /// - Returns: Lines and what was left out.
  /// - Throws: `LayoutError` with all bad lines of the lists, or the recordings that are not there.
  package static func prepare(
    _ folder: LayoutFolder, _ options: LayoutOptions = LayoutOptions()
  ) throws(LayoutError) -> PreparedManifest {
    var draft = LayoutDraft(folder: folder, layout: Self.self)
    guard folder.hasFolder("") else { throw draft.wrongTree("there is no such folder") }
    try read(into: &draft, options)
    return try draft.finished()
  }
}

/// All layouts.
package enum CorpusLayouts {
  package static let all: [any CorpusLayout.Type] = [
    Aishell3Layout.self, AudioSnipsLayout.self, CommonVoiceLayout.self,
    FluentSpeechCommandsLayout.self, IEMOCAPLayout.self, Libri2MixLayout.self,
    LibriSpeechLayout.self, Quesst2014Layout.self, SpeechCommandsLayout.self, TedLium3Layout.self,
    TimitLayout.self, VoxCeleb1Layout.self, VoxCeleb1VerificationLayout.self,
  ]

  /// The layout of a name.
  package static func named(_ name: String) -> (any CorpusLayout.Type)? {
    all.first { $0.name == name }
  }
}

/// A manifest that was made from a layout.
package struct PreparedManifest: Sendable {
  /// In the order of recordings and bounds.
  package var lines: [CorpusManifest.Line]
  /// What was left out, and how often, in the order in which it was first met.
  package var leftOut: [(what: String, count: Int)]

  /// JSON lines.
  package var text: String { lines.map { $0.text + "\n" }.joined() }

  package func count(_ split: Split) -> Int { lines.count { $0.split == split } }
}
