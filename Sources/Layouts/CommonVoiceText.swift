import Foundation

/// Transcripts of Common Voice as SUPERB-SG's preparation writes them (s3prl,
/// `downstream/ctc/corpus/common_voice_preprocess.py`): compatibility composition, capitals, punctuation
/// to blanks, and nothing at all of a text with letters that are not the language's.
enum CommonVoiceText {
  /// ASCII's punctuation but the apostrophe, and what else the script takes for punctuation.
  private static let punctuation: Set<Unicode.Scalar> = {
    var scalars = Set("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars)
    let others: [UInt32] = [
      0xA1, 0xAB, 0xB7, 0xBB, 0xBF, 0xD7, 0x2D0, 0x301, 0x303, 0x30C, 0x60C, 0x61B, 0x61F, 0x2010,
      0x2013, 0x2014, 0x2015, 0x2018, 0x201C, 0x201D, 0x2212, 0x22EF, 0x2500, 0x262D, 0x3001,
      0x3002, 0x3008, 0x3009, 0x300A, 0x300B, 0x300C, 0x300D, 0x300E, 0x300F, 0x301C, 0x30FB,
      0x30FC, 0x4E36,
    ]
    scalars.formUnion(others.compactMap(Unicode.Scalar.init))
    return scalars
  }()
  /// Letters for which a text is left out.
  private static let foreign: [String: Set<Unicode.Scalar>] = [
    "es": Set("しらゴミムラ消箱良".unicodeScalars),
    "zh-CN": Set("\u{39C}\u{418}\u{422}オカドヤ\u{4D15}".unicodeScalars),
  ]

  /// The normalised text; empty where the utterance is to be left out.
  static func normalised(_ sentence: String, language: String) -> String {
    let capitals = sentence.precomposedStringWithCompatibilityMapping.uppercased()
    var scalars: [Unicode.Scalar] = []
    for scalar in capitals.unicodeScalars {
      let mapped: Unicode.Scalar =
        switch scalar {
        case "\u{2019}": "'"
        case "\u{3127}": "\u{4E00}"
        case let other: punctuation.contains(other) ? " " : other
        }
      if mapped == " ", scalars.last == " " { continue }
      scalars.append(mapped)
    }
    let hasNoBlanks = ["zh-TW", "zh-CN", "ja"].contains(language)
    if hasNoBlanks { scalars.removeAll { $0 == " " } }
    if hasNoBlanks || ["ar", "ru"].contains(language),
      scalars.contains(where: { $0 == "'" || ($0.isASCII && $0.properties.isAlphabetic) })
    {
      return ""
    }
    if let foreign = foreign[language], scalars.contains(where: foreign.contains) { return "" }
    if language == "en", scalars.contains(where: { !("A"..."Z" ~= $0 || $0 == " " || $0 == "'") }) {
      return ""
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
