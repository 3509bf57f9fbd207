import Foundation

/// How long a PCM .wav file is, from its header alone.
enum WaveHeader {
  /// - Returns: Seconds.
  /// - Throws: `LayoutError.unreadable` for what is no such file.
  static func seconds(of path: String) throws(LayoutError) -> Double {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw .unreadable(file: path, reason: "it is not there, or may not be read")
    }
    defer { try? handle.close() }
    guard let bytes = (try? handle.read(upToCount: 4096)).flatMap({ $0 }).map(Array.init),
      let seconds = seconds(header: bytes)
    else { throw .unreadable(file: path, reason: "it is no .wav file") }
    return seconds
  }

  /// The length that the chunks `fmt ` (bytes a second) and `data` tell.
  private static func seconds(header: [UInt8]) -> Double? {
    func word(_ at: Int) -> Int? {
      guard at + 4 <= header.count else { return nil }
      return (0..<4).reduce(0) { $0 | Int(header[at + $1]) << (8 * $1) }
    }
    func name(_ at: Int) -> String {
      String(decoding: header[min(at, header.count)..<min(at + 4, header.count)], as: UTF8.self)
    }
    guard name(0) == "RIFF", name(8) == "WAVE" else { return nil }
    var (at, rate) = (12, 0)
    while let size = word(at + 4) {
      if name(at) == "fmt " { rate = word(at + 16) ?? 0 }
      if name(at) == "data" { return rate > 0 ? Double(size) / Double(rate) : nil }
      at += 8 + size + size % 2
    }
    return nil
  }
}
