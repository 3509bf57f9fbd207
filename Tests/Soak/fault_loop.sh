#!/usr/bin/env bash
# Has every call of a sweep and its workers that writes, flushes, renames or makes a file fail: with a disk that
# is full from then on, with a write that comes half through before it is, and once with an error of the disk.
# No program may die of it; what cannot be done is said, naming the file, with what to do; nothing half-written is
# taken for a result. The same command without the fault then ends well, as kill_loop.sh has it.
#
#   fault_loop.sh PROGRAMS [WORLD [SCRATCH]]
#
# PROGRAMS is the folder of the built programs; WORLD is speech or batches, as in kill_loop.sh. Needs cc and espeak-ng; as root also runs on a small file system
# that fills. The scratch folder is kept when something is wrong.
set -euo pipefail

programs=$(realpath "$1") world=${2:-speech} scratch=$(realpath "${3:-$(mktemp -d)}")
. "$(dirname "$0")/lives.sh"
prepare

full=28 broken=5

# Each point with what is to happen there: a line "ACTION ERROR POINT".
while read -r role operation place; do
  case $operation in
    write) echo "short $full $role $operation $place" ;;&
    write | create | folder) echo "fail-on $full $role $operation $place" ;;&
    write | create | folder | sync | rename | truncate) echo "fail $broken $role $operation $place" ;;
  esac
done < "$scratch/points" > "$scratch/queue"

faults=0 failed=0 harmless=0 lives=0 missed=() start=$SECONDS

# What the program said in this run.
said() { tail -c "+$((said_before + 1))" "$scratch/life.log"; }

# No signal, no trap, and words that say what happened and what to do.
check_failure() { # STATUS
  [ "$1" = 1 ] || fail life "it ended with exit code $1 at: $action $role $point"
  if said | grep -e 'Fatal error' -e 'Crash:' -e 'Illegal instruction' > /dev/null; then
    fail life "it crashed at: $action $role $point"
  fi
  case $error in
    "$full") said | grep -e 'full.* give the same command again' -e 'have room' > /dev/null ;;
    "$broken") said | grep -i -e 'input/output error' -e 'disk I/O error' -e 'have room' > /dev/null ;;
  esac || fail life "it does not say what happened at: $action $role $point"
}

begin_life life
is_new=yes
while read -r action error role point; do
  while true; do
    note_finished life
    begin_run life
    said_before=$(stat -c %s "$scratch/life.log" 2> /dev/null || echo 0)
    status=0
    (FAULTS_AT="$role $point" FAULTS_DO=$action FAULTS_ERROR=$error sweep life) || status=$?
    if [ -e "$fired" ]; then
      faults=$((faults + 1)) is_new=no
      if grep -q -e 'Fatal error' -e 'Crash:' "$scratch"/life/artifacts/logs/worker-*.log 2> /dev/null; then
        fail life "a worker crashed at: $action $role $point"
      fi
      if [ "$status" = 0 ]; then
        harmless=$((harmless + 1))
        # Without its fault the same command finds all as it should be.
        begin_run life
        (sweep life) || fail life "after a harmless fault the same command failed: $action $role $point"
        end_life
      else
        failed=$((failed + 1))
        check_failure "$status"
      fi
      break
    fi
    if is_never_met "$status" failed; then break; fi
  done
done < "$scratch/queue"
begin_run life
(sweep life) || fail life "the last run did not end well"
end_life

echo "$faults calls failed, at $(wc -l < "$scratch/points") points: $failed ended the run with words and exit code 1," \
  "$harmless did no harm; none crashed"
for point in "${missed[@]}"; do echo "never came to: $point"; done
echo "$lives lives in $((SECONDS - start)) s: each ended with exit code 0 and $(digests whole | wc -l) equal files"

# A real file system that fills, a bit later each time.
small_disk() {
  local size=64 runs=0
  begin_life life
  mkdir "$scratch/life/artifacts"
  mount -t tmpfs -o "size=${size}k" tmpfs "$scratch/life/artifacts" 2> /dev/null || return 1
  trap 'umount "$scratch/life/artifacts"' EXIT
  while true; do
    runs=$((runs + 1)) status=0 action=full error=$full role=small point=disk
    said_before=$(stat -c %s "$scratch/life.log" 2> /dev/null || echo 0)
    begin_run life
    (sweep life) || status=$?
    [ "$status" != 0 ] || break
    check_failure "$status"
    size=$((size + 64))
    mount -o "remount,size=${size}k" "$scratch/life/artifacts"
  done
  check_life life
  umount "$scratch/life/artifacts"
  trap - EXIT
  echo "on a file system that was full $((runs - 1)) times: done with ${size} kB, the same bits"
}
small_disk || echo "on a small file system: skipped, which must be mounted by root"
finish
