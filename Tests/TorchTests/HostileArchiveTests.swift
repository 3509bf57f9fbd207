import Foundation
import Testing
import Torch

/// Archives of others are read in place: no entry is ever unpacked, whatever its name is.
@Suite struct HostileArchiveTests {
  /// A zip archive whose entries are stored as they are, as PKWARE's APPNOTE says.
  private static func zip(_ entries: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    func little(_ number: Int, _ width: Int) -> [UInt8] {
      (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    var (data, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in entries {
      let sizes = little(0, 4) + little(bytes.count, 4) + little(bytes.count, 4)
      let names = little(name.utf8.count, 2) + little(0, 2)
      directory +=
        [0x50, 0x4B, 1, 2] + little(20, 2) + little(20, 2) + little(0, 8) + sizes + names
      directory += little(0, 10) + little(data.count, 4) + Array(name.utf8)
      data += [0x50, 0x4B, 3, 4] + little(20, 2) + little(0, 8) + sizes + names
      data += Array(name.utf8) + bytes
    }
    return data + directory + [0x50, 0x4B, 5, 6] + little(0, 4) + little(entries.count, 2)
      + little(entries.count, 2) + little(directory.count, 4) + little(data.count, 4) + little(0, 2)
  }

  /// A dictionary of one tensor of one float32 in the storage called `key`.
  private static func pickle(storage key: String) -> [UInt8] {
    func text(_ text: String) -> [UInt8] {
      [UInt8(ascii: "X"), UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
    }
    let storage =
      Array("(".utf8) + text("storage") + Array("ctorch\nFloatStorage\n".utf8) + text(key)
      + text("cpu") + Array("K\u{1}tQ".utf8)
    return [0x80, 2] + Array("}".utf8) + text("a")
      + Array("ctorch._utils\n_rebuild_tensor_v2\n(".utf8) + storage
      + Array("K\u{0}K\u{1}\u{85}K\u{1}\u{85}".unicodeScalars.map { UInt8($0.value) })
      + [0x89] + Array("}tRs.".utf8)
  }

  @Test func entriesWhoseNamesLeadElsewhereAreOnlyNames() throws {
    let folder = NSTemporaryDirectory() + "hostile-" + UUID().uuidString
    try FileManager.default.createDirectory(
      atPath: folder + "/inner", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let key = "../../../escaped"
    let bytes = Self.zip([
      ("archive/data.pkl", Self.pickle(storage: key)),
      ("archive/data/" + key, [0, 0, 0x80, 0x3F]),
      ("../../escaped", Array("x".utf8)), ("/etc/escaped", Array("x".utf8)),
    ])
    let path = folder + "/inner/model.pt"
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    let archive = try TorchArchive(path: path)
    let tensor = try #require(
      archive.document[archive.document.root, "a"].flatMap(archive.document.tensor))
    #expect(try archive.tensor(tensor, named: "a").floats() == [1])
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() == [
        "inner", "inner/model.pt",
      ])
    #expect(!FileManager.default.fileExists(atPath: "/etc/escaped"))
  }

  /// A storage that is not in the archive is not looked for on the disk.
  @Test func aStorageThatNamesAFileIsNotThatFile() throws {
    let bytes = Self.zip([("archive/data.pkl", Self.pickle(storage: "/etc/hostname"))])
    let error = #expect(throws: TorchArchiveError.self) { try ArchiveFixture.open(bytes) }
    #expect(
      error?.description == "bytes: has no storage /etc/hostname, which its pickle asks for")
  }

  @Test func aTarArchiveIsNotUnpacked() throws {
    var head = [UInt8](repeating: 0, count: 1536)
    for (offset, text) in [(0, "../escaped"), (124, "00000000001"), (156, "0"), (257, "ustar")] {
      head.replaceSubrange(offset..<(offset + text.utf8.count), with: Array(text.utf8))
    }
    let error = #expect(throws: TorchArchiveError.self) { try ArchiveFixture.open(head) }
    #expect(
      error?.description
        == "bytes: is no file of torch.save: it begins neither as a zip archive nor with torch's "
        + "magic number")
  }

  @Test func aCompressedEntryIsNotUnpacked() throws {
    var bytes = Self.zip([("archive/data.pkl", Self.pickle(storage: "0"))])
    let directory = try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    bytes[directory + 10] = 8
    let error = #expect(throws: TorchArchiveError.self) { try ArchiveFixture.open(bytes) }
    #expect(
      error?.description
        == "bytes: its zip entry archive/data.pkl is compressed; torch.save stores entries as they "
        + "are")
  }
}
