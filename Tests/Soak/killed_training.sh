#!/usr/bin/env bash
# Kills a fine-tuning (-9, program and worker) at random moments, again and again, and compares the bytes
# of its artifact with those of one that nobody disturbed.
#
#   killed_training.sh PROGRAMS EXPERIMENTS RECORDINGS [KILLS [SCRATCH]]
#
# PROGRAMS is the folder of the built programs, EXPERIMENTS the folder of the shipped specs. Where the
# training ends before so many kills (50 if not said), it begins anew.
set -euo pipefail

programs=$(realpath "$1") experiments=$(realpath "$2") recordings=$(realpath "$3") wanted=${4:-50}
scratch=$(realpath "${5:-$(mktemp -d)}")
cp -r "$experiments" "$scratch/experiments"
cat > "$scratch/experiments/killed.yaml" << 'SPEC'
experiment: killed
question: Does a training that is killed end with the same bits?
seeds: [1]
models: { tiny-hubert: { checkpoint: models/tiny-hubert-debian } }
fine-tune: { tasks: [tones-zh] }
methods: { regular-ft: {}, stable-ft: {}, early-checkpoint: { at: [20%] } }
evaluate: { tasks: [tones-zh] }
SPEC

site() { # name
  printf 'site: %s\nrecordings: %s\nartifacts: %s\ncores: all\nmemory: all\nworkers: auto\nsave-every: %s min\n' \
    "$1" "$recordings" "$scratch/$1" "$2" > "$scratch/$1.yaml"
}

sweep() { # name
  exec "$programs/alphasweep" run "$scratch/experiments/killed.yaml" --site "$scratch/$1.yaml" \
    --workers 1 --results "$scratch/$1.results"
}

trainings() { # name
  (cd "$scratch/$1" && find fine-tune -name artifact.json 2> /dev/null | sort)
}

digests() { # name
  (cd "$scratch/$1" && find fine-tune evaluate -type f -print0 | sort -z | xargs -0 sha256sum)
}

site whole 2
site killed 0.01
(sweep whole) > "$scratch/whole.log" 2>&1 || { tail "$scratch/whole.log"; exit 1; }
mkdir "$scratch/killed"
cp -r "$scratch"/whole/{corpus,downsample} "$scratch/killed/"

kills=0 rounds=0
while [ "$kills" -lt "$wanted" ]; do
  rm -rf "$scratch"/killed/{fine-tune,features,evaluate,state}
  rounds=$((rounds + 1))
  while [ "$(trainings killed)" != "$(trainings whole)" ]; do
    (cd / && sweep killed) > "$scratch/killed.log" 2>&1 &
    job=$!
    sleep "$((2 + RANDOM % 5)).$((RANDOM % 10))"
    if pkill -9 -P "$job" 2> /dev/null; kill -9 "$job" 2> /dev/null; then kills=$((kills + 1)); fi
    wait "$job" 2> /dev/null || true
  done
done
(sweep killed) > "$scratch/killed.log" 2>&1 || { tail "$scratch/killed.log"; exit 1; }
echo "killed $kills times in $rounds rounds of $(trainings whole | wc -l) trainings"
if cmp <(digests whole) <(digests killed); then
  echo "same bits: $(digests whole | wc -l) files"
  rm -rf "$scratch"
else
  echo "the files differ; see $scratch"
  exit 1
fi
