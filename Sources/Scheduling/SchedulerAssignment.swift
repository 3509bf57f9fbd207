import Artifacts
import Experiment
import Foundation
import Ledger

/// Which worker gets which stage, and when.
extension Scheduler {
  /// Gives stages to workers while there are both.
  func assign(in group: inout ThrowingTaskGroup<Step, any Error>) async throws {
    var given: [(stage: Stage, worker: Int, companions: [StageKey])] = []
    while let (stages, worker) = choose() {
      var wanted: [Stage] = []
      for stage in stages where await isStillToDo(stage, on: worker) { wanted.append(stage) }
      given += wanted.map { stage in
        (stage, worker, wanted.map(\.key).filter { $0 != stage.key })
      }
    }
    guard !given.isEmpty else { return }
    let started = Date()
    let numbers = try ledger.begin(
      given.map { ($0.stage.key, $0.worker) }, experiment: plan.experiment, host: host,
      process: getpid(), started: started)
    for ((stage, worker, companions), number) in zip(given, numbers) {
      report(.started(stage, worker: worker, attempt: number))
      var request = StageRequest(stage, in: plan, attempt: number)
      request.companions = companions.isEmpty ? nil : companions
      running[stage.key] = Running(
        worker: worker, attempt: number, started: started, isInPass: !companions.isEmpty,
        work: start(request, on: worker, in: &group))
      // Given up while others were asked about.
      if cancelled.contains(stage.key) { running[stage.key]?.work.cancel() }
    }
  }

  /// Whether a stage that was chosen is to be done here; where it is not, the choice is undone.
  private func isStillToDo(_ stage: Stage, on worker: Int) async -> Bool {
    if store.contains(stage.kind, stage.key) {
      takeBack(stage.key, from: worker)
      finish(stage)
      report(.madeElsewhere(stage))
      return false
    }
    let isElsewhere = store.isBeingMade(stage.key)
    if isElsewhere, await !backend.carriesOut(stage.key) {
      takeBack(stage.key, from: worker)
      agenda.leaveElsewhere(stage.key)
      report(.elsewhere(stage))
      // While this was asked, the stage may have been given up.
      if cancelled.contains(stage.key) { giveUp(stage) }
      return false
    }
    if cancelled.contains(stage.key) {
      takeBack(stage.key, from: worker)
      giveUp(stage)
      return false
    }
    return true
  }

  /// Chooses a stage and a worker, whose hand it is in from now on, and those that join it; where others use this machine
  /// too, in agreement with them.
  private func choose() -> (stages: [Stage], worker: Int)? {
    guard let share else { return take(nextAssignment(beside: [], of: nil), beside: []) }
    return share.sharing { others in
      let chosen = take(nextAssignment(beside: others, of: share), beside: others)
      // What would begin if nobody else were there.
      let wanted =
        chosen == nil && !others.isEmpty ? nextAssignment(beside: [], of: nil)?.stage : nil
      waitsForRoom = wanted != nil
      return (chosen, Load(sum: loads), waitsForRoom ? wanted?.resources.cores ?? 0 : 0)
    }
  }

  private func take(
    _ chosen: (stage: Stage, worker: Int)?, beside entries: [HostShare.Entry]
  ) -> (stages: [Stage], worker: Int)? {
    guard let (stage, worker) = chosen else { return nil }
    put(stage, inHandOf: worker)
    held[worker] = agenda.inputs(of: stage.key)
    let others = companions(of: stage, on: worker, beside: entries)
    for other in others { put(other, inHandOf: worker) }
    if !others.isEmpty { inOnePass.insert(worker) }
    return ([stage] + others, worker)
  }

  private func put(_ stage: Stage, inHandOf worker: Int) {
    agenda.start(stage.key)
    inHand[worker, default: []].append(stage.key)
  }

  /// Notes that a worker does not have a stage in hand any more.
  func takeBack(_ key: StageKey, from worker: Int) {
    inHand[worker]?.removeAll { $0 == key }
    guard inHand[worker]?.isEmpty == true else { return }
    inHand[worker] = nil
    inOnePass.remove(worker)
  }

  /// What each busy worker takes.
  var loads: [Load] {
    inHand.map { worker, keys in
      let needs = keys.compactMap { plan.stages[$0]?.resources }
      return inOnePass.contains(worker) ? Load(together: needs) : Load(needs)
    }
  }

