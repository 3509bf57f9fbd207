import Foundation
import Testing

/// `inspect`, `convert`, `features` and `similarity` with the worker itself, on the small checkpoints of
/// the encoders' tests.
@Suite struct LookingCommandsTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment(worker: .built) }

  private static func fixture(_ name: String) -> String {
    URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../SpeechTests/Fixtures/" + name).standardized.path
  }

  private static let original = fixture("checkpoints/hubert_fairseq.pt")

  private struct Seen: Decodable {
    struct Sizes: Decodable { var layers: Int }
    var format: String
    var sizes: Sizes?
    var problems: [String]
  }

  private func inspect(_ checkpoint: String) throws -> (code: Int32, seen: Seen) {
    let answer = try small.run("inspect", checkpoint, "--json")
    return (answer.code, try JSONDecoder().decode(Seen.self, from: Data(answer.out.utf8)))
  }

  @Test func anOriginalFileIsInspectedAndConverted() throws {
    let before = try inspect(Self.original)
    #expect(before.code == 0)
    #expect(before.seen.format == "original file of fairseq")
    #expect(before.seen.problems.isEmpty)
    let text = try small.run("inspect", Self.original)
    #expect(text.out.hasSuffix("\nit loads as an encoder\n"))
    let converted = try small.run("convert", Self.original, "-o", "folder")
    #expect(converted.code == 0, "\(converted.err)")
    let after = try inspect("folder")
    #expect(after.code == 0)
    #expect(after.seen.format == "Hugging Face folder, safetensors")
    #expect(after.seen.sizes?.layers == before.seen.sizes?.layers)
    let again = try small.run("convert", Self.original, "-o", "folder")
    #expect(again.code == 1)
    #expect(again.err.contains("is there already"), "\(again.err)")
  }

  @Test func whatWouldNotLoadIsSaidWithItsExitCode() throws {
    let missing = try inspect("nowhere/at/all")
    #expect(missing.code == 2)
    #expect(missing.seen.problems.count == 1)
    try small.write("no zip, no pickle", to: "broken.pt")
    #expect(try inspect("broken.pt").code == 2)
  }

  /// What an index says and its parts do not have is told before anybody loads it.
  @Test func anIndexThatIsWrongIsSaid() throws {
    let folder = small.path + "/parts"
    try FileManager.default.copyItem(
      atPath: Self.fixture("checkpoints/hubert_sharded"), toPath: folder)
    let path = "parts/model.safetensors.index.json"
    let index = try small.text(path)
    #expect(try inspect("parts").code == 0)
    try small.write(
      index.replacing("\"weight_map\": {", with: "\"weight_map\": {\n\"made.up\": \"x\","),
      to: path)
    #expect(try inspect("parts").code == 2)
    let file = try #require(index.firstMatch(of: /model-0[^"]*/)).output
    try small.write(
      index.replacing(
        "\"weight_map\": {", with: "\"weight_map\": {\n\"made.up\": \"\(file)\","), to: path)
    let wrong = try inspect("parts")
    #expect(wrong.code == 2)
    #expect(
      wrong.seen.problems == ["missing made.up, which the index says is in \(file)"],
      "\(wrong.seen.problems)")
  }

  @Test func featuresAndSimilarityAreThoseOfTheRecordings() throws {
    let tone = Self.fixture("tone.wav")
    let features = try small.run(
      "features", Self.original, tone, "-o", "states.safetensors", "--threads", "1", "--json")
    #expect(features.code == 0, "\(features.err)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: small.path + "/states.safetensors"))
    #expect(bytes.count > 1000)
    let other = Self.fixture("checkpoints/hubert_s3prl.pt")
    let similarity = try small.run(
      "similarity", Self.original, other, "--recordings", tone, "--threads", "1", "--json")
    #expect(similarity.code == 0, "\(similarity.err)")
    #expect(similarity.out.contains("\"linearCKA\""), "\(similarity.out)")
    let card = try small.run("features", Self.original, tone, "-o", "x", "--device", "tpu")
    #expect(card.code == 64)
  }

  /// As it was published: no folder has to be made of it first.
  @Test func anOriginalFileEntersASpec() throws {
    let spec = SmallExperiment.spec().replacing("models/tiny", with: Self.original)
    try small.write(spec, to: "experiments/small.yaml")
    let plan = try small.run("plan", "experiments/small.yaml")
    #expect(plan.code == 0, "\(plan.err)")
    #expect(plan.out.contains("downsample      1     0"), "\(plan.out)")
    // Its sizes are kept: nobody is asked again.
    small.worker = .at("/bin/false")
    let again = try small.run("plan", "experiments/small.yaml")
    #expect(again.code == 0, "\(again.err)")
    #expect(again.out == plan.out)
  }

  @Test func anOriginalFileThatWouldNotLoadIsSaidByThePlan() throws {
    try small.write("no pickle", to: "experiments/models/broken.pt")
    try small.write(
      SmallExperiment.spec().replacing("models/tiny", with: "models/broken.pt"),
      to: "experiments/small.yaml")
    let plan = try small.run("plan", "experiments/small.yaml")
    #expect(plan.code == 2)
    #expect(plan.err.hasPrefix("alphasweep: experiments/models/broken.pt: "), "\(plan.err)")
  }

  /// As Slurm ends it: there is no training to save, so at once, and with the code of that signal.
  @Test func aWorkerWithoutTrainingEndsOnSIGTERM() throws {
    let worker = Process()
    worker.executableURL = URL(fileURLWithPath: small.builtWorker)
    worker.arguments = ["--artifacts", small.path + "/store"]
    let (input, output) = (Pipe(), Pipe())
    worker.standardInput = input
    worker.standardOutput = output
    try worker.run()
    let ready = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    #expect(ready.contains("\"ready\""), "\(ready)")
    kill(worker.processIdentifier, SIGTERM)
    worker.waitUntilExit()
    #expect(worker.terminationReason == .exit)
    #expect(worker.terminationStatus == 128 + SIGTERM)
  }

  /// Even with an input that stays open and nobody to hear it, as under a program that was killed.
  @Test func aWorkerEndsWithItsParent() throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    let worker = small.builtWorker
    // `wait` keeps the shell a parent; the sleeper holds the input open.
    shell.arguments = [
      "-c",
      "mkfifo '\(small.path)/in'; sleep 600 > '\(small.path)/in' & sleeper=$!; "
        + "'\(worker)' --artifacts '\(small.path)/store' < '\(small.path)/in' > '\(small.path)/out' & "
        + "echo $! $sleeper; wait",
    ]
    let out = Pipe()
    shell.standardOutput = out
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    let line = String(decoding: out.fileHandleForReading.availableData, as: UTF8.self)
    let processes = line.split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    try #require(processes.count == 2)
    for _ in 0..<3000 where (try? small.text("out").isEmpty) != false { usleep(100_000) }
    #expect(try small.text("out").contains("\"ready\""))
    #expect(Self.isRunning(processes[0]))
    kill(shell.processIdentifier, SIGKILL)
    // Foundation's waiting would last as long as the sleeper.
    for _ in 0..<3000 where Self.isRunning(processes[0]) { usleep(100_000) }
    #expect(!Self.isRunning(processes[0]))
    #expect(Self.isRunning(processes[1]), "the input closed, which ends any worker")
    kill(processes[1], SIGKILL)
  }

  /// A program that died before its worker looked for it: whoever inherits the worker is not its parent.
  @Test func aWorkerWhoseParentIsGoneBeforeItStartsEnds() throws {
    let (worker, input) = (Process(), Pipe())
    worker.executableURL = URL(fileURLWithPath: small.builtWorker)
    worker.arguments = ["--artifacts", small.path + "/store", "--parent", "4194304"]
    worker.standardInput = input
    worker.standardOutput = FileHandle.nullDevice
    try worker.run()
    for _ in 0..<3000 where worker.isRunning { usleep(100_000) }
    #expect(!worker.isRunning && worker.terminationStatus == 1)
    if worker.isRunning { worker.terminate() }
    // Open until here: a closed input ends any worker.
    try input.fileHandleForWriting.close()
  }

  /// Whether a process is there and not only its exit status.
  private static func isRunning(_ process: Int32) -> Bool {
    guard let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat") else {
      return false
    }
    let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last ?? ""
    return !fields.hasPrefix(" Z")
  }
}
