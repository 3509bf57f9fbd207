/// Why a recording cannot be used.
package enum AudioError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The system's words for why the file cannot be read.
  case unreadable(path: String, reason: String)
  /// libsndfile's words for why its content is no sound.
  case undecodable(path: String, reason: String)
  case noSamples(path: String)
  /// A floating-point file holds a NaN or an infinity.
  case notFinite(path: String, sample: Int)
  case notResampled(from: Int, to: Int, reason: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .undecodable(let path, let reason): "\(path): cannot be decoded: \(reason)"
    case .noSamples(let path): "\(path): it holds no samples"
    case .notFinite(let path, let sample): "\(path): sample \(sample) is not a finite number"
    case .notResampled(let from, let to, let reason):
      "audio cannot be resampled from \(from) Hz to \(to) Hz: \(reason)"
    }
  }
}