  /// The next stage for a worker with nothing to do; or else for one that has brisk stages in hand, which
  /// takes more of them, so that it need not wait for the disk and for us between any two.
  private func nextAssignment(
    beside entries: [HostShare.Entry], of share: HostShare?
  ) -> (stage: Stage, worker: Int)? {
    let used = loads
    let workers = 1...room.workers
    let idle = workers.filter { inHand[$0] == nil }
    let left = diskLeft
    func hasDisk(_ stage: Stage) -> Bool { left.map { stage.resources.diskBytes <= $0 } ?? true }
    let others = Load(
      sum: entries.map { Load(cores: $0.cores, memoryBytes: $0.memoryBytes) })
    let isYielding = share?.yields(using: Load(sum: used).cores, to: entries) ?? false
    if !idle.isEmpty, !isYielding,
      let next = next(
        for: idle,
        { stage in
          room.fits(stage.resources, beside: used, others: others) && hasDisk(stage)
        })
    {
      return next
    }
    // A stage that waits in a worker's hand would use up its time.
    guard backend.takesSeveral, retries.limit == nil, !isYielding else { return nil }
    let eager = workers.filter { inHand[$0].map(mayTakeMore) ?? false }
      .sorted { (inHand[$0]?.count ?? 0, $0) < (inHand[$1]?.count ?? 0, $1) }
    guard !eager.isEmpty else { return nil }
    return next(for: eager) { stage in
      // Stages of one worker run one after the other: more of the same size take no more room.
      briskness.isBrisk(stage) && used.allSatisfy { $0.covers(stage.resources) } && hasDisk(stage)
    }
  }

  /// The next stage for one of some workers. Cards are for those who compute on them: the others go to
  /// workers without one, as long as there are such.
  private func next(
    for workers: [Int], _ fits: (Stage) -> Bool
  ) -> (stage: Stage, worker: Int)? {
    func next(_ workers: [Int], _ fits: (Stage) -> Bool) -> (stage: Stage, worker: Int)? {
      agenda.next(free: workers.map { ($0, held[$0] ?? []) }, fits: fits)
    }
    guard !room.gpus.isEmpty else { return next(workers, fits) }
    let cards = workers.filter(room.hasCard)
    return next(cards) { $0.kind.usesGPU && fits($0) }
      ?? next(workers.filter { !room.hasCard($0) }) { !$0.kind.usesGPU && fits($0) }
      ?? next(cards, fits)
  }

  /// Bytes that a further stage may take on the disk; `nil` where nobody counts.
  private var diskLeft: Int? {
    guard let disk = room.disk else { return nil }
    let keys = inHand.values.joined()
    return disk.left(
      beside: keys.reduce(0) { $0 + (plan.stages[$1]?.resources.diskBytes ?? 0) })
  }

  /// When nothing runs and nothing will: whether it is for want of room on the disk.
  ///
  /// - Throws: `SchedulingError.diskFull`, naming the first stage that would be next.
  func checkDisk() throws(SchedulingError) {
    guard let disk = room.disk,
      let (stage, _) = agenda.next(free: [(worker: 1, holds: [])], fits: { _ in true })
    else { return }
    throw .diskFull(
      stage: stage.label, bytes: stage.resources.diskBytes, folder: disk.folder,
      free: disk.freeBytes ?? 0, keepsFree: disk.keepsFree)
  }

  private func mayTakeMore(_ keys: [StageKey]) -> Bool {
    keys.count < Briskness.mostInHand
      && keys.allSatisfy { plan.stages[$0].map(briskness.isBrisk) ?? false }
  }

  private func start(
    _ request: StageRequest, on worker: Int, in group: inout ThrowingTaskGroup<Step, any Error>
  ) -> Task<StageOutcome, Never> {
    let (backend, report, retries, heard) = (backend, report, retries, MetricsHeard())
    let work = Task.detached {
      await retries.within {
        await backend.execute(request, on: worker) { event in
          switch event {
          case .progress(let key, let fraction, let detail):
            report(.progress(key, worker: worker, fraction: fraction, detail: detail))
          case .metric(_, let name, let step, let value):
            heard.add(Attempt.Metric(name: name, step: step, value: value))
          case .ready(let process, let library):
            report(.ready(worker: worker, process: process, library: library))
          case .done, .failed: break
          }
        }
      }
    }
    group.addTask {
      let outcome = await withTaskCancellationHandler {
        await work.value
      } onCancel: {
        work.cancel()
      }
      await self.take(Arrival(key: request.key, outcome: outcome, metrics: heard.all))
      return .arrived
    }
    return work
  }

  private func take(_ arrival: Arrival) { arrived.append(arrival) }
}
