import Foundation
import Testing
import Torch

@Suite struct TorchArchiveTests {
  static let forms = ["zip", "legacy", "protocol3", "protocol4", "protocol5", "legacy4"]

  @Test(arguments: forms) func readsEveryTensorThatPythonWrote(form: String) throws {
    let archive = try TorchArchive(path: ArchiveFixture.path(form + ".pt"))
    let expected = try SafetensorsFile(path: ArchiveFixture.path("tensors.safetensors"))
    let model = try #require(archive.document[archive.document.root, "model"])
    let entries = try #require(archive.document.entries(of: model))
    #expect(entries.map(\.key).sorted() == expected.names)
    for (name, value) in entries {
      let description = try #require(archive.document.tensor(value))
      let tensor = try archive.tensor(description, named: name)
      let wanted = try expected.tensor(named: name)
      #expect(tensor.dtype == wanted.dtype, "\(name)")
      #expect(tensor.shape == wanted.shape, "\(name)")
      let same = try tensor.withBytes { found in try wanted.withBytes { found.elementsEqual($0) } }
      #expect(same, "\(name)")
    }
  }

  @Test(arguments: forms) func readsClassesAsData(form: String) throws {
    let document = try TorchArchive(path: ArchiveFixture.path(form + ".pt")).document
    let root = document.root
    let arguments = try #require(document[root, "args"])
    #expect(document[arguments, "arch"] == .text("wav2vec2"))
    #expect(document[arguments, "dropout"] == .real(0.1))
    let model = try #require(document[root, "cfg"].flatMap { document[$0, "model"] })
    #expect(document[model, "_name"] == .text("hubert"))
    #expect(document[model, "on"] == .bool(true))
    let sizes = try #require(document[model, "sizes"])
    #expect(document.items(of: sizes) == [.integer(1), .real(2.5), .none])
    #expect(document[root, "best"] == .real(0.25))
    #expect(document[root, "updates"] == .integer(400_000))
    #expect(document[root, "negative"] == .integer(-1 << 40))
    #expect(document[root, "text"] == .text("größer"))
    #expect(document[root, "size"].flatMap(document.items(of:)) == [.integer(2), .integer(3)])
    #expect(document[root, "counts"].flatMap { document[$0, "a"] } == .integer(1))
    let dictionaries = try #require(
      document[root, "task_state"].flatMap { document[$0, "dictionaries"] })
    let dictionary = try #require(document.items(of: dictionaries)?.first)
    let symbols = try #require(document[dictionary, "symbols"])
    #expect(document.items(of: symbols)?.last == .text("7"))
    #expect(document[root, "no such"] == nil)
  }

  @Test(arguments: ["small", "zip64", "big_endian"])
  func readsTheRarerFormsOfZip(form: String) throws {
    let archive = try TorchArchive(path: ArchiveFixture.path(form + ".pt"))
    let expected = try SafetensorsFile(path: ArchiveFixture.path("small.safetensors"))
    let model = try #require(archive.document[archive.document.root, "model"])
    for name in expected.names {
      let description = try #require(
        archive.document[model, name].flatMap(archive.document.tensor))
      let found = try archive.tensor(description, named: name)
      #expect(try found.floats() == expected.tensor(named: name).floats())
    }
  }

  @Test func refusesTypesItCannotComputeWith() throws {
    let path = try ArchiveFixture.path("zip.pt")
    let archive = try TorchArchive(path: path)
    let description = try #require(
      archive.document[archive.document.root, "complex"].flatMap(archive.document.tensor))
    let error = #expect(throws: TorchArchiveError.self) {
      try archive.tensor(description, named: "complex")
    }
    #expect(
      error?.description
        == "\(path): tensor complex: is of type complex64; supported are float32, float64, "
        + "float16, bfloat16, int64, int32, int16, uint8, int8, bool")
  }

  @Test(arguments: ["small.pt", "zip64.pt", "legacy4.pt"])
  func refusesEveryFileThatIsCutOff(name: String) throws {
    let bytes = try ArchiveFixture.bytes(name)
    #expect(throws: Never.self) { try ArchiveFixture.open(bytes) }
    for length in 0..<bytes.count {
      do throws(TorchArchiveError) {
        _ = try ArchiveFixture.open(Array(bytes.prefix(length)))
        Issue.record("\(length) bytes are enough")
      } catch {}
    }
  }

  @Test func survivesEveryByteThatIsChanged() throws {
    for name in ["small.pt", "legacy4.pt"] {
      let bytes = try ArchiveFixture.bytes(name)
      for index in bytes.indices {
        var changed = bytes
        changed[index] ^= [0x01, 0x80, 0xFF][index % 3]
        // Whatever it says, it must come back, and with an error of its own type.
        _ = try? ArchiveFixture.open(changed)
      }
    }
  }

  @Test func saysWhatIsWrongWithAFile() throws {
    func text(_ bytes: [UInt8]) -> String? {
      do {
        _ = try ArchiveFixture.open(bytes)
        return nil
      } catch { return "\(error)" }
    }
    let small = try ArchiveFixture.bytes("small.pt")
    #expect(
      text(Array("version https://git-lfs".utf8))
        == "bytes: is no file of torch.save: it begins neither as a zip archive nor with torch's "
        + "magic number")
    #expect(
      text(Array(small.dropLast(30)))
        == "bytes: is a zip archive without its directory: it is cut off; fetch it again")
    let legacy = try ArchiveFixture.bytes("legacy.pt")
    #expect(
      text(legacy + [0])
        == "bytes: is an old file of torch.save, and damaged: 1 bytes after the last storage "
        + "belong to none")
    #expect(
      text(Array(legacy.prefix(200)))?.contains("fetch the file again") == true)
    #expect(
      text([0x50, 0x4B, 0x03, 0x04])
        == "bytes: is a zip archive without its directory: it is cut off; fetch it again")
    #expect(
      #expect(throws: TorchArchiveError.self) { try TorchArchive(path: "/no/such") }?.description
        == "/no/such: cannot be read: No such file or directory")
  }
}
