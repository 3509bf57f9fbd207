import CSndfile

/// Decodes what libsndfile decodes (WAV, FLAC, Ogg Vorbis, Opus, MP3 and others), mixed to mono.
package enum AudioFile {
  /// Reads a file.
  ///
  /// - Parameter path: Of the file.
  /// - Returns: Samples nominally in [-1, 1], the mean of all channels, and their rate in Hz.
  /// - Throws: `AudioError` for a missing or undecodable file and for one without samples.
  package static func read(
    _ path: String
  ) throws(AudioError) -> (samples: [Float], sampleRate: Int) {
    try decode(FileBytes.read(path), path: path)
  }

  /// Decodes the bytes of a file, so that what was hashed is what is decoded.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - path: Named in errors; nothing is opened.
  /// - Returns: As `read`.
  /// - Throws: `AudioError`.
  package static func decode(
    _ bytes: [UInt8], path: String
  ) throws(AudioError) -> (samples: [Float], sampleRate: Int) {
    guard !bytes.isEmpty else { throw .noSamples(path: path) }
    let memory = MemoryFile(bytes)
    let context = Unmanaged.passUnretained(memory).toOpaque()
    var callbacks = MemoryFile.callbacks
    var info = SF_INFO()
    let (file, reason) = withExtendedLifetime(memory) {
      let file = sf_open_virtual(&callbacks, Int32(SFM_READ), &info, context)
      return (file, file == nil ? String(cString: sf_strerror(nil)) : "")
    }
    guard let file else { throw .undecodable(path: path, reason: reason) }
    defer { withExtendedLifetime(memory) { _ = sf_close(file) } }
    guard info.frames != 0 else { throw .noSamples(path: path) }
    let channels = Int(info.channels)
    let interleaved = try withExtendedLifetime(memory) { () throws(AudioError) in
      try frames(of: file, channels: channels, path: path)
    }
    guard !interleaved.isEmpty else { throw .noSamples(path: path) }
    if let bad = interleaved.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(path: path, sample: bad / channels)
    }
    return (mixed(interleaved, channels: channels), Int(info.samplerate))
  }

  /// Reads to the end instead of trusting the header's count, which some formats only estimate.
  private static func frames(
    of file: OpaquePointer, channels: Int, path: String
  ) throws(AudioError) -> [Float] {
    let chunkFrames = 16_384
    var samples: [Float] = []
    var chunk = [Float](repeating: 0, count: chunkFrames * channels)
    while true {
      let got = Int(sf_readf_float(file, &chunk, sf_count_t(chunkFrames)))
      guard got > 0 else { break }
      samples += chunk[..<(got * channels)]
    }
    guard sf_error(file) == 0 else {
      throw .undecodable(path: path, reason: String(cString: sf_strerror(file)))
    }
    return samples
  }

  private static func mixed(_ interleaved: [Float], channels: Int) -> [Float] {
    guard channels > 1 else { return interleaved }
    let scale = 1 / Float(channels)
    var mono = [Float](repeating: 0, count: interleaved.count / channels)
    for (index, sample) in interleaved.enumerated() { mono[index / channels] += sample * scale }
    return mono
  }
}

/// Bytes that libsndfile reads as if they were a file.
private final class MemoryFile {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  static var callbacks: SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(MemoryFile.at($0)?.bytes.count ?? 0) },
      seek: { offset, whence, context in
        sf_count_t(MemoryFile.at(context)?.seek(Int(offset), whence) ?? -1)
      },
      read: { target, count, context in
        sf_count_t(MemoryFile.at(context)?.read(target, Int(count)) ?? 0)
      },
      write: { _, _, _ in 0 },
      tell: { sf_count_t(MemoryFile.at($0)?.position ?? 0) })
  }

  private static func at(_ context: UnsafeMutableRawPointer?) -> MemoryFile? {
    context.map { Unmanaged<MemoryFile>.fromOpaque($0).takeUnretainedValue() }
  }

  private func seek(_ offset: Int, _ whence: Int32) -> Int {
    let origin =
      switch whence {
      case Int32(SF_SEEK_CUR): position
      case Int32(SF_SEEK_END): bytes.count
      default: 0
      }
    position = min(max(0, origin + offset), bytes.count)
    return position
  }

  private func read(_ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    let got = min(max(0, count), bytes.count - position)
    guard let target, got > 0 else { return 0 }
    bytes.withUnsafeBytes { source in
      UnsafeMutableRawBufferPointer(start: target, count: got)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[position..<(position + got)]))
    }
    position += got
    return got
  }
}
