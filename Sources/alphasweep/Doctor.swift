import Artifacts
import Experiment
import Foundation
import Scheduling

/// What a machine has of what alphasweep runs on.
struct Doctor {
  enum State: String {
    case ok
    /// It works, slower or with less.
    case poor
    case missing
  }
  struct Finding {
    var what: String
    var state: State
    var words: String
    /// What to do; empty where all is well.
    var remedy = ""
  }
  private(set) var findings: [Finding] = []

  var isMissing: Bool { findings.contains { $0.state == .missing } }

  /// Looks at everything; nothing of what is found ends it.
  mutating func look(site: String?, slurm: Bool) async {
    var (computing, slurm) = (Computing(), slurm)
    var commands: String?
    do {
      let place = try SitePlace(named: site, beside: "experiments")
      computing = place.definition.computing
      slurm = slurm || place.definition.slurm != nil
      commands = place.definition.slurm?.commands
      findings.append(
        Finding(what: "site", state: .ok, words: site ?? "experiments/sites/local.yaml"))
      look(at: place)
    } catch {
      findings.append(
        Finding(
          what: "site", state: .missing, words: String(describing: error),
          remedy: error is WorkspaceError
            ? "start in the folder that holds experiments/, or name the site with --site"
            : "correct the file"))
    }
    await look(atWorker: computing)
    look(for: "gnuplot", .poor, "figures of reports", "apt-get install gnuplot-nox")
    if slurm {
      for command in ["sbatch", "squeue", "scancel"] {
        look(for: command, .missing, "array jobs", "apt-get install slurm-client", in: commands)
      }
      look(
        for: "sacct", .poor, "how jobs ended", "apt-get install slurm-client", in: commands)
    }
  }

  private mutating func look(at place: SitePlace) {
    let recordings = Files.shown(place.recordings)
    findings.append(
      FileManager.default.fileExists(atPath: place.recordings)
        ? Finding(what: "recordings", state: .ok, words: recordings)
        : Finding(
          what: "recordings", state: .missing, words: "there is no \(recordings)",
          remedy: "'make recordings' fetches those of the quickstart, or set 'recordings:' in the "
            + "site file to where they are"))
    findings += Disk.findings(artifacts: place.artifacts)
    let machine = ProcessInfo.processInfo
    let (cores, memory) = (machine.activeProcessorCount, Double(machine.physicalMemory) / 1e9)
    let site = place.definition
    var words = "\(Words.count(cores, "core")), \(Words.bytes(Int(memory * 1e9)))"
    var state = State.ok
    if let wanted = site.cores, wanted > cores { state = .poor }
    if let wanted = site.memoryGigabytes, wanted > memory { state = .poor }
    if state == .poor { words += "; the site says more" }
    findings.append(
      Finding(
        what: "machine", state: state, words: words,
        remedy: state == .ok ? "" : "write 'cores: all' and 'memory: all' into the site file"))
  }

  private mutating func look(atWorker computing: Computing) async {
    let program: String
    do {
      program = try WorkerProgram.locate()
    } catch {
      findings.append(
        Finding(
          what: "worker", state: .missing, words: String(describing: error),
          remedy: "'make build' builds it"))
      return
    }
    let (check, problem) = await WorkerProgram.check(program, computing: computing)
    guard let check else {
      findings.append(
        Finding(
          what: "worker", state: .missing,
          words: "\(Files.shown(program)) does not start: \(problem)",
          remedy: Self.package(forStart: problem)))
      return
    }
    findings += [Finding(what: "worker", state: .ok, words: Files.shown(program))]
    findings += Self.findings(check, computing)
  }

  /// What a worker's libraries can do.
  static func findings(_ check: WorkerCheck, _ computing: Computing) -> [Finding] {
    var findings = [
      Finding(what: "libtorch", state: .ok, words: check.libtorch),
      Finding(
        what: "BLAS", state: check.isReferenceBLAS ? .poor : .ok,
        words: check.blas + (check.isReferenceBLAS ? ", some 15 times slower than OpenBLAS" : ""),
        remedy: check.isReferenceBLAS ? "apt-get install libopenblas0-pthread" : ""),
      Finding(
        what: "MP3", state: check.readsMP3 ? .ok : .poor,
        words: check.readsMP3 ? "libsndfile reads it" : "this libsndfile cannot read it",
        remedy: check.readsMP3 ? "" : "apt-get install libsndfile1 (1.1 or later, Debian 12)"),
      Finding(
        what: "espeak-ng", state: check.phonemesProblem == nil ? .ok : .missing,
        words: check.phonemesProblem ?? "spells phonemes",
        remedy: check.phonemesProblem == nil ? "" : "apt-get install espeak-ng-data"),
    ]
    if computing.device != .cpu {
      findings.append(
        Finding(
          what: computing.device.description, state: check.deviceProblem == nil ? .ok : .missing,
          words: check.deviceProblem ?? "can be used",
          remedy: check.deviceProblem == nil
            ? "" : "build with LIBTORCH naming a torch that has CUDA, or set 'device: cpu'"))
    }
    return findings
  }

