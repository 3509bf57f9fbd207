import Dispatch
import Foundation
import SpeechFT

/// SIGTERM, as Slurm sends it some time before it kills: a training saves its state and the process ends;
/// anything else ends at once, since its artifact appears whole or not at all.
final class Termination {
  /// Slurm's usual patience is 30 s; ours is less than the 10 s that people expect.
  private static let patience = DispatchTimeInterval.seconds(9)
  static let exitCode: Int32 = 128 + SIGTERM

  private let source: any DispatchSourceSignal

  init(_ stop: StopRequest) {
    signal(SIGTERM, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    source.setEventHandler {
      guard stop.make() else { _exit(Self.exitCode) }
      DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience) { _exit(Self.exitCode) }
    }
    source.resume()
  }

  deinit { source.cancel() }
}
