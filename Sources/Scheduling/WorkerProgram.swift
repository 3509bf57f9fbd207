import Foundation

/// Where the worker's program is.
package enum WorkerProgram {
  /// Finds `alphasweep-worker`: what ALPHASWEEP_WORKER names, or else beside this program.
  ///
  /// - Throws: `SchedulingError.noWorkerProgram` naming the places.
  package static func locate(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    program: String? = Bundle.main.executablePath
  ) throws(SchedulingError) -> String {
    var looked: [String] = []
    if let named = environment["ALPHASWEEP_WORKER"], !named.isEmpty {
      looked = [named]
    } else if let program {
      looked = [
        URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
          .appendingPathComponent("alphasweep-worker").path
      ]
    }
    for path in looked where access(path, X_OK) == 0 { return path }
    throw .noWorkerProgram(looked: looked)
  }
}