  /// The Debian package of a library that the loader did not find.
  static func package(forStart problem: String) -> String {
    let packages = [
      "libtorch": "libtorch1.13", "libc10": "libtorch1.13", "libsndfile": "libsndfile1",
      "libsoxr": "libsoxr0", "libespeak": "libespeak-ng1", "libcrypto": "libssl3",
      "libblas": "libopenblas0-pthread", "libopenblas": "libopenblas0-pthread",
    ]
    guard let package = packages.first(where: { problem.contains($0.key) })?.value else {
      return "'make build' builds it anew"
    }
    return "apt-get install \(package)"
  }

  /// Looks on the PATH, or in the folder where the site says that commands are.
  private mutating func look(
    for command: String, _ state: State, _ what: String, _ remedy: String,
    in folder: String? = nil
  ) {
    let folders =
      folder.map { [Substring(Files.absolute($0))] }
      ?? (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    let paths: [String] = folders.map { "\($0)/\(command)" }
    let found = paths.first { path in access(path, X_OK) == 0 }
    findings.append(
      Finding(
        what: command, state: found == nil ? state : .ok,
        words: found ?? "not \(folder.map { "in " + $0 } ?? "on PATH"): \(what) need it",
        remedy: found == nil ? remedy : ""))
  }

  var text: String {
    var text = ""
    let width = findings.map(\.what.count).max() ?? 0
    for finding in findings {
      let what = finding.what + String(repeating: " ", count: width - finding.what.count)
      text += "\(what)  \(finding.state.rawValue.padding(toLength: 7, withPad: " ", startingAt: 0))"
      text += "  \(finding.words)\n"
      if !finding.remedy.isEmpty {
        text += String(repeating: " ", count: width + 11) + "→ \(finding.remedy)\n"
      }
    }
    return text
      + (isMissing ? "something that is needed is missing\n" : "all that is needed is here\n")
  }

  var json: Canonical {
    .map([
      "complete": .bool(!isMissing),
      "findings": .list(
        findings.map {
          .map([
            "what": .string($0.what), "state": .string($0.state.rawValue),
            "words": .string($0.words), "remedy": .string($0.remedy),
          ])
        }),
    ])
  }
}

/// What the disk of the artifacts does.
enum Disk {
  /// Below this, a run of any size stops early.
  private static let leastBytes = 1_000_000_000

  static func findings(artifacts: String) -> [Doctor.Finding] {
    let file = "\(artifacts)/doctor.\(getpid())"
    let shown = Files.shown(artifacts)
    defer { unlink(file) }
    do {
      try AtomicFile.write(text: "durable\n", to: file)
    } catch {
      return [
        Doctor.Finding(
          what: "artifacts", state: .missing, words: String(describing: error),
          remedy: "set 'artifacts:' in the site file to a folder that can be written")
      ]
    }
    guard locks(file) else {
      return [
        Doctor.Finding(
          what: "artifacts", state: .missing,
          words: "\(shown): files there cannot be locked (flock)",
          remedy: "set 'artifacts:' to a file system with locks, or mount it with them")
      ]
    }
    if let own = MountTable.current.locksOfThisMachine(for: artifacts) {
      return [
        Doctor.Finding(
          what: "artifacts", state: .poor,
          words: "\(shown): mounted with '\(own)', so that other machines do not see its locks",
          remedy: "run on one machine at a time, or mount it with locks that all machines see")
      ]
    }
    var status = statvfs()
    guard statvfs(artifacts, &status) == 0 else { return [] }
    let free = Int(status.f_bavail) * Int(status.f_frsize)
    let isShort = free < leastBytes
    return [
      Doctor.Finding(
        what: "artifacts", state: isShort ? .poor : .ok,
        words: "\(shown): writes are durable, \(Words.bytes(free)) free",
        remedy: isShort ? "'alphasweep gc' lists what no experiment needs any more" : "")
    ]
  }

  private static func locks(_ path: String) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }
}
