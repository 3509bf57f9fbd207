import Experiment
import Foundation
import Speech
import Torch

/// What this program runs on, for `alphasweep doctor`.
enum Check {
  /// Prints it as one JSON line.
  static func run(_ computing: Computing) throws {
    let blas = TorchRuntime.blas
    let check = WorkerCheck(
      libtorch: TorchRuntime.version, blas: blas.description, isReferenceBLAS: blas.isReference,
      readsMP3: AudioFile.readsMP3,
      phonemesProblem: problem { _ = try Phonemizer(voice: "en").phonemes("yes") },
      deviceProblem: problem { try DeviceScope.during(computing.device.description) {} })
    print(try Canonical(encoding: check).text)
  }

  private static func problem(_ body: () throws -> Void) -> String? {
    do {
      try body()
      return nil
    } catch {
      return String(describing: error)
    }
  }
}
