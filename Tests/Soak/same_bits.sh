#!/usr/bin/env bash
# Runs an experiment from nothing with one worker, with two, and with two while program and workers are
# killed (-9) again and again; then compares every artifact and every file of the reports byte by byte.
#
#   same_bits.sh PROGRAMS SPEC RECORDINGS [SCRATCH]
#
# PROGRAMS is the folder of the built programs. The scratch folder is kept when something differs.
set -euo pipefail

programs=$(realpath "$1") spec=$2 recordings=$(realpath "$3")
scratch=$(realpath "${4:-$(mktemp -d)}")
kinds=(corpus pretrain downsample fine-tune features evaluate compare)

site() { # name
  mkdir -p "$scratch/$1"
  printf 'site: %s\nrecordings: %s\nartifacts: %s\ncores: all\nmemory: all\nworkers: auto\n' \
    "$1" "$recordings" "$scratch/$1/artifacts" > "$scratch/$1.yaml"
}

sweep() { # name workers
  "$programs/alphasweep" run "$spec" --site "$scratch/$1.yaml" --workers "$2" \
    --results "$scratch/$1/results"
}

# Every process of a run is in its group, so that one signal ends program and workers at once.
killed() { # name workers
  local kills=0
  while true; do
    setsid "$programs/alphasweep" run "$spec" --site "$scratch/$1.yaml" --workers "$2" \
      --results "$scratch/$1/results" > "$scratch/$1.log" 2>&1 &
    local group=$! seconds=$((15 + RANDOM % 60))
    for ((waited = 0; waited < seconds; waited++)); do
      kill -0 "$group" 2> /dev/null || break
      sleep 1
    done
    if kill -9 -- "-$group" 2> /dev/null; then
      kills=$((kills + 1))
      wait "$group" 2> /dev/null || true
      echo "killed after $waited s ($kills)"
    else
      wait "$group" && break
      tail "$scratch/$1.log"
      return 1
    fi
  done
  echo "killed $kills times"
  [ "$kills" -gt 0 ]
}

digests() { # name
  (cd "$scratch/$1/artifacts" && for kind in "${kinds[@]}"; do
    if [ -d "$kind" ]; then find "$kind" -type f -print0; fi
  done | sort -z | xargs -0 sha256sum)
  (cd "$scratch/$1/results" && find . -type f ! -name "cost.*" -print0 | sort -z | xargs -0 sha256sum)
}

for name in one two killed; do site "$name"; done
for name in one two; do
  start=$SECONDS
  sweep "$name" "$([ "$name" = one ] && echo 1 || echo 2)" > "$scratch/$name.log" 2>&1 \
    || { tail "$scratch/$name.log"; exit 1; }
  echo "$name: $((SECONDS - start)) s"
  digests "$name" > "$scratch/$name.sha256"
done
killed killed 2
digests killed > "$scratch/killed.sha256"
for name in two killed; do
  cmp "$scratch/one.sha256" "$scratch/$name.sha256"
done
echo "same bits: $(wc -l < "$scratch/one.sha256") files with one worker, two workers, and after kills"
rm -rf "$scratch"
