import Foundation

/// A kind of file system, by the number that `statfs` gives for it (linux/magic.h, and statfs(2) and the sources of those
/// that are not part of the kernel).
package struct FileSystemKind: Sendable, Hashable {
  package let magic: UInt32

  package init(magic: UInt32) { self.magic = magic }

  /// What `path`, or the folder that it would lie in, is on; nothing known where it cannot be asked.
  package init(of path: String) {
    let folder = (path as NSString).deletingLastPathComponent
    magic = Self.type(of: path) ?? Self.type(of: folder.isEmpty ? "." : folder) ?? 0
  }

  private typealias Status = @convention(c) (UnsafePointer<CChar>, UnsafeMutableRawPointer) -> CInt

  /// `statfs` of the C library, whose header is not part of Swift's module of it.
  private static let status: Status? = dlsym(nil, "statfs").map {
    unsafeBitCast($0, to: Status.self)
  }

  /// The first word of what it writes, which takes some 120 bytes.
  private static func type(of path: String) -> UInt32? {
    guard let status else { return nil }
    return withUnsafeTemporaryAllocation(byteCount: 512, alignment: 16) { buffer in
      guard let start = buffer.baseAddress, status(path, start) == 0 else { return nil }
      return UInt32(truncatingIfNeeded: start.load(as: Int.self))
    }
  }

  /// Those that several hosts may have mounted at once, or that may pass on one that is (FUSE, 9P).
  package static let shared: [String: FileSystemKind] = [
    "NFS": 0x6969, "SMB": 0x517B, "CIFS": 0xFF53_4D42, "SMB2": 0xFE53_4D42, "Lustre": 0x0BD0_0BD0,
    "GPFS": 0x4750_4653, "BeeGFS": 0x1983_0326, "FUSE": 0x6573_5546, "Ceph": 0x00C3_6400,
    "AFS": 0x5346_414F, "kAFS": 0x6B41_4653, "Coda": 0x7375_7245, "GFS2": 0x0116_1970,
    "OCFS2": 0x7461_636F, "OrangeFS": 0x2003_0528, "PanFS": 0xAAD7_AAEA, "NCP": 0x564C,
    "9P": 0x0102_1997,
  ].mapValues(FileSystemKind.init(magic:))

  /// Whether memory that is mapped from a file on one host may not be what another host has mapped.
  package var isShared: Bool { Self.shared.values.contains(self) }
}
