# What loops of kills and of failing disks share. To be sourced, with `programs`, `scratch` and `world` (speech
# or batches) set.
#
# A life is one folder of artifacts, from nothing until a run ends well; on the way runs are killed, or
# fail. Afterwards it is compared with a life that nobody disturbed.

soak=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
. "$soak/world.sh"
kinds=(corpus pretrain downsample fine-tune command features evaluate compare)

# Builds the library of faults and the undisturbed life, and lists all points of it.
prepare() {
  cc -O1 -Wall -shared -fPIC -o "$scratch/faults.so" "$soak/faults.c" -ldl
  "${world}_world" "$scratch/world" "$programs"
  begin_life whole
  begin_run whole
  : > "$scratch/listed"
  (FAULTS_LIST=$scratch/listed sweep whole) || { tail "$scratch/whole.log"; exit 1; }
  begin_life again
  begin_run again
  (sweep again) || { tail "$scratch/again.log"; exit 1; }
  check_life again
  rm -rf "$scratch/again"
  # Each point once, in the order in which they came first.
  awk '!seen[$0]++' "$scratch/listed" > "$scratch/points"
}

begin_life() { # NAME
  rm -rf "$scratch/${1:?}"
  mkdir -p "$scratch/$1/tmp"
  local line=
  if [ "$world" = speech ]; then line="save-every: 0.001 min"; fi
  site "$scratch/$1.yaml" "$scratch/world" "$scratch/$1/artifacts" "$line"
  : > "$scratch/$1.seen"
}

# Begins a run of a life: what it counts in, and the file that a fault makes, are its own, since workers of the
# one before may still live.
begin_run() { # NAME
  runs=$((${runs:-0} + 1))
  rm -f "$scratch/$1".{state,fired}.*
  state=$scratch/$1.state.$runs fired=$scratch/$1.fired.$runs
  head -c 64 /dev/zero > "$state"
}

# Gives the command, in the place of the shell that calls this. What it says is appended to a log that no fault
# reaches.
sweep() { # NAME
  cd "$scratch/world"
  export FAULTS_BELOW=$scratch/$1 FAULTS_STATE=$state FAULTS_FIRED=$fired
  if [ -e worker.sh ]; then export ALPHASWEEP_WORKER=$PWD/worker.sh; fi
  export TMPDIR=$scratch/$1/tmp LD_PRELOAD=$scratch/faults.so
  exec "$programs/alphasweep" run experiments/small.yaml --site "$scratch/$1.yaml" \
    --results "$scratch/$1/results" >> "$scratch/$1.log" 2>&1
}

# Notes which artifacts are whole now, and as which files: none of them may ever be written again.
note_finished() { # NAME
  (cd "$scratch/$1/artifacts" 2> /dev/null && find "${kinds[@]}" \
    -name artifact.json -printf '%p %i %T@\n' 2> /dev/null) >> "$scratch/$1.seen" || true
}

digests() { # NAME
  (cd "$scratch/$1/artifacts" && find "${kinds[@]}" -type f -print0 2> /dev/null | sort -z | xargs -0 sha256sum)
  (cd "$scratch/$1/results" && find . -type f ! -name 'cost.*' -print0 | sort -z | xargs -0 sha256sum)
}

# All that lies in a life, but for logs, whose number is that of the workers at once, attempts, what SQLite keeps
# beside an open ledger, and hashes of recordings, which are kept once the recordings have settled. The name
# of a report's stamp tells where the report lies.
left() { # NAME
  (cd "$scratch/$1" && find . ! -path "./artifacts/logs/*" ! -path "./artifacts/attempts/*" \
    ! -name "ledger.sqlite-*" ! -name recordings.digests | sed "s|\(reports/small\)-[0-9a-f]*|\1|" | sort)
  (cd "$scratch/$1/artifacts" && find attempts ! -name "*.json*" | sort)
}

workers() { # NAME
  pgrep -f -- "--artifacts $scratch/$1/artifacts" || true
}

# Waits until the workers of a life are gone: they see within half a second that their program is.
wait_for_orphans() { # NAME
  for ((waited = 0; waited < 100; waited++)); do
    [ -n "$(workers "$1")" ] || return 0
    sleep 0.1
  done
  fail "$1" "workers outlived their program: $(workers "$1")"
}

# Ends the loop, or with SOAK_GOES_ON says what is wrong, keeps what was said, and goes on.
fail() { # NAME PROBLEM
  wrong=$((${wrong:-0} + 1))
  echo "$2; see $scratch/$1.log and $scratch/$1" >&2
  [ -n "${SOAK_GOES_ON:-}" ] || exit 1
  cp "$scratch/$1.log" "$scratch/wrong.$wrong.log"
}

# Ends a loop: what it made is kept where something was wrong.
finish() {
  [ "${wrong:-0}" = 0 ] || { echo "$wrong times something was wrong: $scratch" >&2; exit 1; }
  rm -rf "$scratch"
}

# What must hold once a run ended well.
check_life() { # NAME
  wait_for_orphans "$1"
  note_finished "$1"
  diff <(digests whole) <(digests "$1") > "$scratch/$1.diff" || fail "$1" "files differ: $scratch/$1.diff"
  diff <(left whole) <(left "$1") > "$scratch/$1.diff" || fail "$1" "files were left: $scratch/$1.diff"
  local again
  again=$(sort -u "$scratch/$1.seen" | cut -d' ' -f1 | uniq -d)
  [ -z "$again" ] || fail "$1" "artifacts that were whole were written again: $again"
  # Of attempts that ended well no artifact has two.
  again=$(grep -h -o '"event":"done","key":"[0-9a-f]*"' "$scratch/$1/artifacts/logs/small.log" \
    | sort | uniq -d)
  [ -z "$again" ] || fail "$1" "stages were done twice: $again"
}

# After a run that came to its point, or did not, and ended well: the life is over, and another begins.
end_life() {
  lives=$((lives + 1))
  check_life life
  begin_life life
  is_new=yes
}

# After a run that did not come to its point: it is behind this life, and another comes by it; unless this was a whole
# one, which is kept in `missed`, and is success.
is_never_met() { # STATUS WHAT HAPPENED
  local was_new=$is_new
  [ "$1" = 0 ] || fail life "it $2 at no point: $action $role $point"
  end_life
  [ "$was_new" = yes ] || return 1
  missed+=("$action $role $point")
}
