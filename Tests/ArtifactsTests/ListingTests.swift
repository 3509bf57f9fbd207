import Artifacts
import Experiment
import Foundation
import Testing

@Suite struct ListingTests {
  private let definition = CorpusDefinition(
    name: "gcin", description: "", licence: "", language: "zh", packages: ["gcin-voice"],
    root: "ogg", pattern: "(?<syllable>[^/]+)/(?<speaker>[^/]+)\\.ogg", transcripts: nil,
    phonemeVoice: nil, split: SplitRule(by: "syllable", test: 0.2, dev: 0.1), minimumSeconds: 0,
    maximumSeconds: 10)

  @Test func recordingsThatMatchAreListedByPathWithTheirHashes() throws {
    let folder = try TemporaryFolder()
    try folder.write("two", to: "ogg/b/3.ogg")
    try folder.write("one", to: "ogg/a/5.ogg")
    try folder.write("no recording", to: "ogg/a/readme.txt")
    let listing = try RecordingListing(definition, below: folder.path)
    #expect(listing.files.map(\.path) == ["a/5.ogg", "b/3.ogg"])
    #expect(
      listing.files.map(\.digest) == [
        "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed",
        "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3",
      ])
  }

  @Test func theDigestOfAListingTellsContentAndPathsButNotTheFolder() throws {
    let (here, there) = (try TemporaryFolder(), try TemporaryFolder())
    for folder in [here, there] { try folder.write("one", to: "ogg/a/5.ogg") }
    let digest = try RecordingListing(definition, below: here.path).digest
    #expect(try RecordingListing(definition, below: there.path).digest == digest)
    try there.write("two", to: "ogg/a/5.ogg")
    #expect(try RecordingListing(definition, below: there.path).digest != digest)
  }

  @Test func missingRecordingsAreSaidWithThePackageThatBringsThem() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: ListingError.self) {
      try RecordingListing(definition, below: folder.path)
    }
    #expect(
      error?.description
        == "corpus gcin: there are no recordings in \(folder.path)/ogg; they come with Debian's "
        + "gcin-voice ('make recordings' fetches them), or set 'recordings:' in the site file to where they are"
    )
  }

  @Test func aHashIsTakenFromTheCacheUntilTheFileChanges() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a.ogg")
    let file = folder.path + "/a.ogg"
    var status = stat()
    stat(file, &status)
    let cache = folder.path + "/hashes"
    let stamp = [status.st_mtim, status.st_ctim]
      .map { String($0.tv_sec * 1_000_000_000 + $0.tv_nsec) }.joined(separator: " ")
    let kept = String(repeating: "0", count: 64)
    try folder.write("\(kept) 3 \(stamp) \(status.st_ino) \(file)\n", to: "hashes")

    #expect(try DigestCache(path: cache).digest(of: file) == kept)
    try folder.write("two", to: "a.ogg")
    #expect(
      try DigestCache(path: cache).digest(of: file)
        == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3")
  }

  @Test func whatWasHashedIsKeptOnceTheFileHasSettled() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a.ogg")
    let cache = DigestCache(path: folder.path + "/hashes")
    _ = try cache.digest(of: folder.path + "/a.ogg")
    try cache.save()
    // Written a moment ago, it may change again within the clock's tick.
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/hashes"))

    let program = "/bin/sh"
    let digest = try cache.digest(of: program)
    try cache.save()
    #expect(try folder.text("hashes").hasPrefix(digest + " "))
    #expect(try DigestCache(path: folder.path + "/hashes").digest(of: program) == digest)
  }

  /// A time is past by the clock that stamped it, whatever this machine's says.
  @Test func whatTimeItIsSaysTheFileSystemThatStampsTheFile() {
    let (own, disk, foreign): (dev_t, dev_t, dev_t) = (42, 0x801, 43)
    let (second, hour) = (1_000_000_000, 3_600_000_000_000)
    let now = 480_000 * hour
    for ahead in [-2 * hour, 0, 2 * hour] {
      let clock = FileClock(own: (own, now), machine: now + ahead)
      #expect(!clock.isPast(now, on: own) && !clock.isPast(now - second, on: own))
      #expect(!clock.isPast(now + hour, on: own))
      #expect(clock.isPast(now - 3 * second, on: own))
      // A disk of this machine is stamped by its clock.
      #expect(!clock.isPast(now + ahead - second, on: disk))
      #expect(clock.isPast(now + ahead - 3 * second, on: disk))
      // Of another server's clock nobody knows.
      #expect(!clock.isPast(now - 3 * hour, on: foreign))
      #expect(clock.isPast(now - 27 * hour, on: foreign))
    }
    #expect(!FileClock(own: nil, machine: now).isPast(0, on: disk), "it could not be kept")
  }

  @Test func theClockOfAFileSystemIsReadFromWhatWasJustWrittenThere() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a.ogg")
    var status = stat()
    stat(folder.path + "/a.ogg", &status)
    let written = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    let clock = FileClock(beside: folder.path + "/hashes")
    #expect(!clock.isPast(written, on: status.st_dev))
    #expect(clock.isPast(written - 3_600_000_000_000, on: status.st_dev))
    #expect(try folder.names(".") == ["a.ogg"])
  }

  @Test func aDamagedCacheIsAnEmptyOne() throws {
    let folder = try TemporaryFolder()
    try folder.write("one", to: "a.ogg")
    try folder.write("nonsense\n\n1 2 3", to: "hashes")
    #expect(
      try DigestCache(path: folder.path + "/hashes").digest(of: folder.path + "/a.ogg")
        == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed")
  }

  @Test func aFileThatCannotBeReadIsNamed() throws {
    let folder = try TemporaryFolder()
    let error = #expect(throws: StorageError.self) {
      try FileDigest.of(["/bin/sh", folder.path + "/gone.ogg"])
    }
    #expect(
      error?.description
        == "\(folder.path)/gone.ogg: cannot be opened: No such file or directory")
  }
}
