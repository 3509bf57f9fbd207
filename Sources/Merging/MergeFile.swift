import Artifacts
import Dispatch
import Foundation
import Libmerge
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A safetensors file that is being written, at any place by any thread.
final class MergeFile: Sendable {
  let path: String
  /// Of the whole file.
  let bytes: Int
  private let descriptor: Int32
  private let dataStart: Int

  /// Creates the file, reserving its bytes where the file system can.
  ///
  /// - Throws: `StorageError`; `.full` where the bytes cannot be had.
  init(path: String, headerBytes: Int, dataBytes: Int) throws(StorageError) {
    bytes = headerBytes + dataBytes
    dataStart = headerBytes
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last("created", path) }
    let code = lm_reserve(descriptor, Int64(bytes))
    guard code == 0 else {
      errno = code
      throw .last("written", path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes bytes of the data, from `offset` on.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws(StorageError) {
    try write(buffer, from: dataStart + offset)
  }

  /// Writes the header, which must have the length that was said.
  func write(header: [UInt8]) throws(StorageError) {
    guard header.count == dataStart else {
      throw .other(path: path, action: "written", problem: "its header has another length")
    }
    do {
      try header.withUnsafeBytes { try write($0, from: 0) }
    } catch let error as StorageError {
      throw error
    } catch {
      throw .last("written", path)
    }
  }

  /// Has the disk begin with what was written.
  func beginFlush() { lm_begin_flush(descriptor) }

  /// Waits until all is on the disk.
  func sync() throws(StorageError) {
    guard fsync(descriptor) == 0 else { throw .last("made durable", path) }
  }

  private func write(
    _ buffer: UnsafeRawBufferPointer, from start: Int
  ) throws(StorageError) {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
      let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(start + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("written", path) }
      done += count
    }
  }
}

/// Has the disk write files while they are still being made, so that little is left to wait for.
final class MergeFlusher: Sendable {
  private let isStopped: StopFlag
  private let group = DispatchGroup()

  private final class StopFlag: Sendable {
    let isSet = Atomic(false)
  }

  /// Starts at once, in a thread of its own that waits for the disk nearly all the time.
  init(_ files: [MergeFile]) {
    let isStopped = StopFlag()
    self.isStopped = isStopped
    let group = group
    group.enter()
    // A thread of Dispatch's pool would be missing where threads compute.
    Thread.detachNewThread {
      while !isStopped.isSet.load(ordering: .relaxed) {
        for file in files { file.beginFlush() }
        usleep(10_000)
      }
      group.leave()
    }
  }

  /// Returns when no more is begun.
  func stop() {
    isStopped.isSet.store(true, ordering: .relaxed)
    group.wait()
  }
}
