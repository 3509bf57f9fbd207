import Foundation
import Testing

/// `alphasweep score`, run as people run it.
@Suite struct ScoreCommandTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  @Test func aScoreIsReadableAndHasItsInterval() throws {
    try small.write(
      """
      {"id":"a","text":"the cat sat","speaker":"eve"}
      {"id":"b","text":"on the mat","speaker":"bob"}
      {"id":"c","text":"café","speaker":"bob"}

      """, to: "ref.jsonl")
    try small.write("a\tthe cat sat\nb on a mat now\nc\n", to: "hyp.txt")
    let wer = try small.run("score", "wer", "--reference", "ref.jsonl", "--hypothesis", "hyp.txt")
    #expect(wer.err == "")
    #expect(
      wer.out == """
        WER  42.86 %  95 %: 0.00 % to 75.00 %

        substitutions  1
        deletions      1
        insertions     1
        words          7
        utterances     3

        Intervals: percentile bootstrap over 2 speakers, 1,000 draws, seed 1.

        """)
    #expect(wer.code == 0)
    let json = try small.run(
      "score", "asr", "--reference", "ref.jsonl", "--hypothesis", "hyp.txt", "--json",
      "--resamples", "0", "--seed", "7")
    #expect(
      json.out == """
        {"bootstrap":{"level":0.95,"over":"speakers","resamples":0,"seed":7,"units":2},"counts":\
        {"deletions":1,"insertions":1,"substitutions":1,"utterances":3,"words":7},"metrics":\
        [{"name":"WER","unit":"percent","value":42.857142857142854}],"task":"asr"}

        """)
  }

  @Test func whatEvaluationsWriteIsScoredAlone() throws {
    try small.write(
      """
      {"hypothesis":["a","b"],"id":"1","reference":["a","c"]}
      {"hypothesis":["x"],"id":"2","reference":["x","y"]}

      """, to: "hypotheses.jsonl")
    let per = try small.run("score", "per", "--hypothesis", "hypotheses.jsonl", "--resamples", "0")
    #expect(
      per.out == """
        PER  50.00 %

        substitutions  1
        deletions      1
        insertions     0
        phones         4
        utterances     2

        No interval was asked for.

        """)
    let again = try small.run("score", "per", "--hypothesis", "hypotheses.jsonl")
    #expect(try small.run("score", "per", "--hypothesis", "hypotheses.jsonl").out == again.out)
  }

  @Test func trialsAndTurnsAreScored() throws {
    try small.write("1 e1 t1\n0 e1 t2\n1 e2 t1\n0 e2 t2\n", to: "trials")
    try small.write("e1 t1 0.9\ne1 t2 0.2\ne2 t1 0.1\ne2 t2 0.15\n", to: "scores")
    let asv = try small.run(
      "score", "asv", "--reference", "trials", "--hypothesis", "scores", "--resamples", "0")
    #expect(asv.out.hasPrefix("EER     50.00 %\nminDCF   0.5000\n\ntarget trials      2\n"))
    let dear = try small.run(
      "score", "asv", "--reference", "trials", "--hypothesis", "scores", "--resamples", "0",
      "--prior", "0.5", "--miss-cost", "1", "--false-alarm-cost", "1", "--json")
    // Accepting e1 t1 alone misses half of the targets: 0.25 of the 0.5 that deciding nothing costs.
    #expect(dear.out.contains(#"{"name":"minDCF","unit":"none","value":0.5}"#), "\(dear.out)")
    let qbe = try small.run(
      "score", "qbe", "--reference", "trials", "--hypothesis", "scores", "--resamples", "0")
    #expect(
      qbe.out == """
        MTWV  0.5000

        threshold                0.9000
        beta                    12.4900
        queries                       2
        queries without target        0
        target trials                 2
        trials                        4

        No interval was asked for.

        """)
    try small.write(
      "SPEAKER r 1 0 10 <NA> <NA> a <NA> <NA>\nSPEAKER r 1 5 10 <NA> <NA> b <NA> <NA>\n",
      to: "ref.rttm")
    try small.write("SPEAKER r 1 0 15 <NA> <NA> x <NA> <NA>\n", to: "hyp.rttm")
    let sd = try small.run("score", "sd", "--reference", "ref.rttm", "--hypothesis", "hyp.rttm")
    #expect(
      sd.out == """
        DER  50.00 %

        missed seconds              5
        false alarm seconds         0
        confused seconds            5
        seconds of speech          20
        recordings                  1
        recordings without a turn   0

        No interval: there is too little to draw from (1 recording).

        """)
  }

  @Test func whatIsWrongWithAFileExitsWithTwo() throws {
    try small.write("a the cat\nb sat\n", to: "ref.txt")
    try small.write("a the cat\na sat\n", to: "twice.txt")
    try small.write("a the cat\n", to: "short.txt")
    let twice = try small.run("score", "wer", "--reference", "ref.txt", "--hypothesis", "twice.txt")
    #expect(twice.err == "twice.txt:2: 'a' stands in line 1 already; each id has one line\n")
    #expect(twice.code == 2)
    let short = try small.run("score", "wer", "--reference", "ref.txt", "--hypothesis", "short.txt")
    #expect(short.err == "short.txt: has no line for 1 utterance of ref.txt: 'b'\n")
    #expect(short.out == "")
    #expect(short.code == 2)
    let missing = try small.run("score", "wer", "--hypothesis", "nowhere.txt")
    #expect(
      missing.err
        == "alphasweep: nowhere.txt: the file to score cannot be read: No such file or directory\n")
    #expect(missing.code == 2)
  }

  @Test(arguments: [
    ["der"], ["wer", "--collar", "1"], ["per", "--join"], ["wer", "--prior", "0.1"],
    ["asv", "--prior", "1"], ["sd", "--collar", "-1"], ["sd", "--speakers", "x"],
    ["wer", "--resamples", "-1"], ["wer", "--seed", "-1"],
  ])
  func aWrongCommandExitsWith64(arguments: [String]) throws {
    let run = try small.run(arguments: ["score"] + arguments + ["--hypothesis", "x"])
    #expect(run.code == 64)
  }
}
