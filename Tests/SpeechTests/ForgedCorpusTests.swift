import Foundation
import Testing

@testable import Speech

/// Corpus artifacts of somebody else whose manifests name samples that are not there.
@Suite struct ForgedCorpusTests {
  @Test(arguments: [
    ("-1", "4", "it names no samples"), ("0", "9223372036854775807", "it names no samples"),
    ("9223372036854775807", "4", "it names no samples"),
  ])
  func samplesOutsideOfTheAudioAreRefused(offset: String, samples: String, says: String) throws {
    let folder = NSTemporaryDirectory() + "forged-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let line =
      #"{"id":"a","labels":{},"offset":\#(offset),"path":"a.wav","samples":\#(samples),"split":"train","start":0}"#
      + "\n"
    for (name, text) in [
      ("facts.json", #"{"corpus":"x"}"#), ("manifest.jsonl", line), ("audio.s16", "12345678"),
    ] { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    let error = #expect(throws: CorpusError.self) { try Corpus(folder: folder) }
    #expect(
      error?.description.hasPrefix("\(folder)/manifest.jsonl:1: ") == true
        && error?.description.contains(says) == true, "\(String(describing: error))")
  }
}
