import Artifacts
import Experiment
import Foundation
import Speech
import Testing

@testable import SpeechFT

/// Trainers of somebody's own: the contract from both sides, and every way in which a trainer can fail.
@Suite struct CommandStageTests {
  // MARK: A trainer that does what it should

  @Test func whatATrainerLeavesIsPublishedAndWhatItSaysIsHeard() throws {
    let command = try CommandWorld(
      script: """
        echo '{"progress": 0.5, "detail": "half"}'
        echo '{"metric": "loss", "step": 3, "value": 1.25}'
        echo "warming up" >&2
        echo '{"metric": "loss", "step": 4, "value": NaN}'
        echo '{"answer": 42}'
        cp -r "$encoder" "$output"
        printf '{"progress": 1}'
        """)
    let key = command.stage.key
    #expect(
      try command.run() == [
        .progress(key: key, fraction: 0.5, detail: "half"),
        .metric(key: key, name: "loss", step: 3, value: 1.25),
        .progress(key: key, fraction: 1, detail: ""),
      ])
    let (before, after) = try command.weights()
    for (name, tensor) in try #require(before).ordered {
      #expect(try after[tensor: name]?.floats() == tensor.floats(), "\(name)")
    }
    #expect(
      try command.text(command.artifact + "/curve.jsonl")
        == "{\"name\":\"loss\",\"step\":3,\"value\":1.25}\n")
    // Errors and output are two streams: which line of one is before which of the other is not known.
    #expect(
      try Set(command.text(command.log).split(separator: "\n")) == [
        "warming up", #"{"metric": "loss", "step": 4, "value": NaN}"#, #"{"answer": 42}"#,
      ])
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: command.artifact).sorted()
        == ["artifact.json", "curve.jsonl", "model"])
    #expect(!FileManager.default.fileExists(atPath: command.desk))
  }

  @Test func theRequestSaysAllThatTheContractPromises() throws {
    let command = try CommandWorld(
      script: """
        cp "$request" "$(dirname "$0")/seen.json"
        cp "$(field utterances)" "$(dirname "$0")/utterances.jsonl"
        pwd >"$(dirname "$0")/where"
        printf '%s %s' "$OMP_NUM_THREADS" "$ALPHASWEEP_REQUEST" >"$(dirname "$0")/environment"
        [ -d "$scratch" ] && [ ! -e "$output" ] && cp -r "$encoder" "$output"
        """, task: "phones")
    try command.run()
    let request = try Canonical(
      json: Data(contentsOf: URL(fileURLWithPath: command.folder + "/seen.json")))
    guard case .map(var fields) = request else { throw CocoaError(.coderReadCorrupt) }
    let corpus = try #require(command.stage.inputs["corpus"]?.stageKey)
    let pretrained = try #require(command.stage.inputs["encoder"]?.stageKey)
    let audio = command.world.store.folder(.corpus, corpus) + "/audio.s16"
    #expect(
      fields.removeValue(forKey: "encoder")
        == .string(command.world.store.folder(.pretrain, pretrained) + "/model"))
    #expect(
      fields == [
        "contract": .integer(1), "stage": .string("command phones · mine · seed 1"),
        "seed": .integer(1), "output": .string(command.desk + "/output"),
        "scratch": .string(command.desk + "/scratch"),
        "utterances": .string(command.desk + "/utterances.jsonl"), "audio": .string(audio),
        "sample-rate": .integer(16_000), "normalise": .bool(true), "target": .string("phones"),
        "loss": .string("ctc"), "cores": .integer(1), "device": .string("cpu"),
        "parameters": .map(["layers": .integer(2)]),
        "head": .map(["projection": .integer(16), "dropout": .integer(0)]),
        "recipe": .map([
          "steps": .integer(20), "batch-seconds": .integer(4), "accumulate": .integer(1),
          "learning-rate": .real(1e-3), "head-only": .real(0.1), "warm-up": .real(0.1),
          "hold": .real(0.4), "clip": .integer(1), "dropout": .real(0.1),
          "precision": .string("float32"),
        ]),
      ])
    #expect(
      try command.text(command.folder + "/environment") == "1 \(command.desk)/request.json")
    let place = try command.text(command.folder + "/where").dropLast()
    #expect(
      URL(fileURLWithPath: String(place)).resolvingSymlinksInPath()
        == URL(fileURLWithPath: command.folder).resolvingSymlinksInPath())
  }

  /// Nothing that is held out is named, and the samples are where the lines say.
  @Test func utterancesAreThoseOfTheTrainSplit() throws {
    let command = try CommandWorld(
      script: """
        cp "$(field utterances)" "$(dirname "$0")/utterances.jsonl"
        cp -r "$encoder" "$output"
        # Another one than the test before.
        """, task: "phones")
    try command.run()
    let key = try #require(command.stage.inputs["corpus"]?.stageKey)
    let corpus = try Corpus(folder: command.world.store.folder(.corpus, key))
    let selected = corpus.select(Selection(splits: [.train], minutes: ["train": 0.3]))
    let lines = try command.text(command.folder + "/utterances.jsonl").split(separator: "\n")
      .map { try Canonical(json: Data($0.utf8)) }
    #expect(!lines.isEmpty)
    #expect(lines.map { $0["id"]?.string } == selected.map(\.id))
    for (line, utterance) in zip(lines, selected) {
      let phones = try #require(utterance.phones).map { Canonical.string($0) }
      #expect(line["split"] == .string("train"))
      #expect(line["target"] == .list(phones) && line["phones"] == .list(phones))
      #expect(line["text"]?.string == utterance.text)
      #expect(line["labels"]?["speaker"]?.string == utterance.labels["speaker"])
      #expect(line["offset"]?.number == Double(utterance.offset))
      #expect(line["samples"]?.number == Double(utterance.samples))
    }
  }

  /// What a trainer keeps in its scratch folder is there when it is started again.
  @Test func scratchSurvivesAFailureAndOutputDoesNot() throws {
    let command = try CommandWorld(
      script: """
        if [ -e "$scratch/half" ]; then cp -r "$encoder" "$output"; exit; fi
        touch "$scratch/half"; mkdir "$output"; echo "the first time" >&2; exit 3
        """)
    #expect(
      try command.failure() == """
        command speaker · mine · seed 1: '/bin/sh train.sh' ended with exit code 3; the end of its log, \
        STORE/logs/command-KEY.log:
          | the first time
        """)
    try command.run()
    #expect(try command.text(command.log).isEmpty)
  }

  // MARK: Trainers that do not

  @Test func aFailureShowsTheLastTwentyLines() throws {
    let command = try CommandWorld(
      script: """
        i=1; while [ $i -le 30 ]; do echo "line $i"; i=$((i + 1)); done
        printf 'bar 1 %%\\rbar 99 %%'
        exit 7
        """)
    let lines = try #require(try command.failure()).split(separator: "\n").map(String.init)
    #expect(
      lines[0].hasSuffix("ended with exit code 7; the end of its log, STORE/logs/command-KEY.log:"))
    #expect(Array(lines.dropFirst()) == (12...30).map { "  | line \($0)" } + ["  | bar 99 %"])
    #expect(!FileManager.default.fileExists(atPath: command.artifact))
    #expect(try command.text(command.log).hasPrefix("line 1\n"))
  }

  private static let sentence = "command speaker · mine · seed 1: '/bin/sh train.sh' "
  private static let empty = "; its log, STORE/logs/command-KEY.log, is empty"

  @Test(arguments: [
    ("exit 0", "ended well, but left no checkpoint in 'output', STORE/state/KEY/output" + empty),
    (
      "kill -9 $$",
      "was killed (signal 9; where nobody did it by hand, the memory was short)" + empty
    ),
    ("kill -11 $$", "died of signal 11" + empty),
    (
      #"cp -r "$encoder" "$output"; rm "$output/model.safetensors""#,
      "left a checkpoint that cannot be used: STORE/state/KEY/output: cannot be used as a checkpoint: it "
        + "has neither model.safetensors nor pytorch_model.bin, nor an index of parts"
    ),
    (
      #"cp -r "$encoder" "$output"; sed -i 's/"hidden_size":32/"hidden_size":48/' "$output/config.json""#,
      "left a checkpoint of other sizes than θ₀: hidden_size 32 → 48"
    ),
    (
      #"cp -r "$encoder" "$output"; printf '{"do_normalize":false}' >"$output/preprocessor_config.json""#,
      "left a checkpoint of other sizes than θ₀: do_normalize true → false"
    ),
    // The last four bytes of the file are the last number of its last tensor.
    (
      #"cp -r "$encoder" "$output"; size=$(wc -c <"$output/model.safetensors"); "#
        + #"printf '\000\000\300\177' | dd of="$output/model.safetensors" bs=1 seek=$((size - 4)) "#
        + #"conv=notrunc status=none"#,
      "left weights that are not numbers in masked_spec_embed" + empty
    ),
  ])
  func whatATrainerDoesWrongIsSaid(script: String, problem: String) throws {
    let command = try CommandWorld(script: script)
    #expect(try command.failure() == Self.sentence + problem)
    #expect(!FileManager.default.fileExists(atPath: command.artifact))
  }

  @Test func aProgramThatIsNotThereIsSaid() throws {
    let scripts = try TemporaryFolder()
    try scripts.write([], to: "train.sh")
    let command = try CommandWorld(
      trainer: "run: [no-such-program, 'a; b'], files: [train.sh]", files: ["train.sh"],
      in: scripts.path, keeping: scripts, task: "speaker")
    let problem = try #require(try command.failure())
    #expect(
      problem.hasPrefix(
        "command speaker · mine · seed 1: 'no-such-program a; b' ended with exit code 127; the end of "
          + "its log, STORE/logs/command-KEY.log:\n  | "))
    #expect(problem.hasSuffix("no-such-program: not found"))
  }

  @Test func aFileThatChangedSinceThePlanIsNotRun() throws {
    let command = try CommandWorld(
      script: #"touch "$(dirname "$0")/ran"; cp -r "$encoder" "$output""#)
    let script = try command.text(command.folder + "/train.sh")
    try Data("\(script)\n# edited".utf8)
      .write(to: URL(fileURLWithPath: command.folder + "/train.sh"))
    let problem = """
      command speaker · mine · seed 1: FOLDER/train.sh changed since the plan was made; run it again
      """
    #expect(try command.failure() == problem)
    #expect(!FileManager.default.fileExists(atPath: command.folder + "/ran"))
  }

  @Test func aFileThatChangesWhileTheTrainerRunsIsNoticed() throws {
    let command = try CommandWorld(script: #"cp -r "$encoder" "$output"; echo '#' >>"$0""#)
    #expect(
      try command.failure()
        == "command speaker · mine · seed 1: FOLDER/train.sh changed since the plan was made; run it again"
    )
    #expect(!FileManager.default.fileExists(atPath: command.artifact))
  }

  // MARK: Ends from outside

  /// Two processes, of which one hears no request to end.
  private static let hanging = """
    sh -c 'trap "" TERM; echo $$ >"$0/deaf"; while :; do sleep 0.1; done' "$scratch" &
    trap 'echo "saving" >&2; exit 1' TERM
    echo $$ >"$scratch/leader"
    while :; do sleep 0.1; done
    """

  /// The trainer is asked to end, and what it leaves running is killed with it.
  @Test func aRequestToStopEndsTheTrainerAndItsChildren() throws {
    let command = try CommandWorld(script: Self.hanging)
    let stop = StopRequest()
    let scratch = command.desk + "/scratch"
    Thread.detachNewThread {
      _ = try? OtherProcess.number(in: scratch + "/deaf")
      _ = try? OtherProcess.number(in: scratch + "/leader")
      _ = stop.make()
    }
    #expect(
      try command.failure(stop: stop)
        == Self.sentence + "was stopped; the same command starts it again")
    let processes = try ["deaf", "leader"].map {
      try OtherProcess.number(in: "\(scratch)/\($0)")
    }
    #expect(OtherProcess.haveEnded(processes))
    let log = try command.text(command.log)
    // The shell says as well that its sleep was ended.
    #expect(log.hasSuffix("saving\n"))
    #expect(!FileManager.default.fileExists(atPath: command.artifact))
  }

  /// In a worker, which ignores SIGTERM itself: the trainer must not.
  @Test(arguments: [SIGTERM, SIGKILL])
  func aWorkerThatEndsTakesItsTrainerWithIt(signal: Int32) throws {
    let command = try CommandWorld(script: Self.hanging + "\n# In a worker, \(signal)")
    let worker = Process()
    worker.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("alphasweep-worker")
    worker.arguments = ["--artifacts", command.world.store.root]
    let input = Pipe()
    worker.standardInput = input
    worker.standardOutput = Pipe()
    worker.standardError = Pipe()
    try worker.run()
    try input.fileHandleForWriting.write(
      contentsOf: Data((Canonical(encoding: command.request).text + "\n").utf8))
    let processes = try ["deaf", "leader"].map {
      try OtherProcess.number(in: "\(command.desk)/scratch/\($0)")
    }
    kill(worker.processIdentifier, signal)
    worker.waitUntilExit()
    #expect(worker.terminationReason == (signal == SIGTERM ? .exit : .uncaughtSignal))
    #expect(worker.terminationStatus == (signal == SIGTERM ? 143 : SIGKILL))
    #expect(OtherProcess.haveEnded(processes))
    let log = try command.text(command.log)
    #expect(signal == SIGTERM ? log.hasSuffix("saving\n") : log.isEmpty)
  }
}
