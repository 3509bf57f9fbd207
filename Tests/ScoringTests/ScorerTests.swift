import Testing

@testable import Scoring

/// Files in, metrics or words about what is wrong with them out.
@Suite struct ScorerTests {
  private func score(
    _ task: ScoreTask, _ reference: String?, _ hypothesis: String, speakers: String? = nil,
    options: ScoreOptions = ScoreOptions()
  ) throws(ScoreError) -> ScoreReport {
    try Scorer(
      task, reference: reference.map { ScoreFile(name: "ref", text: $0) },
      hypothesis: ScoreFile(name: "hyp", text: hypothesis),
      speakers: speakers.map { ScoreFile(name: "utt2spk", text: $0) }, options: options
    ).report()
  }

  private func value(_ report: ScoreReport) -> Double { report.metrics[0].value }

  private func complaint(
    _ task: ScoreTask, _ reference: String?, _ hypothesis: String, speakers: String? = nil,
    options: ScoreOptions = ScoreOptions()
  ) -> String {
    do {
      let report = try score(task, reference, hypothesis, speakers: speakers, options: options)
      return "no error: \(report.metrics)"
    } catch {
      return "\(error)"
    }
  }

  // MARK: Forms

  @Test func formsOfTextsMayBeMixed() throws {
    let plain = "a the cat  sat \nb\ton the mat\r\n\nc\n"
    let json = """
      {"id": "c", "text": ""}
      {"id": "b", "tokens": ["on", "the", "mat"], "more": 1}
      {"id": "a", "reference": "the cat sat"}
      """
    #expect(value(try score(.wer, json, plain)) == 0)
    #expect(value(try score(.per, plain, plain)) == 0)
    let wrong = "a the dog sat\nb on\nc x y"
    let report = try score(.asr, json, wrong)
    #expect(abs(value(report) - 100 * 5.0 / 6) < 1e-12)
    #expect(
      report.counts.map { "\($0.name) \(Int($0.value))" } == [
        "substitutions 1", "deletions 2", "insertions 2", "words 6", "utterances 3",
      ])
  }

  @Test func linesOfEvaluationsAreReadAsTheyAre() throws {
    let phones = """
      {"hypothesis":["a","b"],"id":"1","reference":["a","c"]}
      {"hypothesis":["x"],"id":"2","reference":["x","y"]}
      """
    #expect(value(try score(.pr, nil, phones)) == 50)
    // A reference of its own goes before that in the hypothesis's file.
    #expect(value(try score(.per, "1 a b\n2 x", phones)) == 0)
    let characters = """
      {"hypothesis":["a"," ","b"],"id":"1","reference":["a"," ","c"]}
      """
    #expect(abs(value(try score(.cer, nil, characters)) - 100.0 / 3) < 1e-12)
    var joining = ScoreOptions()
    joining.joinsTokens = true
    #expect(value(try score(.wer, nil, characters, options: joining)) == 50)
    let slots = """
      {"hypothesis":["<a>","x","</a>"],"id":"1","reference":["<a>","x","y","</a>"]}
      """
    #expect(try score(.sf, nil, slots).metrics.map(\.value) == [100, 50])
    let frames = """
      {"hypothesis":["a","b","c"],"id":"1","reference":["a","","b"]}
      """
    #expect(value(try score(.frameAccuracy, nil, frames)) == 50)
  }

  @Test func codePointsAreComparedAndNothingIsNormalised() throws {
    #expect(value(try score(.wer, "1 caf\u{e9} A", "1 cafe\u{301} a")) == 100)
    // é is one code point or two.
    #expect(value(try score(.cer, "1 \u{e9}", "1 e\u{301}")) == 200)
    #expect(value(try score(.accuracy, "1 \u{e9}", "1 e\u{301}")) == 0)
  }

  @Test func allLabelsOfAnIntentMustBeRight() throws {
    let reference = """
      {"id": "1", "labels": {"action": "on", "object": "lamp", "location": "none"}}
      {"id": "2", "labels": ["off", "lamp"]}
      {"id": "3", "label": "yes"}
      """
    let hypothesis = """
      {"id": "1", "labels": {"action": "on", "object": "lamp", "location": "hall"}}
      {"id": "2", "labels": ["off", "lamp"]}
      {"id": "3", "hypothesis": ["yes"]}
      """
    let report = try score(.ic, reference, hypothesis)
    #expect(abs(value(report) - 200.0 / 3) < 1e-12)
    #expect(report.counts.map(\.value) == [2, 3])
    #expect(value(try score(.ks, "1 go left", "1 go right")) == 0)
  }

  @Test func speakersAreDrawnWhereTheyAreKnown() throws {
    let reference = (0..<9).map { #"{"id":"\#($0)","label":"x","speaker":"s\#($0 % 3)"}"# }
    let hypothesis = (0..<9).map { "\($0) \($0 % 3 == 0 ? "x" : "y")" }.joined(separator: "\n")
    let text = reference.joined(separator: "\n")
    let report = try score(.er, text, hypothesis)
    #expect(report.unit == .speakers)
    #expect(report.units == 3)
    #expect(report.metrics[0].interval == Bootstrap.Interval(low: 0, high: 100))
    let table = (0..<9).map { "\($0) t\($0 % 2)" }.joined(separator: "\n")
    #expect(try score(.er, text, hypothesis, speakers: table).units == 2)
    // Of a speaker's name the label is who speaks.
    let names = "1 eve\n2 bob\n3 eve"
    #expect(try score(.sid, names, names).unit == .speakers)
    #expect(try score(.sid, names, names).units == 2)
    #expect(try score(.ks, names, names).unit == .utterances)
    var once = ScoreOptions()
    once.resamples = 0
    #expect(try score(.ks, names, names, options: once).metrics[0].interval == nil)
  }

  @Test func trialsComeInSeveralForms() throws {
    let scores = "e1 t1 0.9\ne1 t2 0.2\ne2 t1 -1e-1\ne2 t2 0.15"
    let json = """
      {"enrol": "e2", "test": "t2", "score": 0.15}
      {"enrol": "e1", "test": "t1", "score": 0.9}
      {"enrol": "e1", "test": "t2", "score": 0.2}
      {"enrol": "e2", "test": "t1", "score": -0.1}
      """
    for labels in [
      "1 e1 t1\n0 e1 t2\n1 e2 t1\n0 e2 t2",
      "e1 t1 target\ne1 t2 nontarget\ne2 t1 target\ne2 t2 nontarget",
      """
      {"enrol": "e1", "test": "t1", "label": 1}
      {"enrol": "e1", "test": "t2", "label": false}
      {"enrol": "e2", "test": "t1", "label": "target"}
      {"enrol": "e2", "test": "t2", "label": 0}
      """,
    ] {
      #expect(try score(.asv, labels, scores).metrics.map(\.value) == [50, 0.5])
      #expect(try score(.asv, labels, json).metrics.map(\.value) == [50, 0.5])
    }
    let both = #"{"query": "q", "document": "d", "score": 1, "label": 1}"#
    #expect(try score(.qbe, nil, both).metrics.map(\.value) == [1])
    let enrolled = try score(
      .asv, "1 e1 t1\n0 e1 t2\n1 e2 t1\n0 e2 t2", scores,
      speakers: "e1 eve\ne2 bob\nt1 eve\nt2 ann")
    #expect(enrolled.unit == .speakers)
    #expect(enrolled.units == 3)
    #expect {
      try score(.asv, "1 e1 t1\n0 e1 t2\n1 e2 t1\n0 e2 t2", scores, speakers: "e1 eve\ne2 bob")
    } throws: {
      "\($0)".contains("t1") && "\($0)".contains("t2")
    }
  }

  // MARK: What is wrong

  @Test func badLinesAreToldWithTheirNumbers() {
    #expect(
      complaint(
        .wer, "{\"id\": \"a\"}\n{\"id\": 1}\nx\n{\"id\": \"b\", \"text\": 3}\n", "a x\nb\n a y")
          == """
          ref:1: there is no 'reference', and no 'text', 'tokens', 'label' or 'labels' either
          ref:2: 'id' must be a text, and names the utterance
          ref:3: this is no JSON object on one line
          ref:4: 'text' must be a text, a list of texts, or texts by name
          hyp:3: 'a' stands in line 1 already; each id has one line
          """)
    #expect(
      complaint(.wer, "{\"id\": \"a\", \"text\": \"\", \"tokens\": []}", "a")
        == "ref:1: 'text' and 'tokens' are both there; give one")
    #expect(
      complaint(.per, nil, "a b c\n")
        == "hyp: is one file with one side; give '--reference' too, or JSON lines with 'reference' "
        + "and 'hypothesis'")
    #expect(complaint(.per, "", "a b") == "ref: the file is empty")
    #expect(
      complaint(.per, nil, "{\"id\": \"a\", \"hypothesis\": []}")
        == "hyp:1: there is no 'reference', and no 'text', 'tokens', 'label' or 'labels' either")
    let lines = (1...14).map { _ in "x" }.joined(separator: "\n")
    #expect(
      complaint(.wer, "a b", "{}\n" + lines).hasSuffix(
        "hyp:10: this is no JSON object on one line\nand 5 more lines like these"))
  }

  @Test func idsOfOneSideAloneAreNamed() {
    let many = (1...7).map { "u\($0) x" }.joined(separator: "\n")
    #expect(
      complaint(.wer, many, "u1 x\nv x") == """
        hyp: has no line for 6 utterances of ref: 'u2', 'u3', 'u4', 'u5', 'u6', …
        ref: has no line for 1 utterance of hyp: 'v'
        """)
    #expect(
      complaint(.asv, "1 a b\n0 a c", "a b 1\na d 2") == """
        hyp: has no score for 1 trial of ref: 'a c'
        ref: has no label for 1 trial of hyp: 'a d'
        """)
    #expect(
      complaint(.sd, "SPEAKER r 1 0 1 <NA> <NA> a", "SPEAKER q 1 0 1 <NA> <NA> a")
        == "ref: has no turn in 1 recording of hyp: 'q'")
    #expect(
      complaint(.wer, "a x\nb y", "a x\nb y", speakers: "a eve")
        == "utt2spk: has no line for 1 id of the reference: 'b'")
    #expect(
      complaint(
        .wer, "{\"id\":\"a\",\"text\":\"x\",\"speaker\":\"s\"}\n{\"id\":\"b\",\"text\":\"x\"}",
        "a x\nb y") == "ref:2: there is no 'speaker', which other lines have")
    #expect(
      complaint(.wer, "a x", "a x", speakers: "a eve x")
        == "utt2spk:1: a line is an id and its speaker")
  }

  @Test func badTokensAreNamed() {
    let characters = "{\"id\":\"1\",\"reference\":[\"a\",\" \"],\"hypothesis\":[\"a\"]}"
    #expect(
      complaint(.wer, nil, characters)
        == "hyp:1: ' ' is none of the words; '--join' makes words of characters")
    #expect(
      complaint(.per, "{\"id\":\"1\",\"tokens\":[\"\"]}", "1 a")
        == "ref:1: '' is none of the phones")
    #expect(
      complaint(.cer, "{\"id\":\"1\",\"tokens\":[\"the\"]}", "1 a")
        == "ref:1: 'the' is no single character; give a text, whose characters are counted")
    #expect(
      complaint(.per, "{\"id\":\"1\",\"labels\":{\"a\":\"b\"}}", "1 a")
        == "ref:1: a text or a list of tokens is wanted here")
    #expect(
      complaint(.frameAccuracy, "1 a b", "1 a") == "hyp:1: '1' has 1 frames, and the reference 2")
  }

  @Test func badTrialsAndTurnsAreTold() {
    #expect(
      complaint(.asv, "2 a b\n1 a c\n1 a c", "a c nan\n") == """
        ref:1: a line is '1 enrol test' (or 0), or 'enrol test target' (or nontarget)
        ref:3: trial 'a c' stands in line 2 already; each has one line
        hyp:1: a line is 'enrol test score', with a finite number
        """)
    #expect(
      complaint(.qbe, nil, "{\"query\":\"a\",\"document\":\"b\",\"score\":\"1\",\"label\":2}\n{}\n")
        == """
        hyp:1: 'label' must be 1 or 0, true or false, target or nontarget
        hyp:1: 'score' must be a number
        hyp:2: 'query' and 'document' must be texts
        """)
    #expect(
      complaint(.sd, "SPKR-INFO x\n", "SPEAKER r 1 0 0 <NA> <NA> a")
        == "ref: no line begins with 'SPEAKER', as turns in RTTM do")
    #expect(
      complaint(.sd, "SPEAKER r 1 0 1 <NA> <NA> a", "\nSPEAKER r 1 0 0 <NA> <NA> a")
        == "hyp:2: a turn is 'SPEAKER recording 1 start duration <NA> <NA> speaker', in seconds, "
        + "with a duration above 0")
    #expect(
      complaint(.sd, nil, "SPEAKER r 1 0 1 <NA> <NA> a")
        == "hyp: RTTM has one side; give '--reference' too")
  }

  @Test func whatHasNoMetricSaysWhy() {
    #expect(
      complaint(.wer, "a", "a x")
        == "ref: there are no words in the references, so there is no error rate")
    #expect(
      complaint(.asv, "1 a b", "a b 1")
        == "ref: all trials are targets; an equal error rate needs both")
    #expect(
      complaint(.qbe, "0 a b", "a b 1")
        == "ref: no trial is a target, so no query counts and there is no term-weighted value")
    #expect(
      complaint(.sf, "a x", "a x")
        == "ref: there is no slot in the references; write <name>value</name> or B-name value E-name"
    )
    var wide = ScoreOptions()
    wide.collar = 5
    let turn = "SPEAKER r 1 0 1 <NA> <NA> a"
    #expect(
      complaint(.sd, turn, turn, options: wide) == "ref: the collar leaves no speech to score")
  }
}
