import Dispatch
import Foundation
import SpeechFT

/// SIGTERM, as Slurm sends it some time before it kills: a training saves its state and the process ends;
/// anything else ends at once, since its artifact appears whole or not at all.
final class Termination {
  /// Slurm's usual patience is 30 s.
  static let clustersPatience = Duration.seconds(9)
  static let exitCode: Int32 = 128 + SIGTERM

  private let source: any DispatchSourceSignal

  /// Returns when it listens: until then, the signal ends the process as it ends any.
  init(_ stop: StopRequest) {
    source = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    source.setEventHandler {
      guard stop.make() else { _exit(Self.exitCode) }
      DispatchQueue.global().asyncAfter(deadline: .now() + stop.patience / .seconds(1)) {
        _exit(Self.exitCode)
      }
    }
    let listening = DispatchSemaphore(value: 0)
    source.setRegistrationHandler { listening.signal() }
    source.resume()
    listening.wait()
  }

  deinit { source.cancel() }
}
