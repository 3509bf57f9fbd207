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

                                                 A                   B            B − A
        Without an encoder
          log-mel
            phones PER ↓                 40.50 (1)           40.50 (1)             0.00
        tiny, fine-tuned on voices
          Stable-FT
            phones PER ↓          31.00 ± 1.41 (2)           30.25 (1)      +0.25 worse

        Only in A:
          tiny, fine-tuned on voices: LoRA rank 8, α 16, phones PER

        Only in B:
          tiny, fine-tuned on voices: Stable-FT, a-task-with-a-rather-long-name-indeed
            slot-value CER

        2 numbers in both, 1 of them equal; 1 only in A, 1 only in B. Mean ± standard
          deviation over seeds (how many), below it the 95 % interval where it is
          known. B − A is over the seeds that both have, of scores of the means; better
          and worse are by its sign alone.

        """)
    #expect(run.code == 0)
    #expect(run.out.split(separator: "\n").allSatisfy { $0.count < 80 })
    let itself = try small.run("compare", "two/", "two")
    #expect(
      itself.out.contains(
        "    a-task-with-a-rather-long-name-indeed slot-value CER ↓\n"
          + String(repeating: " ", count: 34) + "7.00 (1)            7.00 (1)             0.00\n"))
    #expect(
      itself.out.contains("\n3 numbers in both, 3 of them equal; 0 only in A, 0 only in B. Mean ±"))
  }

  /// Over seeds 1 and 2 the second is better by 1 and by 3 points.
  @Test func spreadsIntervalsMeansAndScoresStandBesideThem() throws {
    let head = "model,fine-tuned on,method,row,alpha,seed,task,metric,better,value,stage\r\n"
    func write(_ folder: String, _ values: [(Int, Double, Double)], score: String, low: Int) throws
    {
      let lines = values.map { seed, errors, right in
        "tiny,voices,lora,LoRA,,\(seed),phones,PER,lower,\(errors),a\r\n"
          + "tiny,voices,lora,LoRA,,\(seed),tones,accuracy,higher,\(right),a\r\n"
      }
      try small.write(head + lines.joined(), to: "\(folder)/numbers.csv")
      try small.write(
        "fine-tuned on,method,phones PER mean,phones PER low,phones PER high\r\n"
          + "voices,LoRA,1,\(low).5,\(low + 4)\r\n", to: "\(folder)/tests.csv")
      try small.write(
        "fine-tuned on,method,score mean,score sd,score n\r\nvoices,LoRA,\(score),3\r\n",
        to: "\(folder)/comparison.csv")
    }
    try write("three", [(1, 30, 60), (2, 32, 61), (3, 90, 62)], score: "-137.1,28.72", low: 29)
    try write("four", [(1, 29, 60), (2, 29, 61)], score: "-140,20", low: 27)
    let run = try small.run("compare", "three", "four")
    let lines = run.out.split(separator: "\n").map(String.init)
    let at = try #require(lines.firstIndex { $0.contains("LoRA") })
    #expect(
      Array(lines[(at + 1)...(at + 7)]) == [
        "    phones PER ↓         50.67 ± 34.08 (3)    29.00 ± 0.00 (2)     −2.00 better",
        "                               29.50…33.00         27.50…31.00       ± 1.41 (2)",
        "    tones accuracy ↑      61.00 ± 1.00 (3)    60.50 ± 0.71 (2)             0.00",
        "                                                                     ± 0.00 (2)",
        "    mean of 2 tasks ↑    55.17 ± 16.60 (3)    65.75 ± 0.35 (2)     +1.00 better",
        "                                                                     ± 0.71 (2)",
        "    score ↑              −137.1 ± 28.7 (3)   −140.0 ± 20.0 (3)       −2.9 worse",
      ], "\(run.out)")
    #expect(lines.allSatisfy { $0.count < 80 })
    let json = try small.run("compare", "three", "four", "--json")
    let parsed = try JSONSerialization.jsonObject(with: Data(json.out.utf8)) as? [String: Any]
    let cell = try #require((parsed?["cells"] as? [[String: Any]])?.first)
    #expect(cell["better"] as? String == "b" && cell["pairedSeeds"] as? Int == 2)
    #expect((cell["a"] as? [String: Any])?["low"] as? Double == 29.5)
    #expect((parsed?["means"] as? [[String: Any]])?.first?["tasks"] as? Int == 2)
    #expect((parsed?["scores"] as? [[String: Any]])?.first?["better"] as? String == "a")
  }

  @Test func equalNumbersHaveNoSpreadBetweenThem() throws {
    let lines = (1...2).map { "tiny,voices,lora,LoRA,,\($0),phones,PER,3\($0),a\r\n" }
    try small.write(Self.head + lines.joined(), to: "five/numbers.csv")
    let run = try small.run("compare", "five", "five")
    #expect(
      run.out.contains(
        "    phones PER ↓          31.50 ± 0.71 (2)    31.50 ± 0.71 (2)             0.00\n\n1 number"
      ),
      "\(run.out)")
  }

  @Test func programsReadIt() throws {
    let run = try small.run("compare", "two", "one", "--json")
    #expect(run.out.hasSuffix("}\n") && run.code == 0)
    let parsed = try JSONSerialization.jsonObject(with: Data(run.out.utf8)) as? [String: Any]
    let cells = try #require(parsed?["cells"] as? [[String: Any]])
    #expect(cells.map { $0["row"] as? String } == ["Stable-FT", "log-mel"])
    #expect(cells[0]["difference"] as? Double == -0.25)
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
