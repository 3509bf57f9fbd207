import Foundation

/// Draws charts.
package protocol FigureRenderer {
  /// The SVG text of each chart by its name.
  func render(_ charts: [Chart]) throws(FigureError) -> [String: String]
}

/// Figures that cannot be drawn.
package enum FigureError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing
  case failed(status: Int32, message: String)
  case noFolder(path: String, problem: String)

  package var description: String {
    switch self {
    case .missing:
      "gnuplot is not installed, so the report has no figures; install it (apt-get install "
        + "gnuplot-nox) and give 'alphasweep report' again"
    case .failed(let status, let message):
      "gnuplot ended with status \(status), so the report has no figures: \(message)"
    case .noFolder(let path, let problem):
      "\(path): gnuplot's temporary folder cannot be used, so the report has no figures: \(problem)"
    }
  }
}

/// gnuplot as a process, in a temporary folder of its own, without the user's settings.
package struct Gnuplot: FigureRenderer {
  private let searchPath: String

  /// - Parameter searchPath: Folders separated by `:` in which `gnuplot` is looked for.
  package init(searchPath: String = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin") {
    self.searchPath = searchPath
  }

  package func render(_ charts: [Chart]) throws(FigureError) -> [String: String] {
    guard let program else { throw .missing }
    let place = try TemporaryPlace(named: "alphasweep-figures")
    let folder = URL(fileURLWithPath: place.path)
    do {
      let script = charts.map { GnuplotScript(chart: $0).text }.joined()
      try Data(script.utf8).write(to: folder.appendingPathComponent("figures.gp"))
    } catch {
      throw .noFolder(path: folder.path, problem: String(describing: error))
    }
    defer { withExtendedLifetime(place) {} }
    try run(program, in: folder)
    var figures: [String: String] = [:]
    for chart in charts {
      let path = folder.appendingPathComponent(chart.name + ".svg").path
      guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else {
        throw .failed(status: 0, message: "it wrote no \(chart.name).svg")
      }
      figures[chart.name] = SVG.cleaned(String(decoding: data, as: UTF8.self), chart)
    }
    return figures
  }

  private var program: String? {
    searchPath.split(separator: ":").map { $0 + "/gnuplot" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  private func run(_ program: String, in folder: URL) throws(FigureError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["--default-settings", "figures.gp"]
    process.currentDirectoryURL = folder
    process.environment = ["PATH": searchPath, "LC_ALL": "C.UTF-8", "HOME": folder.path]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    let log = folder.appendingPathComponent("log").path
    // A file rather than a pipe: nobody need read it while gnuplot writes.
    let descriptor = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    process.standardError =
      descriptor >= 0
      ? FileHandle(fileDescriptor: descriptor, closeOnDealloc: true) : FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw .failed(status: -1, message: String(describing: error))
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let text = String(
        decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
      let words = text.split(whereSeparator: \.isWhitespace).suffix(40)
      throw .failed(status: process.terminationStatus, message: words.joined(separator: " "))
    }
  }
}
