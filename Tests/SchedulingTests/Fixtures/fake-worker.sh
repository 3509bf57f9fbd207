#!/bin/sh
# Speaks the worker's protocol and does what a stage's parameters say ("behave"), or else the file
# behave-<kind> in the store: publishes a small artifact, fails, dies, hangs, or dies the first time
# only. Standing in for alphasweep-worker. Export writes the request that it was given.
if [ "$1" = export ]; then
  [ "$2$4$6$8" = --request--experiment--output--artifacts ] || exit 64
  mkdir "$7" && exec cp "$3" "$7/request.json"
fi
if [ "$1" = --check ]; then
  printf '{"libtorch":"1.13.0","blas":"OpenBLAS of the fake","isReferenceBLAS":false,"readsMP3":true}\n'
  exit
fi
[ "$1" = --artifacts ] || exit 64
store=$2
# How long stages are said to have taken.
seconds=$(cat "$store/seconds" 2>/dev/null || echo 0.25)

if [ -e "$store/die-at-start" ]; then
  rm "$store/die-at-start"
  kill -9 $$
fi
printf '{"ready":{"process":%d,"library":"fake"}}\n' $$
echo "fake worker $$ is up" >&2

field() { printf '%s' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# One file as the artifact's record lists it.
describe() {
  printf '{"bytes":%d,"path":"%s","sha256":"%s"}' "$(wc -c <"$aside/$1")" "$1" \
    "$(sha256sum "$aside/$1" | cut -d' ' -f1)"
}

while IFS= read -r line; do
  # Members are sorted, so the last "key" that is one, and the last "kind", are the stage's own.
  key=$(printf '%s' "$line" | sed -n 's/.*"key":"\([0-9a-f]\{64\}\)".*/\1/p')
  kind=$(field kind)
  behave=$(field behave)
  [ -n "$behave" ] || behave=$(cat "$store/behave-$kind" 2>/dev/null)
  printf '%s %s\n' "$behave" "$key" >>"$store/calls"
  printf '{"progress":{"key":"%s","fraction":0.5,"detail":"half"}}\n' "$key"
  case $behave in
  fail)
    printf '{"failed":{"key":"%s","reason":"no recordings"}}\n' "$key"
    continue
    ;;
  die)
    echo "about to die" >&2
    kill -9 $$
    ;;
  die-once)
    if [ ! -e "$store/died-$key" ]; then
      : >"$store/died-$key"
      kill -9 $$
    fi
    ;;
  leave) exit 7 ;;
  babble)
    printf 'hello\n{"done":{"key":"nobody"}}\n'
    sleep 60
    ;;
  slow) sleep 0.3 ;;
  hang) sleep 120 ;;
  deaf)
    trap '' TERM
    : >"$store/deaf"
    while :; do sleep 0.1; done
    ;;
  until) while [ ! -e "$store/go" ]; do sleep 0.1; done ;;
  resume)
    # A training that is told to save, and goes on from there the next time.
    if [ ! -e "$store/state/$key/saved" ]; then
      mkdir -p "$store/state/$key"
      : >"$store/state/$key/saved"
      sleep 120
    fi
    ;;
  esac
  folder=$store/$kind/$(printf '%.2s' "$key")/$key
  mkdir -p "$store/claims" "${folder%/*}"
  exec 9>"$store/claims/$key.lock"
  flock 9
  text="result of $key"
  bytes=$((${#text} + 1))
  if [ "$(cat "$folder/result.txt" 2>/dev/null)" != "$text" ]; then
    echo "$key" >>"$store/made"
    rm -rf "$folder"
    aside=$store/staging/$key.$$
    mkdir -p "$aside"
    printf '%s\n' "$text" >"$aside/result.txt"
    case $kind in
    evaluate)
      printf '%s' '{"task":"voices","metric":"accuracy","value":75,"higherIsBetter":true,' \
        '"count":4,"units":4,"chance":50,"trainCount":8,"classes":2}' >"$aside/metrics.json"
      files="$(describe metrics.json),$(describe result.txt)"
      ;;
    *) files=$(describe result.txt) ;;
    esac
    printf '{"files":[%s],"identity":null,"key":"%s"}\n' "$files" "$key" >"$aside/artifact.json"
    mv "$aside" "$folder"
  fi
  exec 9>&-
  printf '{"metric":{"key":"%s","name":"loss","step":1,"value":0.5}}\n' "$key"
  printf '{"done":{"key":"%s","seconds":%s,"bytes":%d}}\n' "$key" "$seconds" "$bytes"
done
