import Foundation
import Testing

/// `alphasweep compare`, run as people run it.
@Suite struct CompareCommandTests {
  private let small: SmallExperiment
  private static let head =
    "model,fine-tuned on,method,row,alpha,seed,task,metric,value,stage\r\n"

  init() throws {
    small = try SmallExperiment()
    try small.write(
      Self.head + ",,log-mel,log-mel,,1,phones,PER,40.5,a\r\n"
        + "tiny,voices,stable-ft,Stable-FT,1.0,1,phones,PER,30,b\r\n"
        + "tiny,voices,stable-ft,Stable-FT,1.0,2,phones,PER,32,c\r\n"
        + "tiny,voices,lora,\"LoRA rank 8, α 16\",,1,phones,PER,33,d\r\n", to: "one/numbers.csv")
    try small.write(
      Self.head + "tiny,voices,stable-ft,Stable-FT,1.0,1,phones,PER,30.25,b\r\n"
        + ",,log-mel,log-mel,,1,phones,PER,40.5,a\r\n"
        + "tiny,voices,stable-ft,Stable-FT,1.0,1,a-task-with-a-rather-long-name-indeed,slot-value CER,7,e\r\n",
      to: "two/numbers.csv")
  }

  @Test func cellsStandSideBySide() throws {
    let run = try small.run("compare", "one", "two")
    #expect(run.err == "")
    #expect(
      run.out == """
        A: one
        B: two

                                                                  A         B     B − A
        Without an encoder
          log-mel
            phones PER                                        40.50     40.50      0.00
        tiny, fine-tuned on voices
          Stable-FT
            phones PER                                        31.00     30.25     −0.75

        Only in A:
          tiny, fine-tuned on voices: LoRA rank 8, α 16, phones PER

        Only in B:
          tiny, fine-tuned on voices: Stable-FT, a-task-with-a-rather-long-name-indeed
            slot-value CER

        2 numbers in both, 1 of them equal; 1 only in A, 1 only in B.

        """)
    #expect(run.code == 0)
    #expect(run.out.split(separator: "\n").allSatisfy { $0.count < 80 })
    let itself = try small.run("compare", "two/", "two")
    #expect(
      itself.out.contains(
        "    a-task-with-a-rather-long-name-indeed slot-value CER\n"
          + String(repeating: " ", count: 49) + "      7.00      7.00      0.00\n"))
    #expect(itself.out.hasSuffix("3 numbers in both, 3 of them equal; 0 only in A, 0 only in B.\n"))
  }

  @Test func programsReadIt() throws {
    let run = try small.run("compare", "two", "one", "--json")
    #expect(run.out.hasSuffix("}\n") && run.code == 0)
    let parsed = try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any]
    let cells = try #require(parsed?["cells"] as? [[String: Any]])
    #expect(cells.map { $0["row"] as? String } == ["Stable-FT", "log-mel"])
    #expect(cells[0]["difference"] as? Double == 0.75)
    let b = try #require(cells[0]["b"] as? [String: Any])
    #expect(b["mean"] as? Double == 31 && b["seeds"] as? Int == 2)
    #expect((parsed?["onlyA"] as? [Any])?.count == 1 && (parsed?["onlyB"] as? [Any])?.count == 1)
  }

  @Test func aSpecIsTakenAsFarAsItsNumbersAreThere() throws {
    let run = try small.run("compare", "experiments/small.yaml", "one")
    #expect(run.code == 0, "\(run.err)")
    #expect(run.out.hasSuffix("0 numbers in both, 0 of them equal; 0 only in A, 3 only in B.\n"))
  }

  @Test func whatIsWrongWithAFileExitsWithTwo() throws {
    try small.write("a,b\n", to: "bad/numbers.csv")
    let bad = try small.run("compare", "bad", "one")
    #expect(bad.err == "bad/numbers.csv:1: there is no column 'model'; this is no numbers.csv\n")
    #expect(bad.code == 2)
    try small.write(Self.head + "m,t,n,r,,x,t,PER,1,a\n", to: "bad/numbers.csv")
    #expect(
      try small.run("compare", "bad", "one").err
        == "bad/numbers.csv:2: 'seed' and 'value' must be numbers\n")
    let folder = try small.run("compare", "recordings", "one")
    #expect(
      folder.err
        == "alphasweep: recordings/numbers.csv: the file of numbers cannot be read: No such "
        + "file or directory\n")
    #expect(folder.code == 2 && folder.out == "")
    let nowhere = try small.run("compare", "nowhere.yaml", "one")
    #expect(nowhere.code == 2 && nowhere.err.contains("the spec cannot be read"))
  }
}
