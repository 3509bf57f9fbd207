import Experiment
import Testing

@Suite struct ComputingTests {
  @Test(arguments: ["cpu", "cuda", "cuda:0", "cuda:12"])
  func aDeviceReadsAndWritesAsPyTorchsWords(name: String) throws {
    #expect(try #require(Device(name)).description == name)
  }

  @Test(arguments: [
    "", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:01", "cuda:1 ", "cuda:999", "cpu:0",
  ])
  func otherWordsAreNoDevice(name: String) {
    #expect(Device(name) == nil)
  }

  @Test func aWorkerIsToldWhatDiffersFromACPU() {
    #expect(Computing().arguments.isEmpty)
    #expect(
      Computing(device: .cuda(index: 1), checkpointsGradients: true, saveSeconds: 30).arguments
        == ["--device", "cuda:1", "--gradient-checkpointing", "--save-every", "30.0"])
  }
}
