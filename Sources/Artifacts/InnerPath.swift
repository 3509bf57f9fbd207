import Foundation

/// Paths that records, requests and manifests give of files below a folder. They may come from
/// somebody else, so that none may lead out of it.
package enum InnerPath {
  /// Whether a path has only plain names: no empty ones, `.`, `..`, and no root.
  package static func isPlain(_ path: String) -> Bool {
    !path.utf8.contains(0)
      && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy {
        !$0.isEmpty && $0 != "." && $0 != ".."
      }
  }

  package static let linkProblem = "is a symbolic link, and no file of the stage's"

  /// As `link(in:below:)`, for a file whose own status is known: thousands are asked about at once, and
  /// most lie in no folder.
  static func link(to status: stat, _ path: String, below folder: String) -> String? {
    if status.st_mode & S_IFMT == S_IFLNK { return folder + "/" + path }
    guard let end = path.lastIndex(of: "/") else { return nil }
    return link(in: String(path[..<end]), below: folder)
  }

  /// The first part of a plain path below `folder` that is a symbolic link, if one is: what is behind
  /// it lies somewhere else.
  static func link(in path: String, below folder: String) -> String? {
    var full = folder
    for name in path.split(separator: "/") {
      full += "/" + name
      var status = stat()
      if lstat(full, &status) == 0, status.st_mode & S_IFMT == S_IFLNK { return full }
    }
    return nil
  }
}
