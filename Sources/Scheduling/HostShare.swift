import Artifacts
import Foundation
import Synchronization

/// How runs on one machine that share an artifacts' folder share its cores and memory. Each says in
/// `runs/<host>.<process>.room` what it uses and whether it waits for room; whoever gives out stages looks
/// at all of them first, while nobody else does.
///
/// A run gives way to one of higher priority that waits, and among equals to one that waits and uses less:
/// so an experiment that joins gets its part as stages end, and nobody is stopped for it.
///
/// A run that is stopped (SIGSTOP, Ctrl-Z) could not take what others leave to it, for as long as somebody
/// pleases: neither its wish nor its cores count until it goes on. Its memory does, which it keeps.
package final class HostShare: Sendable {
  /// What one run says.
  struct Entry: Sendable, Hashable, Codable {
    var priority: Int
    var cores = 0
    var memoryBytes = 0
    /// Of the stage that waits for room; 0 where none does.
    var wantedCores = 0
  }

  private struct State {
    var own: Entry
    var others: [Entry] = []
    var looked: ContinuousClock.Instant?
  }

  static let mark = ".room"
  /// Who was alone a moment ago is taken to be alone still.
  private static let patience = Duration.milliseconds(50)

  private let folder: String
  private let name: String
  private let host: String
  private let descriptor: CInt
  private let lock: CInt
  private let state: Mutex<State>

  /// Makes the file, which goes with this value.
  ///
  /// - Parameters:
  ///   - store: The artifacts that the runs share.
  ///   - priority: Higher ones go first.
  ///   - tag: Tells several of one process apart.
  /// - Throws: `StorageError`.
  package init(_ store: ArtifactStore, priority: Int, tag: String = "") throws(StorageError) {
    folder = store.root + "/runs"
    host = Machine.hostName
    try AtomicFile.makeFolder(folder)
    let gate = "\(folder)/\(host)\(Self.mark)s"
    (name, descriptor) = try Self.locked("\(host).\(getpid())\(tag)", in: folder)
    lock = Glibc.open(gate, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard lock >= 0 else { throw .last("opened", gate) }
    state = Mutex(State(own: Entry(priority: priority)))
    write(Entry(priority: priority))
  }

  deinit {
    unlink("\(folder)/\(name)")
    close(descriptor)
    close(lock)
  }

  /// Makes and locks a file, so that others know whether the program lives; under a further name where
  /// another machine calls itself the same and has a process of the same number.
  private static func locked(
    _ stem: String, in folder: String
  ) throws(StorageError) -> (name: String, descriptor: CInt) {
    var (name, number) = (stem + mark, 1)
    while true {
      let descriptor = Glibc.open("\(folder)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .last("opened", "\(folder)/\(name)") }
      if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
        guard errno == EWOULDBLOCK else { throw .last("locked", "\(folder)/\(name)") }
        number += 1
        name = "\(stem)-\(number)\(mark)"
      } else {
        // Whoever looks for dead programs may have taken the file away before it was locked.
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_nlink > 0 { return (name, descriptor) }
      }
      close(descriptor)
    }
  }

  /// Removes what programs left that died.
  package static func removeDead(in store: ArtifactStore) {
    let folder = store.root + "/runs"
    for name in names(in: folder) { _ = living("\(folder)/\(name)") }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix(mark) }
  }

  /// What the program says whose file is at `path`; `nil` when it is dead, and the file is removed.
  private static func living(_ path: String) -> Data? {
    let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
      unlink(path)
      return nil
    }
    return FileManager.default.contents(atPath: path)
  }

  /// Gives out stages while no other run does.
  ///
  /// - Parameter body: Is handed what others say, and gives what this run uses and wants then.
  /// - Returns: What `body` gives besides.
  func sharing<Value>(
    _ body: ([Entry]) throws -> (value: Value, uses: Load, wantedCores: Int)
  ) rethrows -> Value {
    let now = ContinuousClock.now
    let (isAlone, before) = state.withLock { state in
      (state.others.isEmpty && state.looked.map { now - $0 < Self.patience } ?? false, state.own)
    }
    if !isAlone {
      while flock(lock, LOCK_EX) != 0, errno == EINTR {}
      let others = others()
      state.withLock { ($0.others, $0.looked) = (others, now) }
    }
    defer { if !isAlone { flock(lock, LOCK_UN) } }
    let (value, uses, wanted) = try body(state.withLock { $0.others })
    var own = before
    (own.cores, own.memoryBytes, own.wantedCores) = (uses.cores, uses.memoryBytes, wanted)
    if own != before {
      state.withLock { $0.own = own }
      write(own)
    }
    return value
  }

  /// Whether this run, which uses so much, must leave room to others that wait.
  static func yields(_ priority: Int, using cores: Int, to others: [Entry]) -> Bool {
    others.contains { other in
      other.wantedCores > 0
        && (other.priority > priority || other.priority == priority && other.cores < cores)
    }
  }

  func yields(using cores: Int, to others: [Entry]) -> Bool {
    Self.yields(state.withLock { $0.own.priority }, using: cores, to: others)
  }

  /// What other living runs of this machine say.
  func others() -> [Entry] {
    Self.names(in: folder).filter { $0.hasPrefix(host + ".") && $0 != name }.compactMap { other in
      let text = Self.living("\(folder)/\(other)")
      guard var entry = text.flatMap({ try? JSONDecoder().decode(Entry.self, from: $0) }) else {
        return nil
      }
      if process(of: other).map(Machine.isStopped) == true {
        (entry.cores, entry.wantedCores) = (0, 0)
      }
      return entry
    }
  }

  /// The number of the process that a file's name tells, which may have a tag behind it.
  private func process(of name: String) -> Int32? {
    Int32(name.dropFirst(host.count + 1).prefix { $0.isASCII && $0.isNumber })
  }

  /// One write of equal length, so that readers see one entry or the other.
  private func write(_ entry: Entry) {
    guard var text = try? JSONEncoder().encode(entry) else { return }
    text.append(contentsOf: Array(repeating: UInt8(ascii: " "), count: max(0, 159 - text.count)))
    text.append(UInt8(ascii: "\n"))
    let bytes = [UInt8](text)
    _ = pwrite(descriptor, bytes, bytes.count, 0)
  }
}
