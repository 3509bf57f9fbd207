import Artifacts
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// A disk that is full is called so, whoever writes.
@Suite struct DiskFaultTests {
  private func fault(_ body: () throws -> Void) -> StorageError? {
    do {
      try body()
      return nil
    } catch {
      return DiskFault.of(error)
    }
  }

  @Test func tensorsThatDoNotFitAreMetByAFullDisk() throws {
    let tensor = try Tensor([1, 2, 3] as [Float], shape: [3])
    let found = fault { try Safetensors.write(tensors: [("x", tensor)], to: "/dev/full") }
    #expect(found == .full(path: "/dev/full"))
    #expect(found?.description.contains("Free some space and give the same command again") == true)
  }

  @Test func samplesThatDoNotFitAreMetByAFullDisk() {
    let full = String(cString: strerror(ENOSPC))
    let broken = String(cString: strerror(EIO))
    #expect(
      DiskFault.of(CorpusError.notWritten(path: "audio.s16", reason: full))
        == .full(path: "audio.s16"))
    #expect(
      DiskFault.of(CorpusError.notWritten(path: "audio.s16", reason: broken))
        == .failing(path: "audio.s16", action: "written"))
    #expect(DiskFault.of(CorpusError.notWritten(path: "audio.s16", reason: "no number")) == nil)
    #expect(DiskFault.of(CorpusError.noUtterances(corpus: "words")) == nil)
  }
}
