import Experiment
import Foundation

/// Damaged artifacts are moved to `<root>/broken/`, for whoever wants to look. Readers find damage, and while
/// they read, others may make the artifact again: so it is moved only by who holds its claim, and has found
/// the damage once more.
extension ArtifactStore {
  enum SetAside: Equatable {
    case moved
    /// There is nothing wrong with it (any more).
    case whole
    /// Somebody makes it again, and will move it then; or it cannot be moved.
    case left
  }

  /// Moves an artifact out of the way.
  ///
  /// - Parameters:
  ///   - kind: Its kind.
  ///   - key: Its key.
  ///   - isDamaged: Looks at it once more, under the claim.
  /// - Returns: What became of it.
  @discardableResult
  func setAside(_ kind: StageKind, _ key: StageKey, ifStill isDamaged: () -> Bool) -> SetAside {
    while true {
      do throws(StorageError) {
        if let claim = try StageClaim.unlessHeld(claimPath(key)) {
          defer { claim.giveUp() }
          forget(key)
          guard isDamaged() else { return .whole }
          moveToBroken(kind, key)
          return .moved
        }
      } catch {
        return .left
      }
      // One that does not even have the right sizes is replaced by whoever holds the claim. Others hold it
      // for moments.
      guard contains(kind, key) else { return .left }
      usleep(Self.pauseMicroseconds)
    }
  }

  private static let pauseMicroseconds: UInt32 = 20_000

  /// Whether an artifact is there and cannot be right, by its record and the hashes of its files.
  func isDamaged(_ kind: StageKind, _ key: StageKey) -> Bool {
    do throws(ArtifactError) {
      try verify(kind, key, record(kind, key))
      return false
    } catch {
      return error.isDamage
    }
  }

  /// Moves an artifact to `<root>/broken/`, so that the next run makes it again, if it is damaged.
  package func moveAside(_ kind: StageKind, _ key: StageKey) {
    setAside(kind, key) { check([(kind, key)]).contains { $0.isCertain } }
  }

  /// For who holds the claim.
  func moveToBroken(_ kind: StageKind, _ key: StageKey) {
    let aside = "\(root)/broken/\(kind.rawValue)-\(key.hex).\(UInt32.random(in: 0 ... .max))"
    try? AtomicFile.makeFolder(AtomicFile.parent(of: aside))
    rename(folder(kind, key), aside)
    forget(key)
  }
}
