import ArgumentParser
import Artifacts
import Experiment
import Foundation

/// `alphasweep gc`: artifacts that no experiment needs any more.
struct GarbageCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gc", abstract: "List, or delete, artifacts that no experiment needs any more.",
    discussion: """
      Needed is every stage of the specs in experiments/ and in the folders in it, of '--keep', and \
      of every running experiment, on whatever machine. Of a spec that cannot be planned here (its \
      recordings or checkpoints are elsewhere) the stages of its last run are needed, which are kept \
      beside the artifacts. Nothing is deleted without '--delete'.

      What trainings saved to go on from goes as well, where the training is done or not needed, \
      whatever the budget.

      With '--budget', only as much is deleted as brings all artifacts within it, the least valuable \
      first: what took the fewest seconds to make for each byte, and of equals the oldest. What is \
      needed is never deleted, whatever the budget.

      EXIT STATUS: 0 done, or nothing to do; 1 what is needed is larger than the budget, or the disk \
      failed; 2 there is no spec in experiments/ to tell what is needed, or one of them was run, cannot \
      be planned here, and it is not known any more what it had.
      """)

  @Option(
    help: ArgumentHelp(
      "Another spec whose stages are needed; may be given several times.", valueName: "spec"),
    completion: .file(extensions: ["yaml"]))
  var keep: [String] = []

  @Option(
    help: ArgumentHelp(
      "What the artifacts may take together, such as 50GB.", valueName: "size"))
  var budget: ByteCount?

  @Flag(help: "Delete what is listed.")
  var delete = false

  @Flag(
    help: "Also what was set aside as damaged, and what killed programs left half-made.")
  var broken = false

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write it as JSON.")
  var json = false

  func run() async throws {
    try await reportingErrors {
      let needs = try await Needs(keep: keep, site: site.site)
      var garbage = try Garbage(needs, budget: budget?.bytes, broken: broken)
      if delete { try garbage.delete() }
      print(json ? garbage.json.text + "\n" : garbage.text, terminator: "")
      if garbage.isOverBudget { throw ExitCode(Exit.failure) }
    }
  }
}

/// A number of bytes as people write it: `50GB`, `1.5 TB`.
struct ByteCount: ExpressibleByArgument {
  let bytes: Int

  private static let units = ["TB": 1e12, "GB": 1e9, "MB": 1e6, "kB": 1e3]

  init?(argument: String) {
    let unit = String(argument.suffix(2))
    let number = argument.dropLast(2).trimmingCharacters(in: .whitespaces)
    guard let factor = Self.units[unit], let value = Double(number), value >= 0, value < 1e9,
      !number.lowercased().contains("x")
    else { return nil }
    bytes = Int(value * factor)
  }
}
