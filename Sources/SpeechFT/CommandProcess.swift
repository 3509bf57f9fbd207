import Foundation

/// A program of somebody else's and all that it starts: one group of processes, which ends as one.
///
/// The group never outlives this process, however that ends. Its leader is a shell that waits for the
/// end of a pipe whose other end only this process has, and then kills the group. (A signal on the death
/// of the parent, as Linux offers it, reaches the program alone and not what it started.)
final class CommandProcess {
  enum Ending: Equatable {
    case exited(CInt)
    case signalled(CInt)

    init(status: CInt) {
      let signal = status & 0x7F
      self = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
    }
  }
  enum Stream: Int { case output, errors }

  private static let pauseMilliseconds: CInt = 50
  private static let pieceBytes = 1 << 16
  /// Becomes the program: what POSIX starts processes with knows no folder.
  private static let beginning = #"cd "$1" && shift && exec "$@""#
  private static let minding = #"trap "" TERM INT HUP; read -r line; kill -s KILL -- "-$$""#

  private let minder: pid_t
  private let program: pid_t
  /// This process's end of the minder's pipe.
  private let lifeline: CInt
  /// Output and errors; −1 where their end was read.
  private var streams: [CInt]
  private var ending: Ending?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - words: The program, looked for in PATH where it has no "/", and its arguments. One that is not
  ///     there ends with exit code 127.
  ///   - folder: In which it starts, from the root of the file system.
  ///   - environment: All of its variables.
  /// - Throws: `POSIXError` when the system has no room for a process.
  init(_ words: [String], in folder: String, environment: [String: String]) throws {
    let line = try Self.makePipe()
    let output = try Self.makePipe()
    let errors = try Self.makePipe()
    defer { for end in [line.read, output.write, errors.write] { close(end) } }
    lifeline = line.write
    streams = [output.read, errors.read]
    for stream in streams { _ = fcntl(stream, F_SETFL, O_NONBLOCK) }
    do {
      minder = try Self.spawn(
        ["-c", Self.minding], group: 0, input: line.read, outputs: nil, environment: [:])
    } catch {
      for end in [lifeline] + streams { close(end) }
      throw error
    }
    do {
      program = try Self.spawn(
        ["-c", Self.beginning, "sh", folder] + words, group: minder, input: nil,
        outputs: (output.write, errors.write), environment: environment)
    } catch {
      kill(minder, SIGKILL)
      waitpid(minder, nil, 0)
      for end in [lifeline] + streams { close(end) }
      throw error
    }
  }

  deinit {
    kill(-minder, SIGKILL)
    if ending == nil { waitpid(program, nil, 0) }
    waitpid(minder, nil, 0)
    for end in [lifeline] + streams where end >= 0 { close(end) }
  }

  /// Waits until the program ends, then ends what it left running.
  ///
  /// - Parameters:
  ///   - isStopped: Asked some twenty times a second; the group is then told to end (SIGTERM) and later
  ///     killed.
  ///   - patience: Between the two.
  ///   - hear: Is handed what the program writes, as it comes.
  /// - Throws: What `hear` throws.
  /// - Returns: How the program ended, not what it started.
  func wait(
    isStopped: () -> Bool, patience: Duration, hear: (Stream, ArraySlice<UInt8>) throws -> Void
  ) throws -> Ending {
    var deadline: ContinuousClock.Instant?
    while true {
      try listen(hear)
      var status: CInt = 0
      if waitpid(program, &status, WNOHANG) == program {
        let ending = Ending(status: status)
        self.ending = ending
        kill(-minder, SIGKILL)
        while try listen(hear) {}
        return ending
      }
      if let deadline {
        if ContinuousClock.now > deadline { kill(-minder, SIGKILL) }
      } else if isStopped() {
        kill(-minder, SIGTERM)
        deadline = .now + patience
      }
    }
  }

  /// Waits a moment for something to read.
  ///
  /// - Returns: Whether there was something.
  @discardableResult
  private func listen(_ hear: (Stream, ArraySlice<UInt8>) throws -> Void) throws -> Bool {
    var waiting = streams.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    // Ends that are closed only pass the time.
    poll(&waiting, nfds_t(waiting.count), Self.pauseMilliseconds)
    var isHeard = false
    var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
    for (index, stream) in waiting.enumerated() where stream.revents != 0 {
      let count = read(stream.fd, &piece, piece.count)
      if count > 0, let stream = Stream(rawValue: index) {
        isHeard = true
        try hear(stream, piece[..<count])
      } else if count == 0 || (errno != EINTR && errno != EAGAIN) {
        close(stream.fd)
        streams[index] = -1
      }
    }
    return isHeard
  }

  // MARK: Starting

  /// Both ends stay with this process where they are not handed on by name.
  private static func makePipe() throws -> (read: CInt, write: CInt) {
    var ends: [CInt] = [-1, -1]
    guard pipe(&ends) == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
  }

  /// Starts a shell in a group (0 for one of its own), with all signals as they usually are: a worker
  /// ignores some.
  private static func spawn(
    _ arguments: [String], group: pid_t, input: CInt?, outputs: (CInt, CInt)?,
    environment: [String: String]
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, given) in [input, outputs?.0, outputs?.1].enumerated() {
      if let given {
        posix_spawn_file_actions_adddup2(&actions, given, CInt(number))
      } else {
        posix_spawn_file_actions_addopen(&actions, CInt(number), "/dev/null", O_RDWR, 0)
      }
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, group)
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var words = (["sh"] + arguments).map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var process: pid_t = 0
    let code = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, &variables)
    guard code == 0 else { throw POSIXError(.init(rawValue: code) ?? .EIO) }
    return process
  }
}
