import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, SIGTERM and a closed terminal end a run in good order: the first asks it to stop, a second
/// one ends the program at once (which loses nothing either: artifacts appear whole or not at all).
final class Signals {
  private final class Received: Sendable {
    let first = Mutex<Int32?>(nil)
  }
  private let received: Received
  private let sources: [any DispatchSourceSignal]

  /// The signal that came first, if one came.
  var first: Int32? { received.first.withLock { $0 } }

  /// Calls `stop` when the first signal comes, as long as this value lives.
  init(stop: @escaping @Sendable () -> Void) {
    // A reader of our output that goes away is an error of writing, not the end of us.
    signal(SIGPIPE, SIG_IGN)
    let received = Received()
    self.received = received
    sources = [SIGINT, SIGTERM, SIGHUP].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        let isFirst = received.first.withLock { first in
          defer { first = first ?? number }
          return first == nil
        }
        if isFirst { stop() } else { _exit(128 + number) }
      }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }
}
