import Testing
import Torch

@Suite struct TorchRuntimeTests {
  @Test func theReferenceBLASIsWarnedOf() {
    let slow = BLAS(description: "reference BLAS at /usr/lib/libblas.so.3")
    #expect(
      slow.warning
        == "libtorch runs on the reference BLAS at /usr/lib/libblas.so.3, which is some 15 times "
        + "slower than OpenBLAS; install it with: apt-get install libopenblas0-pthread")
    #expect(BLAS(description: "OpenBLAS 0.3.21 Haswell").warning == nil)
  }

  @Test func theLibraryDescribesItself() {
    #expect(TorchRuntime.version.split(separator: ".").count >= 2)
    #expect(!TorchRuntime.blas.description.isEmpty)
    #expect(TorchRuntime.summary.hasPrefix("libtorch \(TorchRuntime.version), "))
  }

  @Test func zeroThreadsAreRefused() {
    #expect(
      throws: TorchError.refused(
        operation: "setThreads", operands: [],
        reason: "the number of threads must be at least 1, but is 0")
    ) { try TorchRuntime.setThreads(0) }
  }
}
