import Foundation

/// The time by the clocks that stamp files. That of a file server may differ from this machine's by hours, and so may
/// this machine's from itself, where somebody sets it: a file that was just written there could seem old here.
///
/// Read like git reads it of its index: as the time of something that was just written on the same file system.
/// Elsewhere nothing is written; disks of this machine are stamped by its own clock, and of other file systems
/// nothing is believed for a day.
package struct FileClock: Sendable {
  /// The file system of the folder that was asked about; `nil` where it could not be written.
  private let own: (device: dev_t, time: Int)?
  /// By this machine's clock, in nanoseconds since 1970.
  private let machine: Int

  /// Clocks of file systems tick in milliseconds to seconds; a write in the same tick would go unseen.
  private static let tick = 2_000_000_000
  /// Hosts may be set to other time zones.
  private static let day = 86_400_000_000_000

  /// - Parameters:
  ///   - own: A file system, and its time in nanoseconds since 1970.
  ///   - machine: The time by this machine's clock.
  package init(own: (device: dev_t, time: Int)?, machine: Int) {
    self.own = own
    self.machine = machine
  }

  /// Asks the file system that a file is to be written on, by a file beside it that is gone at once.
  package init(beside path: String) {
    self.init(own: Self.time(beside: path), machine: Int(Date().timeIntervalSince1970 * 1e9))
  }

  private static func time(beside path: String) -> (device: dev_t, time: Int)? {
    do throws(StorageError) {
      try AtomicFile.makeFolder(AtomicFile.parent(of: path))
      let (aside, descriptor) = try AtomicFile.createAside(of: path)
      defer {
        unlink(aside)
        close(descriptor)
      }
      var status = stat()
      guard write(descriptor, "x", 1) == 1, fstat(descriptor, &status) == 0 else { return nil }
      let stamp = FileStamp(status)
      return (status.st_dev, min(stamp.modified, stamp.changed))
    } catch {
      return nil
    }
  }

  /// Whether a time of a file is so long past that a later change of the file has another one for certain.
  ///
  /// - Parameters:
  ///   - time: Nanoseconds since 1970.
  ///   - device: The file's file system.
  /// - Returns: `false` also where that cannot be told.
  package func isPast(_ time: Int, on device: dev_t) -> Bool {
    // Where nothing can be written, nothing can be kept either.
    guard let own else { return false }
    if own.device == device { return time < own.time - Self.tick }
    let earliest = min(own.time, machine)
    return time < (Self.isDisk(device) ? machine - Self.tick : earliest - Self.day)
  }

  /// Whether it is a disk of this machine: file systems of the network, and those in memory, have no major number.
  private static func isDisk(_ device: dev_t) -> Bool {
    (device >> 8) & 0xFFF != 0 || (device >> 44) != 0
  }
}
