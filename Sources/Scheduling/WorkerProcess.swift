import Experiment
import Foundation
import Subprocess
import SystemPackage

/// One long-lived worker process: requests go in as lines, events come out as lines.
actor WorkerProcess {
  private struct Assignment {
    var request: StageRequest
    var report: @Sendable (WorkerEvent) -> Void
    var finish: CheckedContinuation<StageOutcome, Never>

    var key: StageKey { request.key }
  }

  private let log: WorkerLog
  private let logStart: Int
  private let outgoing: AsyncStream<String>.Continuation
  /// In the order in which they were given.
  private var assignments: [Assignment] = []
  /// Stages in hand whose part of the log has begun.
  private var marked: Set<StageKey> = []
  private var isReady = false
  private var isStopped = false
  /// What the process said that no worker says.
  private var nonsense: String?
  private var ending: StageOutcome?
  private var life: Task<Void, Never>?

  /// Time that a worker has between being asked to end and being killed: a training saves its state. Whoever
  /// ends a run waits no longer than 5 s.
  static let patience = Duration.milliseconds(4500)

  /// Starts the process for a first stage: what it says while it starts is of that stage's attempt.
  init(
    program: String, arguments: [String], card: String? = nil, log: WorkerLog, first: StageRequest
  ) async {
    self.log = log
    log.begin(first)
    marked = [first.key]
    logStart = log.size
    let (lines, outgoing) = AsyncStream.makeStream(of: String.self)
    self.outgoing = outgoing
    life = Task {
      await self.live(program: program, arguments: arguments, card: card, lines: lines)
    }
  }

  /// Whether the process has ended or is ending.
  var isOver: Bool { ending != nil || isStopped || nonsense != nil }

  /// Hands the process one stage and waits until it is over. It may have others in hand.
  func carryOut(
    _ request: StageRequest, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    if let ending { return ending }
    let line = request.canonical.text + "\n"
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        assignments.append(
          Assignment(request: request, report: report, finish: continuation))
        if assignments.count == 1 { mark(request) }
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
    if !assignments.isEmpty { life?.cancel() }
  }

  /// Waits until the process has ended.
  func ended() async { await life?.value }

  private func live(
    program: String, arguments: [String], card: String?, lines: AsyncStream<String>
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
        environment: card.map { .inherit.updating(["CUDA_VISIBLE_DEVICES": $0]) } ?? .inherit,
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
      over(
        Self.words(for: result.terminationStatus),
        isKilled: result.terminationStatus == .signaled(SIGKILL))
    } catch {
      over("its process ended: \(error)")
    }
  }

  private func hear(_ line: String) {
    guard nonsense == nil else { return }
    guard let event = WorkerEvent(line: line) else {
      // Libraries may chat; what looks like an event and is none would be waited for in vain.
      if line.hasPrefix("{") {
        nonsense = String(line.prefix(200))
        life?.cancel()
      }
      return
    }
    switch event {
    case .ready:
      isReady = true
      assignments.first?.report(event)
    case .done(let key, let seconds, let bytes):
      finish(key, event, .done(seconds: seconds, bytes: bytes))
    case .failed(let key, let reason): finish(key, event, .failed(reason: reason))
    case .progress(let key, _, _), .metric(let key, _, _, _):
      assignments.first { $0.key == key }?.report(event)
    }
  }

  /// Begins a stage's part of the log, once.
  private func mark(_ request: StageRequest) {
    if marked.insert(request.key).inserted { log.begin(request) }
  }

  private func finish(_ key: StageKey, _ event: WorkerEvent, _ outcome: StageOutcome) {
    guard let index = assignments.firstIndex(where: { $0.key == key }) else { return }
    let assignment = assignments.remove(at: index)
    // One that ended before those it was given after has a part of its own all the same.
    mark(assignment.request)
    marked.remove(key)
    if let next = assignments.first { mark(next.request) }
    assignment.report(event)
    assignment.finish.resume(returning: outcome)
  }

  /// - Parameters:
  ///   - how: How the process ended.
  ///   - isKilled: Whether somebody killed it, or memory was short: another one may do better, even where
  ///     this one never got ready.
  private func over(_ how: String, isKilled: Bool = false) {
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
      outcome =
        !isReady && !isKilled
        ? .unusable(reason: reason)
        : assignments.count > 1 ? .lost(reason: reason) : .crashed(reason: reason)
    }
    ending = outcome
    for assignment in assignments { assignment.finish.resume(returning: outcome) }
    assignments = []
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
