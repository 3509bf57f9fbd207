import Testing

@testable import Experiment

/// The keys of what is published with this repository.
struct PublishedModelTests {
  /// Digests of the listings of Debian 13's packages (`RecordingListing.digest`).
  private static let listings = [
    "fillets-cs": "97f16f4c40eecdc4ee6df605fa18987d52fdb31500813853916ea12ab75e8b66",
    "fillets-nl": "57b51f0a85015ff543cea4d40756a37609368cce7510efec2bf945f0c463b802",
    "gcin": "26095eb862dceabfc1fcb8fe5225c8c85dc3d3b5dac0ddd552691244af4cf62e",
    "hedgewars": "e1298743d21f8b251cb891350b05dcb942faf39c839e0b0c7829f1cccb22c8a5",
    "klettres": "e7b72d81b5aebf566929f5fd545a6cc9951b811c88a947a82fdc0a6fbd0f09ce",
    "ktuberling": "bdfd03123e564db56521c8a59d15284a2297c2bd4917cd5610b93651e32515bb",
    "tuxpaint": "61f14565c5fa53712ed0f48f082f7e0b9c04bca62969c54d50764d3d99331afc",
  ]

  @Test func `pretrain-tiny makes the model whose card names its key`() throws {
    let spec = try Spec(yaml: Repository.text("pretrain-tiny.yaml"), file: "pretrain-tiny.yaml")
    let plan = try Planner.plan(
      PlannerInput(
        spec: spec, definitions: Repository.definitions(),
        recordings: Self.listings.mapValues {
          CorpusRecordings(digest: $0, recordings: [], duplicates: 0)
        }, recordingsFolder: "recordings", checkpoints: [:]))
    let card = try Repository.text("models/tiny-hubert-debian/README.md")
    let key = try #require(card.firstMatch(of: /\*\*Stage key\*\*: `([0-9a-f]{64})`/)?.1)
    #expect(plan.targets.map(\.hex) == [String(key)])
    #expect(plan.stages(.corpus).count == 7)
  }
}
