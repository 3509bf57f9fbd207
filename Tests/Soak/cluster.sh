#!/usr/bin/env bash
# Runs a fine-tuning on a private Slurm whose time limit ends each job after some seconds, and compares the
# bytes of all artifacts with those of a run on this machine. Must be root; needs slurm-wlm and munge.
#
#   cluster.sh PROGRAMS EXPERIMENTS RECORDINGS [SCRATCH]
#
# PROGRAMS is the folder of the built programs, EXPERIMENTS the folder of the shipped specs.
set -euo pipefail

programs=$(realpath "$1") experiments=$(realpath "$2") recordings=$(realpath "$3")
scratch=$(realpath "${4:-$(mktemp -d)}")
slurm=$(realpath "$(dirname "$0")/../SchedulingTests/Fixtures/private-slurm.sh")
cp -r "$experiments" "$scratch/experiments"
cat > "$scratch/experiments/cluster.yaml" << 'SPEC'
experiment: cluster
question: Does a training that Slurm ends again and again end with the same bits?
seeds: [1]
models: { tiny-hubert: { checkpoint: models/tiny-hubert-debian } }
fine-tune: { tasks: [tones-zh] }
methods: { stable-ft: {} }
evaluate: { tasks: [tones-zh] }
SPEC
printf 'site: %s\nrecordings: %s\nartifacts: %s\ncores: all\nmemory: all\nworkers: 1\n' \
  here "$recordings" "$scratch/here" > "$scratch/here.yaml"
# Notice comes with the first look that Slurm takes at its clocks, within 30 s.
cat > "$scratch/there.yaml" << SITE
site: there
recordings: $recordings
artifacts: $scratch/there
slurm:
  { time: 20 min, stages: { fine-tune: { time: 1 min } }, notice: 59 s, poll: 1 s, grace: 2 s,
    commands: $scratch/commands }
SITE

"$slurm" start "$scratch/slurm" $$
trap '"$slurm" stop "$scratch/slurm"' EXIT
mkdir "$scratch/commands"
for command in sbatch squeue scancel; do
  printf '#!/bin/sh\necho "$*" >> %s\nSLURM_CONF=%s exec /usr/bin/%s "$@"\n' \
    "$scratch/$command.calls" "$scratch/slurm/slurm.conf" "$command" > "$scratch/commands/$command"
  chmod +x "$scratch/commands/$command"
done

digests() { # name
  (cd "$scratch/$1" && find corpus downsample fine-tune features evaluate -type f -print0 2> /dev/null \
    | sort -z | xargs -0 sha256sum)
}

for name in there here; do
  "$programs/alphasweep" run "$scratch/experiments/cluster.yaml" --site "$scratch/$name.yaml" \
    --results "$scratch/$name.results" > "$scratch/$name.log" 2>&1 \
    || { tail "$scratch/$name.log"; exit 1; }
  digests "$name" > "$scratch/$name.sha256"
done
cmp "$scratch/there.sha256" "$scratch/here.sha256"
echo "same bits: $(wc -l < "$scratch/here.sha256") files here and on Slurm, in" \
  "$(wc -l < "$scratch/sbatch.calls") submissions"
"$slurm" stop "$scratch/slurm"
trap - EXIT
rm -rf "$scratch"
