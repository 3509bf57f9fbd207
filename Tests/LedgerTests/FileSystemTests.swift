import Experiment
import Foundation
import Ledger
import Testing

/// How the diary keeps its transactions whole follows from the file system that it is on.
@Suite struct FileSystemTests {
  private let folder: String
  private var path: String { folder + "/ledger.sqlite" }
  private let local = FileSystemKind(magic: 0xEF53)

  init() throws {
    folder = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  @Test func theKindIsThatOfTheFolderOrTheFile() {
    // PROC_SUPER_MAGIC of linux/magic.h
    #expect(FileSystemKind(of: "/proc/self/status").magic == 0x9FA0)
    #expect(FileSystemKind(of: "/proc/not there").magic == 0x9FA0)
    #expect(FileSystemKind(of: "/nowhere/at/all").magic == 0)
    #expect(!FileSystemKind(of: "/proc/self").isShared)
  }

  @Test(arguments: FileSystemKind.shared.keys.sorted())
  func onWhatSeveralHostsMountThereIsNoLogOfWritesAhead(name: String) async throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let kind = try #require(FileSystemKind.shared[name])
    let (path, stage) = (path, try stage())
    let first = try Diary(path: path, place: kind)
    #expect(try first.journalMode == "truncate")
    try first.note(experiment: "small", question: "", stages: [stage])
    // It serves several at once as the other does.
    let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<3 {
        group.addTask {
          let ledger = try Diary(path: path, place: kind)
          return try (0..<5).flatMap { _ in
            try ledger.begin(
              [(key: stage.key, worker: 1)], experiment: "small", host: "here", process: 1,
              started: Date())
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(numbers.sorted() == Array(1...15))
    #expect(!FileManager.default.fileExists(atPath: path + "-wal"))
    #expect(!FileManager.default.fileExists(atPath: path + "-shm"))
  }

  @Test func aDiaryThatWasBegunOnALocalDiskIsTakenOver() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let nfs = try #require(FileSystemKind.shared["NFS"])
    let stage = try stage()
    do {
      let local = try Diary(path: path, place: local)
      #expect(try local.journalMode == "wal")
      try local.note(experiment: "small", question: "", stages: [stage])
      // As long as an earlier version has it open, it stays as it is.
      let beside = try Diary(path: path, place: nfs)
      #expect(try beside.journalMode == "wal")
      #expect(try beside.experiments() == ["small"])
    }
    let again = try Diary(path: path, place: nfs)
    #expect(try again.journalMode == "truncate")
    #expect(try again.stages().map(\.key) == [stage.key])
  }

  private func stage() throws -> Stage {
    try Stage(.features, parameters: Canonical.map([:]), inputs: [:], label: "stage")
  }
}
