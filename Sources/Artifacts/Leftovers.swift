import Experiment
import Foundation

/// What a process that was killed could not take away: nobody reads it, and nobody should have to remove it
/// by hand. What a living process still uses is told by its locks (`flock`), whatever its number or host.
extension ArtifactStore {
  /// Removes what dead processes left: folders aside, claims, states of stages that are done, and files aside
  /// in the store's own folders and in others.
  ///
  /// - Parameter folders: Other folders in which files are written aside, such as reports.
  package func removeLeftovers(in folders: [String] = []) {
    removeStaleStaging()
    for name in Self.entries(of: root + "/claims") {
      StageClaim.removeDead("\(root)/claims/\(name)")
    }
    removeDoneStates()
    let own = ["", "/attempts", "/plans", "/reports", "/requests"].map { root + $0 }
    for folder in own + folders { AtomicFile.removeDeadAsides(in: folder) }
  }

  /// The state of a training goes once its artifact is there, unless its worker is killed between the two.
  private func removeDoneStates() {
    for name in Self.entries(of: root + "/state") {
      guard let key = StageKey(hex: name), !isBeingMade(key) else { continue }
      guard StageKind.allCases.contains(where: { contains($0, key) }) else { continue }
      try? FileManager.default.removeItem(atPath: "\(root)/state/\(name)")
    }
  }

  static func entries(of folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}

extension StageClaim {
  /// Removes the claim at `path` unless somebody holds it. Whoever waits for it sees that it is gone.
  static func removeDead(_ path: String) {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0, isSameFile(descriptor, path) { unlink(path) }
  }
}

extension AtomicFile {
  /// Names of files aside: the file's own, the number of the process, a random one, "new".
  private static func isAside(_ name: String) -> Bool {
    let words = name.split(separator: ".", omittingEmptySubsequences: false)
    return words.count > 3 && words.last == "new"
      && words.dropLast().suffix(2).allSatisfy { UInt32($0) != nil }
  }

  /// Removes the files aside in `folder` whose writers are dead: these lock what they write.
  static func removeDeadAsides(in folder: String) {
    for name in ArtifactStore.entries(of: folder) where isAside(name) {
      let descriptor = open("\(folder)/\(name)", O_RDWR | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink("\(folder)/\(name)") }
      close(descriptor)
    }
  }
}
