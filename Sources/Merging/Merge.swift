import Artifacts
import Experiment
import Foundation
import Weights

/// Merges checkpoints into folders that appear whole or not at all.
package struct Merge {
  private let request: MergeRequest
  private let pretrained: MergeCheckpoint
  private let finetuned: [MergeCheckpoint]
  private let plan: MergePlan

  /// Opens and compares the checkpoints; nothing is written.
  ///
  /// - Throws: `MergeError`.
  package init(_ request: MergeRequest) throws(MergeError) {
    try request.check()
    guard !FileManager.default.fileExists(atPath: request.output) else {
      throw .exists(path: request.output)
    }
    self.request = request
    pretrained = try MergeCheckpoint(path: request.pretrained)
    var finetuned: [MergeCheckpoint] = []
    for path in request.finetuned { finetuned.append(try MergeCheckpoint(path: path)) }
    self.finetuned = finetuned
    plan = try MergePlan(pretrained, finetuned, excluding: request.excluded)
  }

  /// Writes one checkpoint for each α.
  ///
  /// - Parameter isCancelled: Asked often, by several threads; `true` ends the merge.
  /// - Returns: What was written.
  /// - Throws: `MergeError`; what was written is removed then.
  package func run(isCancelled: @escaping @Sendable () -> Bool) throws(MergeError) -> MergeReport {
    let aside = "\(request.output).\(getpid()).new"
    do throws(MergeError) {
      let sizes = try write(to: aside, isCancelled)
      try storing { () throws(StorageError) in
        guard rename(aside, request.output) == 0 else { throw .last("published", request.output) }
        if request.isSynced {
          try AtomicFile.sync(folder: AtomicFile.parent(of: request.output))
        }
      }
      return report(sizes)
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw error
    }
  }

  /// - Returns: The bytes of each model.safetensors.
  private func write(
    to aside: String, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws(MergeError) -> [Int] {
    let folders = request.alphas.map { request.folder($0, below: aside) }
    let blank = MergeSources.unknown(of: finetuned.count)
    var outputs: [(alpha: Double, file: MergeFile)] = []
    let free = freeBytes()
    let needed = request.alphas.reduce(0) { $0 + header($1, blank).count + plan.dataBytes }
    do throws(StorageError) {
      for (alpha, folder) in zip(request.alphas, folders) {
        try AtomicFile.makeFolder(folder)
        let file = try MergeFile(
          path: folder + "/model.safetensors", headerBytes: header(alpha, blank).count,
          dataBytes: plan.dataBytes)
        outputs.append((alpha, file))
      }
    } catch {
      throw named(error, needed, free)
    }
    // The disk writes while the processor merges and hashes.
    let flusher = request.isSynced ? MergeFlusher(outputs.map(\.file)) : nil
    defer { flusher?.stop() }
    do throws(MergeError) {
      try MergeEngine(
        plan: plan, pretrained: pretrained, finetuned: finetuned, method: request.method,
        outputs: outputs, threads: request.threads, isCancelled: isCancelled
      ).run()
      let sources = try MergeSources(
        of: [pretrained] + finetuned, cache: request.digestCache)
      flusher?.stop()
      try storing { () throws(StorageError) in
        for (output, folder) in zip(outputs, folders) {
          try output.file.write(header: header(output.alpha, sources))
          if request.isSynced { try output.file.sync() }
          try finish(folder, output.alpha, sources)
        }
        if request.isSynced { try AtomicFile.sync(folder: aside) }
      }
    } catch {
      if case .storage(let storage) = error { throw named(storage, needed, free) }
      throw error
    }
    return outputs.map(\.file.bytes)
  }

  private func header(_ alpha: Double, _ sources: MergeSources) -> [UInt8] {
    SafetensorsLayout.header(
      plan.items.map { ($0.name, $0.dtype, $0.shape) },
      sources.metadata(request.method, alpha, plan))
  }

  /// Writes what lies beside the weights.
  private func finish(
    _ folder: String, _ alpha: Double, _ sources: MergeSources
  ) throws(StorageError) {
    let card = MergeCard(
      request: request, alpha: alpha, plan: plan, pretrained: pretrained, finetuned: finetuned,
      sources: sources
    ).text
    for (name, bytes) in pretrained.companions + [("README.md", Array(card.utf8))] {
      let path = "\(folder)/\(name)"
      guard let file = fopen(path, "wbx") else { throw .last("created", path) }
      defer { fclose(file) }
      guard fwrite(bytes, 1, bytes.count, file) == bytes.count, fflush(file) == 0 else {
        throw .last("written", path)
      }
      if request.isSynced, fsync(fileno(file)) != 0 { throw .last("made durable", path) }
    }
    if request.isSynced { try AtomicFile.sync(folder: folder) }
  }

  /// The error, saying how many bytes a full disk would have to have.
  private func named(_ error: StorageError, _ needed: Int, _ free: Int?) -> MergeError {
    guard case .full = error else { return .storage(error) }
    return .full(path: request.output, needed: needed, available: free)
  }

  /// What the file system of the output has for us; `nil` where it does not say.
  private func freeBytes() -> Int? {
    var path = request.output
    while !FileManager.default.fileExists(atPath: path), path != AtomicFile.parent(of: path) {
      path = AtomicFile.parent(of: path)
    }
    var disk = statvfs()
    guard statvfs(path, &disk) == 0 else { return nil }
    return Int(disk.f_bavail) * Int(disk.f_frsize)
  }

  private func storing(
    _ body: () throws(StorageError) -> Void
  ) throws(MergeError) {
    do throws(StorageError) {
      try body()
    } catch {
      throw .storage(error)
    }
  }

  private func report(_ sizes: [Int]) -> MergeReport {
    MergeReport(
      method: request.method.name,
      checkpoints: zip(request.alphas, sizes).map { alpha, bytes in
        .init(alpha: alpha, path: request.folder(alpha, below: request.output), bytes: bytes)
      },
      tensors: plan.items.count, excluded: plan.excluded, leftOut: plan.leftOut,
      synced: request.isSynced)
  }
}
