import Artifacts
import Experiment
import Foundation
import Testing

/// A small file system in memory, for filling it up.
private final class SmallDisk {
  let path: String

  init?(bytes: Int, options: String = "") throws {
    guard getuid() == 0 else { return nil }
    path = NSTemporaryDirectory() + "alphasweep-disk-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
      try? FileManager.default.removeItem(atPath: path)
      return nil
    }
  }

  func makeReadOnly() -> Bool {
    mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
  }

  deinit {
    umount(path)
    try? FileManager.default.removeItem(atPath: path)
  }
}

/// Whether this process may mount a file system of its own.
private let canMount: Bool = (try? SmallDisk(bytes: 65_536)) != nil

@Suite struct StorageTests {
  @Test func aFileIsReplacedWholeAndNothingIsLeftBesideIt() throws {
    let folder = try TemporaryFolder()
    try folder.write("first", to: "below/a.txt")
    try folder.write("second", to: "below/a.txt")
    #expect(try folder.text("below/a.txt") == "second")
    #expect(try folder.names("below") == ["a.txt"])
  }

  @Test(.enabled(if: canMount, "a file system can be mounted by root only"))
  func aFullDiskIsSaidAndTheOldFileStays() throws {
    let disk = try #require(try SmallDisk(bytes: 65_536))
    let path = disk.path + "/table.csv"
    try AtomicFile.write(text: "old", to: path)
    let error = #expect(throws: StorageError.self) {
      try AtomicFile.write([UInt8](repeating: 7, count: 1 << 20), to: path)
    }
    #expect(
      error?.description.hasSuffix(
        ": the disk is full; nothing half-written was kept. Free some space and give the same "
          + "command again") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["table.csv"])
  }

  @Test(.enabled(if: canMount, "a file system can be mounted by root only"))
  func aDiskThatFillsWhileAStageWritesLeavesNoArtifactAndNothingAside() throws {
    let disk = try #require(try SmallDisk(bytes: 65_536))
    let store = ArtifactStore(root: disk.path)
    let stage = try stage(1)
    var staged = ""
    let error = #expect(throws: StorageError.self) {
      try store.publish(.features, stage.key, identity: stage.identity) { staging in
        staged = staging.folder + "/frames.bin"
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: staged))
      }
    }
    #expect(error == .full(path: staged))
    #expect(!store.contains(.features, stage.key))
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/staging").isEmpty)

    try store.publish(stage, files: ["small.bin": "fits"])
    #expect(store.contains(.features, stage.key))
  }

  @Test(.enabled(if: canMount, "a file system can be mounted by root only"))
  func aReadOnlyFileSystemIsSaid() throws {
    let disk = try #require(try SmallDisk(bytes: 65_536))
    try #require(disk.makeReadOnly())
    let path = disk.path + "/results/report.md"
    let error = #expect(throws: StorageError.self) { try AtomicFile.write(text: "x", to: path) }
    #expect(
      error?.description
        == "\(disk.path)/results: the file system is read-only; name a folder that can be written")
  }

  @Test(.enabled(if: getuid() != 0, "root may write everywhere"))
  func aFolderThatMayNotBeWrittenIsSaid() throws {
    let folder = try TemporaryFolder()
    chmod(folder.path, 0o555)
    defer { chmod(folder.path, 0o755) }
    let error = #expect(throws: StorageError.self) { try folder.write("x", to: "a.txt") }
    #expect(
      error?.description.hasSuffix(
        ": permission denied; name a folder that you may write, or change its owner") == true)
  }

  @Test func aFileInTheWayOfAFolderIsSaid() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", to: "a")
    let error = #expect(throws: StorageError.self) { try folder.write("x", to: "a/b/c.txt") }
    #expect(error?.description == "\(folder.path)/a/b: cannot be made: Not a directory")
  }
}
