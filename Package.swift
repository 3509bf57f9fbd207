// swift-tools-version: 6.2
import PackageDescription

/// Debian's libtorch unless `LIBTORCH` names the folder of another one (for example the `torch`
/// folder of a pip installation). libtorch 2.x needs C++20, Debian's 1.13 needs C++17.
let libtorch = Context.environment["LIBTORCH"]

let torchHeaders: [String] =
  if let libtorch {
    // C++20 would take our own headers for modules.
    [
      "-I\(libtorch)/include", "-I\(libtorch)/include/torch/csrc/api/include", "-fno-cxx-modules",
    ]
  } else {
    ["-I/usr/include/torch/csrc/api/include"]
  }

/// By path where there are two: the linker may look in the system's folders first.
let torchLibraries: [LinkerSetting] =
  if let libtorch {
    [
      .unsafeFlags(
        ["torch", "torch_cpu", "c10"].map { "\(libtorch)/lib/lib\($0).so" }
          + ["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"])
    ]
  } else {
    [.linkedLibrary("torch"), .linkedLibrary("torch_cpu"), .linkedLibrary("c10")]
  }

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// One floor of the house (see ARCHITECTURE.md): its imports are its dependencies, nothing else.
func floor(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: fixtures ? [.copy("Fixtures")] : [],
    swiftSettings: strict)
}

let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let collections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "alphasweep",
  products: [
    .executable(name: "alphasweep", targets: ["alphasweep"]),
    .executable(name: "alphasweep-worker", targets: ["alphasweep-worker"]),
  ],
  dependencies: [
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    // Floor -1
    .systemLibrary(
      name: "Libcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "Libmerge", cxxSettings: [.unsafeFlags(["-O2", "-Wall"])]),
    // Floor 0
    floor("Experiment", ["Libcrypto", yams, collections]),
    floor("Weights", []),
    .target(
      name: "CTorch", dependencies: ["Libmerge"],
      cxxSettings: [.unsafeFlags(torchHeaders + ["-O2", "-Wall", "-Wno-sign-compare"])],
      linkerSettings: torchLibraries),
    .systemLibrary(name: "CSndfile", pkgConfig: "sndfile", providers: [.apt(["libsndfile1-dev"])]),
    .systemLibrary(name: "CSoxr", pkgConfig: "soxr", providers: [.apt(["libsoxr-dev"])]),
    .systemLibrary(name: "CEspeak", providers: [.apt(["libespeak-ng-dev"])]),
    // Floor 1
    floor("Artifacts", ["Experiment", system]),
    floor("Ledger", ["Experiment", grdb]),
    floor("Torch", ["CTorch", "Weights"]),
    floor("Scoring", []),
    floor("Layouts", ["Experiment"]),
    // Floor 2
    floor("Scheduling", ["Experiment", "Artifacts", "Ledger", subprocess, logging, system]),
    floor("Reports", ["Experiment", "Artifacts", "Ledger", "Scoring", mustache, collections]),
    floor("Speech", ["Experiment", "Artifacts", "Torch", "CSndfile", "CSoxr", "CEspeak"]),
    floor("Merging", ["Experiment", "Artifacts", "Weights", "Libmerge"]),
    // Floor 3
    floor("SpeechFT", ["Experiment", "Artifacts", "Weights", "Torch", "Scoring", "Speech"]),
    // Floor 4
    program(
      "alphasweep",
      [
        "Experiment", "Artifacts", "Ledger", "Scoring", "Layouts", "Scheduling", "Reports",
        "Merging", "Weights", arguments, logging, system,
      ]),
    program("alphasweep-worker", ["Experiment", "Artifacts", "Torch", "Speech", "SpeechFT"]),
    program(
      "alphasweep-bench",
      [
        "Experiment", "Artifacts", "Ledger", "Scheduling", "Torch", "Speech", "SpeechFT", arguments,
        subprocess,
      ]),
    // Tests, by target
    tests("ExperimentTests", ["Experiment", collections], fixtures: true),
    tests("ArtifactsTests", ["Artifacts", "Experiment"]),
    tests("LedgerTests", ["Ledger", "Experiment", grdb]),
    tests("TorchTests", ["Torch", "CTorch"], fixtures: true),
    tests("ScoringTests", ["Scoring"], fixtures: true),
    tests("LayoutsTests", ["Layouts", "Experiment"], fixtures: true),
    tests("SpeechTests", ["Speech", "Torch", "Artifacts", "Experiment"], fixtures: true),
    tests(
      "SpeechFTTests", ["SpeechFT", "Speech", "Torch", "Artifacts", "Experiment"], fixtures: true),
    tests(
      "SchedulingTests", ["Scheduling", "Ledger", "Artifacts", "Experiment", logging],
      fixtures: true),
    tests(
      "ReportsTests", ["Reports", "Scoring", "Experiment", "Artifacts", collections], fixtures: true
    ),
    tests("MergingTests", ["Merging", "Weights"], fixtures: true),
    tests("CommandLineTests", ["alphasweep", "Artifacts", "Ledger", "Experiment"]),
    tests("ArchitectureTests", []),
  ],
  cxxLanguageStandard: libtorch == nil ? .cxx17 : .cxx20
)
