import Experiment

/// What a worker is started for. Workers are started by `alphasweep`, so a few words suffice.
struct WorkerOptions {
  enum Command: Equatable {
    case serve(store: String, computing: Computing, parent: Int32?)
    case export(request: String, experiment: String, output: String, store: String)
    case look
    case library
    case check(Computing)
    case help
  }

  struct UsageError: Error, CustomStringConvertible {
    var description: String
  }

  let command: Command

  static let help = """
    alphasweep-worker: carries out stages for alphasweep

    USAGE: alphasweep-worker --artifacts <folder> [--device cpu|cuda|cuda:N] [--gradient-checkpointing]
                                   [--save-every <seconds>] [--parent <process>]
           alphasweep-worker export --request <file> --experiment <name> --output <folder>
                                   --artifacts <folder>
           alphasweep-worker look
           alphasweep-worker --library
           alphasweep-worker --check [--device cpu|cuda|cuda:N]

    Stages come in on standard input and events go out on standard output, both as JSON lines.
    'export' writes the encoder of one stage as a Hugging Face folder; 'look' answers one question about
    checkpoints and recordings, JSON in and out; '--library' says which libtorch and which BLAS
    compute, '--check' what all libraries can do, as JSON.
    """

  init(_ arguments: [String]) throws(UsageError) {
    if arguments.contains("--help") || arguments.contains("-h") {
      command = .help
      return
    }
    if arguments == ["--library"] {
      command = .library
      return
    }
    if arguments == ["look"] {
      command = .look
      return
    }
    let isExport = arguments.first == "export"
    let isCheck = arguments.first == "--check"
    var values: [String: String] = [:]
    var computing = Computing()
    var rest = arguments.dropFirst(isExport || isCheck ? 1 : 0)
    while let name = rest.popFirst() {
      if name == "--gradient-checkpointing" {
        computing.checkpointsGradients = true
        continue
      }
      let names = [
        "--artifacts", "--request", "--experiment", "--output", "--device", "--save-every",
        "--parent",
      ]
      guard names.contains(name), let value = rest.popFirst()
      else { throw UsageError(description: "unexpected '\(name)'\n\n\(Self.help)") }
      values[name] = value
    }
    func required(_ name: String) throws(UsageError) -> String {
      guard let value = values[name] else {
        throw UsageError(description: "missing '\(name)'\n\n\(Self.help)")
      }
      return value
    }
    if let name = values["--device"] {
      guard let device = Device(name) else {
        throw UsageError(description: "'\(name)' is no device; write cpu, cuda or cuda:0")
      }
      computing.device = device
    }
    if let text = values["--save-every"] {
      guard let seconds = Double(text), seconds >= 0 else {
        throw UsageError(description: "'\(text)' is no number of seconds")
      }
      computing.saveSeconds = seconds
    }
    if isCheck {
      command = .check(computing)
      return
    }
    let parent = try values["--parent"].map { text throws(UsageError) in
      guard let parent = Int32(text), parent > 0 else {
        throw UsageError(description: "'\(text)' is no number of a process")
      }
      return parent
    }
    let store = try required("--artifacts")
    command =
      isExport
      ? .export(
        request: try required("--request"), experiment: try required("--experiment"),
        output: try required("--output"), store: store)
      : .serve(store: store, computing: computing, parent: parent)
  }
}
