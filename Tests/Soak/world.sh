# Small experiments for loops that run them hundreds of times. To be sourced.

# One with a stage of nearly every kind: two voices of espeak-ng say a few words, an encoder of two narrow layers
# learns from them for some steps.
speech_world() { # FOLDER
  local folder=$1 voice word
  mkdir -p "$folder"/experiments/{corpora,tasks,sites,trainers} "$folder"/recordings/sound/{low,high}
  for word in one two three four five six seven eight nine ten; do
    espeak-ng -v en -p 20 -s 220 -w "$folder/recordings/sound/low/$word.wav" "$word"
    espeak-ng -v en -p 80 -s 260 -w "$folder/recordings/sound/high/$word.wav" "$word"
  done
  cat > "$folder/experiments/corpora/words.yaml" << 'CORPUS'
corpus: words
description: Ten words by two voices
licence: none
language: en
packages: [espeak-ng]
root: sound
pattern: '(?<voice>[^/]+)/(?<word>[a-z]+)\.wav'
split: { by: word, test: 30%, dev: 0% }
seconds: [0.1, 5]
CORPUS
  cat > "$folder/experiments/tasks/voice.yaml" << 'TASK'
task: voice
title: Voice
corpus: words
target: voice
head: { projection: 4, dropout: 0% }
evaluate: { steps: 300, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1 }
fine-tune:
  head: { projection: 4, dropout: 10% }
  recipe: { steps: 6, batch-seconds: 2, learning-rate: 1e-3, head-only: 50%, warm-up: 10%, hold: 40%, clip: 1,
    dropout: 10%, checkpoints: [], threads: 1 }
TASK
  # Long enough, both, that a worker is given them together: their heads are trained in one pass.
  cat > "$folder/experiments/tasks/again.yaml" << 'TASK'
task: again
title: Voice again
corpus: words
target: voice
head: { projection: 8, dropout: 10% }
evaluate: { steps: 400, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1 }
TASK
  cat > "$folder/experiments/trainers/copy.sh" << 'TRAINER'
#!/bin/sh
# A trainer that learns nothing: θ′ is θ₀.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$ALPHASWEEP_REQUEST"; }
cp -r "$(field encoder)" "$(field output)"
echo '{"metric": "loss", "step": 1, "value": 0.5}'
TRAINER
  cat > "$folder/experiments/small.yaml" << 'SPEC'
experiment: small
question: Is anything ever lost?
seeds: [1]
models:
  tiny:
    pretrain:
      corpora: [words]
      architecture: { convolution-channels: 4, width: 8, layers: 2, attention-heads: 2, feed-forward-width: 8,
        position-kernel: 4, position-groups: 2, dropout: 5% }
      rounds:
        - { units: { features: mfcc, clusters: 4, frames: 200, iterations: 2 }, start: random,
            front-end-steps: 2, steps: 4, batch-seconds: 2, crop-seconds: 0.5, learning-rate: 1e-3,
            weight-decay: 1e-2, warm-up: 10%, hold: 40%, mask: { probability: 20%, length: 3 },
            unmasked-weight: 0.5, clip: 1, threads: 1 }
fine-tune: { tasks: [voice] }
methods:
  pre-trained: {}
  stable-ft: {}
  speech-ft: { alpha: [0.5] }
  command:
    copy: { run: [sh, trainers/copy.sh], files: [trainers/copy.sh] }
evaluate: { tasks: [voice, again] }
compare: { measures: [linear-cka, weight-distance], corpus: held-out, frames: 100, ridge: 1e-3 }
SPEC
}

# One of some seventy stages that do nothing, which a worker is handed many at a time and publishes together.
batches_world() { # FOLDER PROGRAMS
  local folder=$1 letter voice task
  mkdir -p "$folder"/experiments/{corpora,tasks,models/tiny} "$folder"/recordings/sound/{low,high}
  for letter in a b c d e f; do
    for voice in low high; do echo "$letter by $voice" > "$folder/recordings/sound/$voice/$letter.wav"; done
  done
  echo weights > "$folder/experiments/models/tiny/model.safetensors"
  echo '{"num_hidden_layers": 2, "hidden_size": 8, "conv_dim": [4, 4]}' > "$folder/experiments/models/tiny/config.json"
  cat > "$folder/experiments/corpora/letters.yaml" << 'CORPUS'
corpus: letters
description: Letters by two voices
licence: none
language: en
packages: [none]
root: sound
pattern: '(?<voice>[^/]+)/(?<letter>[^/]+)\.wav'
split: { by: letter, test: 40%, dev: 0% }
seconds: [0.1, 5]
CORPUS
  for task in 1 2 3 4; do
    cat > "$folder/experiments/tasks/voices-$task.yaml" << TASK
task: voices-$task
title: Voice $task
corpus: letters
target: voice
head: { projection: 4, dropout: 0% }
evaluate: { steps: 10, batch: 2, learning-rate: 1e-3, clip: 1, threads: 1 }
fine-tune:
  head: { projection: 4, dropout: 0% }
  recipe: { steps: 10, batch-seconds: 2, learning-rate: 1e-3, head-only: 10%, warm-up: 10%, hold: 40%, clip: 1,
    dropout: 0%, checkpoints: [], threads: 1 }
TASK
  done
  cat > "$folder/experiments/small.yaml" << 'SPEC'
experiment: small
question: Is anything ever lost?
seeds: [1, 2, 3]
models: { tiny: { checkpoint: models/tiny } }
fine-tune: { tasks: [voices-1] }
methods: { speech-ft: { alpha: [0.25, 0.5, 0.75] } }
evaluate: { tasks: [voices-1, voices-2, voices-3, voices-4] }
SPEC
  printf "#!/bin/sh\nexec '%s' no-op-worker \"\$@\"\n" "$2/alphasweep-bench" > "$folder/worker.sh"
  chmod +x "$folder/worker.sh"
}

# Writes a site whose artifacts lie in ARTIFACTS, with another line where there is one.
site() { # FILE FOLDER ARTIFACTS [LINE]
  printf 'site: %s\nrecordings: %s\nartifacts: %s\ncores: 2\nmemory: 4 GB\nworkers: 2\n%s\n' \
    "$(basename "$1" .yaml)" "$2/recordings" "$3" "${4:-}" > "$1"
}
