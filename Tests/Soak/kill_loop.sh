#!/usr/bin/env bash
# Kills (-9) a sweep, its workers, or both, at every call that writes, flushes, renames, makes or removes a file
# (before it, after it, and in the middle of a write), and at random moments; and gives the same command again
# until it ends. It must end well, with the artifacts and reports of an undisturbed run, none of which was ever
# written twice, and leave nothing else behind: no file, no worker.
#
#   kill_loop.sh PROGRAMS [WORLD [RANDOM [SCRATCH]]]
#
# PROGRAMS is the folder of the built programs; WORLD is speech (real stages of a tiny encoder; if not said) or
# batches (stages that do nothing, published many at a time); RANDOM is the number of kills at random moments (100
# if not said, and more where fewer than 250 in all would be). Needs cc and espeak-ng. The scratch folder is kept when something is wrong.
set -euo pipefail
set +m

programs=$(realpath "$1") world=${2:-speech} at_random=${3:-100} scratch=$(realpath "${4:-$(mktemp -d)}")
. "$(dirname "$0")/lives.sh"
prepare

# Each point with what is to happen there: a line "VICTIMS ACTION POINT". Who is killed alternates.
number=0
while read -r role operation place; do
  for action in kill-before kill-half kill-after; do
    if [ "$operation" != write ] && [ "$action" = kill-half ]; then continue; fi
    if ((number++ % 3 % 2)); then victims=both; else victims=self; fi
    echo "$victims $action $role $operation $place"
  done
done < "$scratch/points" > "$scratch/queue"

# With two worlds, 500.
least=250
kills=0 at_points=0 lives=0 goes_on=0 missed=() start=$SECONDS
declare -A of
count() { # VICTIMS
  kills=$((kills + 1))
  of[$1]=$((${of[$1]:-0} + 1))
  # How far it is, for whoever waits: there is an end to the queue, and then those at random moments.
  ((kills % 50)) || echo "killed $kills times, at $at_points of $(wc -l < "$scratch/queue") points" >&2
}

# Ends a run that is in the background, at a random moment of its first two seconds, with its workers or
# without, or only a worker of it.
kill_at_random() { # NAME PROCESS
  sleep "$((RANDOM % 2)).$((RANDOM % 10))$((RANDOM % 10))"
  local victims
  case $((RANDOM % 3)) in
    0) kill -9 "$2" 2> /dev/null && count program ;;
    1) victims=$(workers "$1")
      kill -9 "$2" $victims 2> /dev/null && count both ;;
    2) victims=$(workers "$1" | shuf -n 1)
      [ -n "$victims" ] && kill -9 "$victims" 2> /dev/null && count worker ;;
  esac || true
}

# Waits for the end of a run that nothing kills any more.
await() { # PROCESS
  local status=0
  wait "$1" 2> /dev/null || status=$?
  [ "$status" = 0 ] || [ "$status" = 137 ] || fail life "it ended with exit code $status"
  return "$status"
}

begin_life life
is_new=yes
while read -r victims action role point; do
  while true; do
    note_finished life
    begin_run life
    FAULTS_AT="$role $point" FAULTS_DO=$action FAULTS_VICTIMS=$victims sweep life &
    process=$!
    status=0
    if [ "$role $victims" = "worker self" ] && ((RANDOM % 8)); then
      # The program starts another worker. Not to do all of the plan each time, it is killed after a while.
      while kill -0 "$process" 2> /dev/null && ! [ -e "$fired" ]; do sleep 0.05; done
      kill_at_random life "$process"
      kill -9 "$process" 2> /dev/null && [ -e "$fired" ] && count program
    fi
    await "$process" || status=$?
    if [ -e "$fired" ]; then
      at_points=$((at_points + 1))
      if [ "$victims" = both ]; then count both; else count "$role"; fi
      if [ "$status" = 0 ]; then
        goes_on=$((goes_on + 1))
        end_life
      fi
      is_new=no
      break
    fi
    if is_never_met "$status" "was killed"; then break; fi
  done
done < "$scratch/queue"

wanted=$((kills + at_random > least ? kills + at_random : least))
while [ "$kills" -lt "$wanted" ]; do
  note_finished life
  begin_run life
  sweep life &
  process=$!
  kill_at_random life "$process"
  if await "$process"; then end_life; fi
done
begin_run life
(sweep life) || fail life "the last run did not end well"
end_life

echo "killed $kills times: the program ${of[program]:-0}, a worker ${of[worker]:-0}, both ${of[both]:-0}"
echo "at named points: $at_points, of $(wc -l < "$scratch/points") points; $goes_on runs went on to their end"
for point in "${missed[@]}"; do echo "never came to: $point"; done
# A few come by chance alone, such as a batch of artifacts; more mean that nothing is killed there.
((20 * ${#missed[@]} <= $(wc -l < "$scratch/queue"))) || fail life "too many points were never come to"
echo "$lives lives in $((SECONDS - start)) s: each ended with exit code 0 and $(digests whole | wc -l) equal" \
  "files; nothing finished was done again, nothing was left behind"
finish
