import Experiment

/// The shell script that every element of a batch runs on its node.
enum SlurmScript {
  /// Writes the script.
  ///
  /// - Parameters:
  ///   - batch: The batch's folder; requests lie there, and outcomes will.
  ///   - store: The artifact folder.
  ///   - worker: Path and arguments of `alphasweep-worker`.
  ///   - site: What is loaded before.
  ///   - requests: What the files `request.<index>.json` hold. The script, which Slurm keeps from the
  ///     submission on, has their digests, so that nothing else is done than what was sent.
  /// - Returns: The text of a file for bash.
  static func text(
    batch: String, store: String, worker: [String], site: SlurmSite, requests: [String]
  ) -> String {
    let lines = site.modules.map { "module load \(quoted($0))" } + site.setup
    let setup = lines.map { line in
      """
      \(line)
      [ $? -eq 0 ] || ended setup 1 \(quoted(line))
      """
    }
    return """
      #!/bin/bash
      # One element of an array: runs its stage, and leaves an outcome that appears whole or not at all.
      batch=\(quoted(batch))
      store=\(quoted(store))
      index=$SLURM_ARRAY_TASK_ID
      run=$SLURM_ARRAY_JOB_ID.${SLURM_RESTART_COUNT:-0}
      key=$(sed -n "$((index + 1))p" "$batch/keys")
      sent=$(sed -n "$((index + 1))p" << 'END'
      \(requests.map { Digest256.hex(of: $0.utf8) }.joined(separator: "\n"))
      END
      )
      exec >> "$batch/log.$index" 2>&1
      echo "element $index, run $run, on $(uname -n)"
      if [ -e "$batch/cancelled" ]; then echo "it was cancelled"; exit 0; fi
      # Two elements may have been sent for one stage, by a submission that seemed lost.
      claim=$store/claims/$key.lock
      if [ -e "$claim" ] && ! (flock -n -s 9) 9< "$claim"; then
        echo "somebody else makes this stage"
        exit 0
      fi
      ended() { # how, code, what
        local new=$batch/outcome.$index.$run.new
        printf '%s\\n' "$1" "$2" "$(uname -n)" "$3" > "$new"
        sync "$new" && mv "$new" "$batch/outcome.$index.$run"
        exit 0
      }
      child= stopped=
      stop() {
        stopped=yes
        [ -n "$child" ] && kill -TERM "$child" 2> /dev/null
      }
      trap stop TERM USR1
      \(setup.joined(separator: "\n"))
      # Read once: what is checked is what is handed on.
      request=$(cat "$batch/request.$index.json")
      found=$(printf '%s\\n' "$request" | sha256sum)
      [ "${found%% *}" = "$sent" ] || ended forged 1 "request.$index.json"
      : > "$batch/started.$index.$run"
      \(worker.map(quoted).joined(separator: " ")) \\
        <<< "$request" > "$batch/events.$index.$run" &
      child=$!
      [ -n "$stopped" ] && kill -TERM "$child" 2> /dev/null
      # A trap ends a wait early.
      while true; do
        wait "$child"
        kill -0 "$child" 2> /dev/null || break
      done
      wait "$child"
      code=$?
      sync "$batch/events.$index.$run"
      if [ -n "$stopped" ]; then ended stopped "$code" ""; fi
      ended by-itself "$code" ""

      """
  }

  /// A word of shell that stands for `text`, whatever is in it.
  static func quoted(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
  }
}
