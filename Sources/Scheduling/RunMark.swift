import Artifacts
import Experiment
import Foundation

/// A running experiment, as another program finds it.
package struct LivingRun: Sendable, Hashable {
  package var experiment: String
  package var process: Int32
  package var host: String
  package var started: Date
  /// All stages of its plan that have artifacts.
  package var stages: Set<StageKey>
  fileprivate var path: String
}

/// The sign that a program carries out a plan: `runs/<host>.<process>`, locked as long as the program
/// lives (`flock`), so that no program that died is taken for one that runs.
///
/// Its first line says who runs what, the others are the keys of the plan's artifacts. Beside it, in
/// `runs/<host>.<process>.asked/`, stands what others ask of the program.
package final class RunMark: Sendable {
  private struct Head: Codable {
    var experiment: String
    var process: Int32
    var host: String
    var started: Date
  }

  private let path: String
  private let descriptor: CInt

  /// Makes the sign. Waits while another program chooses what is not needed any more: it must see what
  /// this one needs.
  ///
  /// - Throws: `StorageError`; `EncodingError` never.
  package init(_ plan: Plan, in store: ArtifactStore) throws {
    let host = Machine.hostName
    let gate = try CollectingLock(store, isExclusive: false)
    defer { gate.open() }
    Self.removeDead(in: store)
    (path, descriptor) = try Self.locked("\(Self.folder(store))/\(host).\(getpid())")
    let head = Head(
      experiment: plan.experiment, process: getpid(), host: host, started: Date())
    var text = try Canonical(encoding: head).text + "\n"
    for stage in plan.stages.values where !stage.kind.isVirtual { text += stage.key.hex + "\n" }
    ftruncate(descriptor, 0)
    try AtomicFile.write(Array(text.utf8), to: descriptor, path: path)
  }

  /// Makes and locks a file at `path`, or beside it where another machine calls itself the same and has a
  /// process of the same number.
  private static func locked(
    _ path: String
  ) throws(StorageError) -> (path: String, descriptor: CInt) {
    var (candidate, number) = (path, 1)
    while true {
      let descriptor = Glibc.open(candidate, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .last("created", candidate) }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK else { throw .last("locked", candidate) }
        number += 1
        candidate = "\(path)-\(number)"
      } else {
        // Whoever looks for dead programs may have taken the file away before it was locked.
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (candidate, descriptor) }
      }
      close(descriptor)
    }
  }

  deinit {
    Self.remove(path)
    // A process that is being started may still have a copy of the descriptor.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private static let asked = ".asked"
  private static let board = ".board"
  private static let everything = "everything"

  private static func folder(_ store: ArtifactStore) -> String { store.root + "/runs" }

  /// What others ask to be given up: all of it (said once), or stages (until they are answered).
  package func requests() -> (everything: Bool, stages: [StageKey]) {
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: path + Self.asked)) ?? []
    let isAll = names.contains(Self.everything)
    if isAll { unlink("\(path)\(Self.asked)/\(Self.everything)") }
    return (isAll, names.compactMap(StageKey.init(hex:)).sorted())
  }

  private static func remove(_ path: String) {
    try? FileManager.default.removeItem(atPath: path + asked)
    for name in [board + ".new", board] { unlink(path + name) }
    unlink(path)
  }

  /// Shows others what this program's terminal shows; what is lost with the machine need not be durable.
  package func show(_ lines: [String]) {
    let aside = path + Self.board + ".new"
    guard
      (try? Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: aside)))
        != nil
    else { return }
    rename(aside, path + Self.board)
  }

  /// What the terminal of a run shows, as of about a second ago.
  package static func board(of run: LivingRun) -> [String] {
    let text = FileManager.default.contents(atPath: run.path + board) ?? Data()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Says that a stage was given up.
  package func answer(_ key: StageKey) { unlink("\(path)\(Self.asked)/\(key.hex)") }

  /// The runs of all programs that live, on this host or on others that share the folder.
  package static func living(in store: ArtifactStore) -> [LivingRun] {
    paths(in: store).compactMap(run)
  }

  /// Removes the signs of programs that died.
  package static func removeDead(in store: ArtifactStore) {
    for path in paths(in: store) { _ = isHeld(path) }
  }

  private static func paths(in store: ArtifactStore) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder(store))) ?? []
    return names.filter {
      !$0.contains(asked) && !$0.contains(board) && !$0.contains(HostShare.mark)
        && $0 != CollectingLock.name
    }
    .sorted().map { "\(folder(store))/\($0)" }
  }

  /// The run whose sign is at `path`; a sign that a killed program left is removed.
  private static func run(_ path: String) -> LivingRun? {
    guard isHeld(path), let data = FileManager.default.contents(atPath: path) else {
      return nil
    }
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    guard let first = lines.first,
      let head = try? JSONDecoder().decode(Head.self, from: Data(first.utf8))
    else { return nil }
    return LivingRun(
      experiment: head.experiment, process: head.process, host: head.host, started: head.started,
      stages: Set(lines.dropFirst().compactMap { StageKey(hex: String($0)) }), path: path)
  }

  private static func isHeld(_ path: String) -> Bool {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return errno == EWOULDBLOCK }
    remove(path)
    return false
  }

  /// Asks a run to end as by Ctrl-C: its process by SIGINT on this host, by a file elsewhere, and where the sign
  /// names a process that does not hold it: whoever may write signs may not end others.
  ///
  /// - Throws: `StorageError`.
  package static func end(_ run: LivingRun) throws(StorageError) {
    let isHere = run.host == Machine.hostName && holds(run.process, run.path)
    if !isHere || kill(run.process, SIGINT) != 0 {
      try AtomicFile.write(text: "", to: "\(run.path)\(asked)/\(everything)")
    }
  }

  /// Whether a process of this host has a file open.
  private static func holds(_ process: Int32, _ path: String) -> Bool {
    var wanted = stat()
    guard process > 1, stat(path, &wanted) == 0 else { return false }
    let folder = "/proc/\(process)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.contains { name in
      var status = stat()
      return stat("\(folder)/\(name)", &status) == 0 && status.st_ino == wanted.st_ino
        && status.st_dev == wanted.st_dev
    }
  }

  /// Asks a run to give up one stage.
  ///
  /// - Throws: `StorageError`.
  package static func giveUp(_ key: StageKey, in run: LivingRun) throws(StorageError) {
    try AtomicFile.write(text: "", to: "\(run.path)\(asked)/\(key.hex)")
  }

  /// Whether the run lives and has not answered yet.
  package static func isAsked(_ key: StageKey, of run: LivingRun) -> Bool {
    isLiving(run)
      && FileManager.default.fileExists(atPath: "\(run.path)\(asked)/\(key.hex)")
  }

  package static func isLiving(_ run: LivingRun) -> Bool { isHeld(run.path) }
}

/// Keeps a program from beginning a plan while another one takes artifacts away, and the other way
/// round. Held for moments only.
package final class CollectingLock {
  static let name = "collecting"
  private let descriptor: CInt

  /// Waits for the lock.
  ///
  /// - Throws: `StorageError`.
  package init(_ store: ArtifactStore, isExclusive: Bool = true) throws(StorageError) {
    let folder = store.root + "/runs"
    try AtomicFile.makeFolder(folder)
    let path = "\(folder)/\(Self.name)"
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last("opened", path) }
    while flock(descriptor, isExclusive ? LOCK_EX : LOCK_SH) != 0 {
      guard errno == EINTR else { throw .last("locked", path) }
    }
  }

  /// Gives it back.
  package func open() { flock(descriptor, LOCK_UN) }

  deinit { close(descriptor) }
}
