import Artifacts
import Experiment
import Testing

@Suite struct CheckpointDigestTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func aPlainFoldersDigestIsThatOfItsTwoFiles() throws {
    try folder.write("{}", to: "m/config.json")
    try folder.write("weights", to: "m/model.safetensors")
    try folder.write("# card", to: "m/README.md")
    let digests = try ["config.json", "model.safetensors"].map {
      "\($0)\u{0}\(try FileDigest.of(folder.path + "/m/" + $0).hex)\n"
    }
    #expect(
      try CheckpointDigest.of(folder.path + "/m") == Digest256.hex(of: Array(digests.joined().utf8))
    )
    // Digests are parts of keys: this one may never change.
    #expect(
      try CheckpointDigest.of(folder.path + "/m")
        == "9ec0cdbf409d290232d4880f3811897c2575ea24bc891a672ba9b1e4b6e9d9f5")
  }

  @Test func everyPartOfAShardedFolderCounts() throws {
    for name in ["model.safetensors", "pytorch_model.bin"] {
      let path = folder.path + "/" + name + ".d"
      func write(_ text: String, _ file: String) throws {
        try folder.write(text, to: "\(name).d/\(file)")
      }
      try write("{}", "config.json")
      try write(#"{"weight_map": {"a": "1", "b": "2", "c": "1"}}"#, name + ".index.json")
      try write("one", "1")
      try write("two", "2")
      let before = try CheckpointDigest.of(path)
      try write("two!", "2")
      let after = try CheckpointDigest.of(path)
      #expect(after != before)
      try write("beside", "3")
      #expect(try CheckpointDigest.of(path) == after)
      #expect(try CheckpointFiles(path).weights == ["1", "2"])
    }
  }

  @Test func aFilesDigestIsThatOfItsBytesWhateverItsName() throws {
    try folder.write("pickle", to: "a.pt")
    try folder.write("pickle", to: "b.pt")
    try folder.write("other", to: "c.pt")
    let digest = try CheckpointDigest.of(folder.path + "/a.pt")
    #expect(try CheckpointDigest.of(folder.path + "/b.pt") == digest)
    #expect(try CheckpointDigest.of(folder.path + "/c.pt") != digest)
    try CheckpointDigest.check(folder.path + "/a.pt", is: digest)
  }

  @Test func safetensorsAreTakenBeforePickles() throws {
    try folder.write("{}", to: "m/config.json")
    try folder.write("pickle", to: "m/pytorch_model.bin")
    #expect(try CheckpointFiles(folder.path + "/m").form == .pickle)
    try folder.write("weights", to: "m/model.safetensors")
    #expect(try CheckpointFiles(folder.path + "/m").form == .safetensors)
  }

  @Test func theCacheOfTheHubIsWhereItsToolsPutIt() {
    #expect(HubCache(environment: ["HOME": "/h"]).root == "/h/.cache/huggingface/hub")
    #expect(
      HubCache(environment: ["HOME": "/h", "XDG_CACHE_HOME": "/x"]).root == "/x/huggingface/hub")
    #expect(HubCache(environment: ["HOME": "/h", "HF_HOME": "/f"]).root == "/f/hub")
    #expect(HubCache(environment: ["HF_HUB_CACHE": "/c", "HF_HOME": "/f"]).root == "/c")
    #expect(HubCache.isName("facebook/hubert-base-ls960"))
    for text in ["hubert", "./a", "../a", "a/b/c", "/a/b", "a/", "a/..b", "a b/c", "-a/b"] {
      #expect(!HubCache.isName(text), "\(text)")
    }
  }
}
