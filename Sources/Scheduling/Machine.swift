import Foundation

/// What this machine says of itself.
package enum Machine {
  /// The name that the kernel has, without asking the network.
  package static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Whether a process of this machine is stopped: by a signal (`T`), or by somebody who traces it (`t`).
  ///
  /// - Returns: Also `false` where there is none, or it cannot be told.
  static func isStopped(_ process: Int32) -> Bool {
    let line = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
    // The state follows the program's name in brackets, which may have any byte in it (proc(5)).
    guard let name = line.lastIndex(of: UInt8(ascii: ")")), name + 2 < line.endIndex else {
      return false
    }
    return [UInt8(ascii: "T"), UInt8(ascii: "t")].contains(line[name + 2])
  }
}
