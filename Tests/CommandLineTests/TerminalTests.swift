import Foundation
import Testing

/// A run in a terminal that somebody ends.
@Suite struct TerminalTests {
  @Test(arguments: [SIGINT, SIGTERM])
  func aTerminalIsAsItWasOnceARunIsEnded(signal: Int32) async throws {
    let small = try SmallExperiment()
    try small.write("hang", to: "artifacts/behave-features")
    let terminal = try Terminal()
    let before = try terminal.settings()
    let process = small.process(["run", "experiments/small.yaml"])
    process.standardOutput = terminal.user
    process.standardError = terminal.user
    try process.run()
    while !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      try #require(process.isRunning)
      terminal.read()
      try await Task.sleep(for: .milliseconds(10))
    }
    kill(process.processIdentifier, signal)
    while process.isRunning {
      terminal.read()
      try await Task.sleep(for: .milliseconds(10))
    }
    terminal.read()
    #expect(process.terminationStatus == 128 + signal)
    #expect(small.workers().isEmpty)
    #expect(try terminal.settings() == before)
    // Nothing is hidden, no other screen shown; the board is taken away before the last words.
    let shown = terminal.shown
    for mode in ["\u{1B}[?25l", "\u{1B}[?1049h", "\u{1B}[?7l"] { #expect(!shown.contains(mode)) }
    #expect(shown.contains("\u{1B}["), "no board was drawn")
    let last = (shown.components(separatedBy: "\u{1B}[J").last ?? "")
      .replacing("stopping workers; what is finished stays\r\n", with: "")
    #expect(last.hasPrefix("small: stopped after "), "\(last)")
    #expect(last.hasSuffix("the same command goes on from here\r\n"), "\(last)")
  }

  /// A terminal of this process.
  private final class Terminal {
    /// The end that programs are started on.
    let user: FileHandle
    private let screen: CInt
    /// `TIOCSPTLCK` and `TIOCGPTN`.
    private static let (setLock, getNumber): (UInt, UInt) = (0x4004_5431, 0x8004_5430)
    private var bytes: [UInt8] = []

    var shown: String { String(decoding: bytes, as: UTF8.self) }

    init() throws {
      // The C library's names for this are for X/Open's sources alone.
      screen = open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (isLocked, number): (CInt, CUnsignedInt) = (0, 0)
      try #require(screen >= 0)
      try #require(ioctl(screen, Self.setLock, &isLocked) == 0)
      try #require(ioctl(screen, Self.getNumber, &number) == 0)
      let end = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
      try #require(end >= 0)
      user = FileHandle(fileDescriptor: end, closeOnDealloc: true)
      var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
      _ = ioctl(screen, UInt(TIOCSWINSZ), &size)
      _ = fcntl(screen, F_SETFL, O_NONBLOCK)
    }

    deinit { close(screen) }

    func read() {
      var piece = [UInt8](repeating: 0, count: 1 << 14)
      while true {
        let count = Glibc.read(screen, &piece, piece.count)
        guard count > 0 else { return }
        bytes += piece[..<count]
      }
    }

    /// How it treats input and output.
    func settings() throws -> [UInt32] {
      var settings = termios()
      try #require(tcgetattr(user.fileDescriptor, &settings) == 0)
      return [settings.c_iflag, settings.c_oflag, settings.c_cflag, settings.c_lflag]
    }
  }
}
