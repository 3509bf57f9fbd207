import CEspeak
import Foundation
import Synchronization

/// Turns text into phonemes (IPA) with libespeak-ng.
///
/// The library keeps its voice in global state, so all phonemizers of a process share one lock.
package final class Phonemizer: Sendable {
  /// espeak-ng's name of the voice, for example `nl`.
  package let voice: String

  /// The voice that libespeak-ng has at the moment; nil before it was started.
  private static let library = Mutex<String?>(nil)

  /// - Throws: `PhonemizerError` where libespeak-ng has no data or not this voice.
  package init(voice: String) throws(PhonemizerError) {
    self.voice = voice
    try Self.library.withLock { current throws(PhonemizerError) in
      try Self.select(voice, &current)
    }
  }

  /// The phonemes of a text, in order, without word boundaries.
  ///
  /// Stress marks (ˈ ˌ) are dropped, since they say where an accent should be and not where this
  /// speaker put it; length (ː) and syllabicity stay, since they tell words apart. Where the voice
  /// switches to another language for a word, its phonemes stay and the marker, such as `(en)`, goes.
  ///
  /// - Parameter text: Any text; NUL ends it.
  /// - Returns: One string a phoneme; empty for a text that has none.
  /// - Throws: `PhonemizerError`.
  package func phonemes(_ text: String) throws(PhonemizerError) -> [String] {
    try Self.library.withLock { current throws(PhonemizerError) in
      try Self.select(voice, &current)
      return Self.clauses(of: text).flatMap(Self.phonemes(inClause:))
    }
  }

  private static func select(
    _ voice: String, _ current: inout String?
  ) throws(PhonemizerError) {
    if current == voice { return }
    if current == nil {
      // 0x8000: return an error instead of ending the process where the data is missing.
      let rate = espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, nil, 0x8000)
      guard rate > 0 else { throw .noData }
      current = ""
    }
    guard espeak_SetVoiceByName(voice) == EE_OK else { throw .unknownVoice(voice) }
    current = voice
  }

  /// What the library says of each clause: phonemes separated by `_`, words by spaces.
  private static func clauses(of text: String) -> [String] {
    let separator = Int32(UInt8(ascii: "_"))
    let ipa: Int32 = 0x02
    return text.withCString { start in
      var rest: UnsafeRawPointer? = UnsafeRawPointer(start)
      var clauses: [String] = []
      while rest != nil {
        let clause = espeak_TextToPhonemes(&rest, Int32(espeakCHARS_UTF8), separator << 8 | ipa)
        if let clause { clauses.append(String(cString: clause)) }
      }
      return clauses
    }
  }

  /// The phonemes in one line of espeak-ng's IPA output with `_` between phonemes.
  static func phonemes(inClause clause: String) -> [String] {
    var phonemes: [String] = []
    var phoneme = String.UnicodeScalarView()
    var isMarker = false
    for scalar in clause.unicodeScalars {
      switch scalar {
      case "(": isMarker = true
      case ")": isMarker = false
      case _ where isMarker: break
      case "_", " ", "\n":
        if !phoneme.isEmpty { phonemes.append(String(phoneme)) }
        phoneme.removeAll()
      case "ˈ", "ˌ", "-", "\u{200D}": break
      default: phoneme.append(scalar)
      }
    }
    if !phoneme.isEmpty { phonemes.append(String(phoneme)) }
    return phonemes
  }
}

/// Why there are no phonemes.
package enum PhonemizerError: Error, Sendable, Equatable, CustomStringConvertible {
  case noData
  case unknownVoice(String)

  package var description: String {
    switch self {
    case .noData:
      "libespeak-ng finds no data; install it with: apt-get install espeak-ng-data"
    case .unknownVoice(let voice):
      "espeak-ng has no voice '\(voice)'; `espeak-ng --voices` lists those it has"
    }
  }
}
