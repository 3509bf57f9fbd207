import Foundation
import Testing

/// Commands that answer as Slurm's do and start nothing: what one real node cannot show. Each notes its calls in
/// `<folder>/<command>.calls`, and knows `$folder`, `$call` (counted from 1) and, for `sbatch`, `$script`, `$name`
/// `$count` (of the array's elements) and `carry_out`, which does what each of them does.
enum FakeSlurm {
  /// What `sbatch` says that takes a job and carries it out at once.
  static let atOnce = "carry_out; echo $call"

  /// Writes them.
  ///
  /// - Parameters:
  ///   - folder: Where calls are noted, and the commands lie in a folder of their own.
  ///   - commands: Shell of each command; those that are not named are not there.
  /// - Returns: The folder of the commands.
  /// - Throws: `CocoaError` when it cannot be written.
  static func commands(in folder: String, _ commands: [String: String]) throws -> String {
    let place = folder + "/commands"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for (name, shell) in commands {
      let text = """
        #!/bin/bash
        folder=\(folder)
        echo "$*" >> "$folder/\(name).calls"
        call=$(wc -l < "$folder/\(name).calls")
        script=${!#}
        name=$(sed -n 's/.*--job-name=\\([^ ]*\\).*/\\1/p' <<< "$*")
        last=$(sed -n 's/.*--array=0-\\([0-9]*\\).*/\\1/p' <<< "$*")
        count=$((${last:-0} + 1))
        carry_out() {
          for index in $(seq 0 "${last:-0}"); do
            SLURM_ARRAY_TASK_ID=$index SLURM_ARRAY_JOB_ID=$call bash "$script" > /dev/null 2>&1
          done
        }
        \(shell)

        """
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place)/\(name)"))
      chmod("\(place)/\(name)", 0o755)
    }
    return place
  }
}
