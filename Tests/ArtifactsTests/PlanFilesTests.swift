import Artifacts
import Experiment
import Foundation
import Testing

/// What experiments had, kept beside the artifacts.
@Suite struct PlanFilesTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private var path: String { folder.path + "/plans/small" }

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  private func plan(_ numbers: ClosedRange<Int>, _ question: String = "why?") throws -> Plan {
    var plan = Plan(experiment: "small", question: question)
    for number in numbers { try plan.add(stage(number)) }
    return plan
  }

  @Test func aPlanIsKeptOnceAndReadBack() throws {
    let plan = try plan(1...3)
    #expect(store.plans().isEmpty)
    #expect(try store.keep(plan))
    #expect(try !store.keep(plan))
    #expect(store.plans() == [PlanOutline(plan)])
    #expect(store.plans()[0].stages.map(\.label) == ["stage 1", "stage 2", "stage 3"])
    let other = try self.plan(1...4, "why not?\nOr why?")
    #expect(try store.keep(other))
    #expect(store.plans() == [PlanOutline(other)])
  }

  @Test func aListThatIsNotWhatWasWrittenIsLeftOut() throws {
    let plan = try plan(1...3)
    try store.keep(plan)
    let text = try folder.text("plans/small")
    let key = try #require(text.range(of: try stage(2).key.hex))
    let flipped = text.replacingCharacters(
      in: key.lowerBound..<text.index(after: key.lowerBound), with: "\u{67}")
    for damaged in ["", String(text.dropLast(90)), flipped, text.replacing("why?", with: "how?")] {
      try folder.write(damaged, to: "plans/small")
      #expect(store.plans().isEmpty, "\(damaged)")
    }
    // A file aside, which a killed program left.
    try folder.write(text, to: "plans/small.12.34.new")
    #expect(store.plans().isEmpty)
    store.removeLeftovers()
    #expect(try folder.names("plans") == ["small"])
  }
}
