import Experiment
import Foundation
import Subprocess
import SystemPackage

/// One long-lived worker process: requests go in as lines, events come out as lines.
actor WorkerProcess {
  private struct Assignment {
    var key: StageKey
    var report: @Sendable (WorkerEvent) -> Void
    var finish: CheckedContinuation<StageOutcome, Never>
  }

  private let log: WorkerLog
  private let logStart: Int
  private let outgoing: AsyncStream<String>.Continuation
  private var assignment: Assignment?
  private var isReady = false
  private var isStopped = false
  /// What the process said that no worker says.
  private var nonsense: String?
  private var ending: StageOutcome?
  private var life: Task<Void, Never>?

  /// Time that a worker has between being asked to end and being killed: a training saves its state.
  private static let patience = Duration.seconds(10)

  init(program: String, arguments: [String], log: WorkerLog) async {
    self.log = log
    logStart = log.size
    let (lines, outgoing) = AsyncStream.makeStream(of: String.self)
    self.outgoing = outgoing
    life = Task { await self.live(program: program, arguments: arguments, lines: lines) }
  }

  /// Whether the process has ended or is ending.
  var isOver: Bool { ending != nil || isStopped || nonsense != nil }

  /// Hands the process one stage and waits until it is over.
  func carryOut(
    _ request: StageRequest, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    if let ending { return ending }
    let line: String
    do {
      line = try Canonical(encoding: request).text + "\n"
    } catch {
      return .failed(reason: "the request cannot be written: \(error)")
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        assignment = Assignment(key: request.key, report: report, finish: continuation)
        outgoing.yield(line)
        if Task.isCancelled { stop() }
      }
    } onCancel: {
      Task { await self.stop() }
    }
  }

  /// Ends the process: an idle one by the end of its input, a busy one by a signal.
  func stop() {
    guard !isStopped else { return }
    isStopped = true
    outgoing.finish()
    if assignment != nil { life?.cancel() }
  }

  /// Waits until the process has ended.
  func ended() async { await life?.value }

  private func live(
    program: String, arguments: [String], lines: AsyncStream<String>
  ) async {
    var options = PlatformOptions()
    // A group of its own: Ctrl-C in the terminal is for the program, which stops its workers.
    options.processGroupID = 0
    options.teardownSequence = [
      .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: Self.patience)
    ]
    do {
      let result = try await Subprocess.run(
        .path(FilePath(program)), arguments: Arguments(arguments),
        platformOptions: options, input: .inputWriter, output: .sequence,
        error: .fileDescriptor(
          FileDescriptor(rawValue: log.descriptor), closeAfterSpawningProcess: false)
      ) { execution in
        let writing = Task {
          for await line in lines { _ = try await execution.standardInputWriter.write(line) }
          try await execution.standardInputWriter.finish()
        }
        defer { writing.cancel() }
        for try await line in execution.standardOutput.strings(bufferingPolicy: .unbounded) {
          self.hear(line)
        }
      }
      over(Self.words(for: result.terminationStatus))
    } catch {
      over("its process ended: \(error)")
    }
  }

  private func hear(_ line: String) {
    guard nonsense == nil else { return }
    guard let event = try? JSONDecoder().decode(WorkerEvent.self, from: Data(line.utf8)) else {
      // Libraries may chat; what looks like an event and is none would be waited for in vain.
      if line.hasPrefix("{") {
        nonsense = String(line.prefix(200))
        life?.cancel()
      }
      return
    }
    switch event {
    case .ready: isReady = true
    case .done(let key, let seconds, let bytes):
      if key == assignment?.key { finish(.done(seconds: seconds, bytes: bytes)) }
    case .failed(let key, let reason):
      if key == assignment?.key { finish(.failed(reason: reason)) }
    case .progress, .metric: break
    }
    assignment?.report(event)
  }

  private func over(_ how: String) {
    let outcome: StageOutcome
    let how = nonsense.map { "the worker said what no worker says and was ended: \($0)" } ?? how
    if isStopped {
      outcome = .interrupted
    } else {
      let tail = log.tail(from: logStart)
      let end =
        tail.isEmpty
        ? "its log, \(log.path), is empty"
        : "the end of its log, \(log.path):\n" + tail.map { "  | \($0)" }.joined(separator: "\n")
      let reason = "\(how); \(end)"
      outcome = isReady ? .crashed(reason: reason) : .unusable(reason: reason)
    }
    ending = outcome
    finish(outcome)
  }

  private func finish(_ outcome: StageOutcome) {
    assignment?.finish.resume(returning: outcome)
    assignment = nil
  }

  private static func words(for status: TerminationStatus) -> String {
    switch status {
    case .signaled(SIGKILL):
      "the worker was killed (signal 9; where nobody did it by hand, the memory was short)"
    case .signaled(let signal): "the worker died of signal \(signal)"
    case .exited(let code): "the worker ended in mid-stage with exit code \(code)"
    }
  }
}
