/// What `alphasweep-worker --check` says of the libraries that it runs on, as one JSON line.
package struct WorkerCheck: Sendable, Hashable, Codable {
  /// `1.13.0`.
  package var libtorch: String
  /// `OpenBLAS 0.3.21 …`, or `reference BLAS at /usr/lib/…`.
  package var blas: String
  package var isReferenceBLAS: Bool
  /// Whether libsndfile decodes MP3.
  package var readsMP3: Bool
  /// Why libespeak-ng spells no phonemes; absent where it does.
  package var phonemesProblem: String?
  /// Why the device that was asked for cannot be used; absent where it can.
  package var deviceProblem: String?

  package init(
    libtorch: String, blas: String, isReferenceBLAS: Bool, readsMP3: Bool,
    phonemesProblem: String? = nil, deviceProblem: String? = nil
  ) {
    self.libtorch = libtorch
    self.blas = blas
    self.isReferenceBLAS = isReferenceBLAS
    self.readsMP3 = readsMP3
    self.phonemesProblem = phonemesProblem
    self.deviceProblem = deviceProblem
  }
}
