#!/usr/bin/env bash
# Asks a sweep of real stages to end, by SIGINT, SIGTERM or SIGHUP at random moments, and measures how long the program
# and its workers take: no longer than 5 s. Prints the longest and the median time. In the end the same command
# gives what an undisturbed run gives.
#
#   ends.sh PROGRAMS [TIMES [SCRATCH]]
set -euo pipefail
set +m

programs=$(realpath "$1") times=${2:-30} world=speech scratch=$(realpath "${3:-$(mktemp -d)}")
. "$(dirname "$0")/lives.sh"
prepare

limit=5000
now() { echo $(($(date +%s%N) / 1000000)); }

taken=()
begin_life life
while [ "${#taken[@]}" -lt "$times" ]; do
  begin_run life
  # A shell gives its children in the background no SIGINT unless it is told to.
  (trap - INT; sweep life) &
  process=$!
  sleep "$((RANDOM % 3)).$((RANDOM % 10))$((RANDOM % 10))"
  signal=$(shuf -n 1 -e INT TERM HUP)
  start=$(now)
  kill "-$signal" "$process" 2> /dev/null || true
  status=0
  wait "$process" || status=$?
  wait_for_orphans life
  end=$(now)
  if [ "$status" = 0 ]; then
    check_life life
    begin_life life
    continue
  fi
  [ "$status" -gt 128 ] || fail life "it ended with exit code $status at SIG$signal"
  taken+=($((end - start)))
  [ $((end - start)) -le "$limit" ] || fail life "it took $((end - start)) ms to end at SIG$signal"
done
begin_run life
(sweep life) || fail life "the last run did not end well"
check_life life

sorted=($(printf '%s\n' "${taken[@]}" | sort -n))
echo "asked to end $times times: the longest took ${sorted[-1]} ms, the median ${sorted[$((times / 2))]} ms" \
  "(limit $limit ms), workers and all"
rm -rf "$scratch"
