import Foundation

/// What file systems are mounted where, as `/proc/self/mountinfo` tells it.
package struct MountTable {
  private struct Mount {
    var place: String
    var kind: String
    var options: [String]
  }

  private let mounts: [Mount]

  /// Of this process.
  package static var current: MountTable {
    MountTable(
      text: (try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)) ?? "")
  }

  /// Lines of `proc(5)`: the fifth field is the place, after `-` stand the kind, the source and the file
  /// system's own options.
  package init(text: String) {
    mounts = text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ").map(String.init)
      guard fields.count > 5, let dash = fields.firstIndex(of: "-"), dash + 3 < fields.count else {
        return nil
      }
      // Blanks in names are written as octal numbers.
      return Mount(
        place: fields[4].replacing("\\040", with: " "), kind: fields[dash + 1],
        options: (fields[5] + "," + fields[dash + 3]).split(separator: ",").map(String.init))
    }
  }

  /// The option by which locks of files below `path` hold on this machine alone, where others may mount
  /// the same folder; `nil` where they hold everywhere, or nobody else has it.
  package func locksOfThisMachine(for path: String) -> String? {
    let deepest = mounts.filter {
      $0.place == "/" || path == $0.place || path.hasPrefix($0.place + "/")
    }.max { $0.place.utf8.count < $1.place.utf8.count }
    guard let deepest else { return nil }
    let telling: [String]
    switch deepest.kind {
    case "nfs", "nfs4": telling = ["nolock", "local_lock=flock", "local_lock=all"]
    case "lustre": telling = ["localflock", "noflock"]
    default: telling = []
    }
    return deepest.options.first(where: telling.contains)
  }
}
