import Foundation
import Testing

/// The specs of the paper's tables.
@Suite struct PaperSpecsTests {
  /// `alphasweep plan` of every table of the paper, without any of its data.
  @Test(arguments: [
    "table1-models", "superb-full", "baselines-sid", "alpha", "without-stable-ft", "multi-task",
    "unsupervised-zh",
  ])
  func thePapersSpecsPlanWithoutData(name: String) throws {
    let paper = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../../experiments/paper").standardized.path
    let plan = try SmallExperiment().runWithoutHub("plan", "\(paper)/\(name).yaml")
    #expect(plan.code == 0, "\(plan.err)")
    #expect(plan.out.contains("Missing here, and planned with all the same:"))
    // The hub's folder lacks the pre-training head that continued pre-training needs.
    let model =
      name == "unsupervised-zh"
      ? "hubert/hubert_base_ls960.pt" : "hf download facebook/hubert-base-ls960"
    #expect(plan.out.contains(model))
  }
}
