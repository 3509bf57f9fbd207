import CTorch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The libtorch that this process runs on.
package enum TorchRuntime {
  /// Threads inside one operation, for libtorch and OpenBLAS alike; operations never run beside
  /// each other. Also treats denormal floats as zero, here and in the threads that start later.
  ///
  /// - Throws: `TorchError.refused` for less than one.
  package static func setThreads(_ count: Int) throws(TorchError) {
    flushDenormals()
    try check("setThreads", [], ct_set_threads(Int32(clamping: count)))
  }

  /// Starts this program over, once, where its threads would wait for each other by spinning.
  ///
  /// libtorch and OpenBLAS keep a pool of threads each. While one pool computes, the other's idle
  /// threads spin and take its cores: on two cores a bidirectional LSTM was 18 to 30 times slower
  /// than with `OMP_WAIT_POLICY=passive`. OpenMP reads that before `main`, hence the new start;
  /// the process keeps its number, arguments and open streams. A program calls this first of all.
  /// Nothing happens where the variable is set already, or where starting over fails.
  package static func restartWithPassiveThreads() {
    #if os(Linux)
      guard getenv("OMP_WAIT_POLICY") == nil else { return }
      setenv("OMP_WAIT_POLICY", "passive", 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
    #endif
  }

  package static var threads: Int { Int(ct_threads()) }

  /// Treats denormal floats as zero: they cost many times a normal operation and decide nothing.
  ///
  /// - Returns: Whether the processor can.
  @discardableResult
  package static func flushDenormals(_ enabled: Bool = true) -> Bool {
    ct_flush_denormals(enabled)
  }

  /// Of libtorch, for example "1.13.0".
  package static var version: String { String(cString: ct_version()) }

  /// Version, BLAS and threads in one line, for logs.
  package static var summary: String {
    "libtorch \(version), \(blas), \(threads) threads"
  }

  /// Tensor handles alive in this process.
  package static var liveTensors: Int { Int(ct_live_tensors()) }

  /// Which BLAS is loaded, told from its symbols: what matrix products run on.
  package static var blas: BLAS {
    guard let line = ct_blas_description() else { return BLAS(description: "unknown BLAS") }
    defer { free(line) }
    return BLAS(description: String(cString: line))
  }
}

/// A linear algebra library, as the process finds it.
package struct BLAS: Sendable, Hashable, CustomStringConvertible {
  /// For example "OpenBLAS 0.3.21 DYNAMIC_ARCH Haswell", or "reference BLAS at /usr/lib/…".
  package let description: String

  package init(description: String) {
    self.description = description
  }

  /// Whether it is the unoptimised one.
  package var isReference: Bool { description.hasPrefix("reference") }

  /// What to tell the user before training starts; nil where there is nothing to tell.
  package var warning: String? {
    guard isReference else { return nil }
    return "libtorch runs on the \(description), which is some 15 times slower than OpenBLAS; "
      + "install it with: apt-get install libopenblas0-pthread"
  }
}
