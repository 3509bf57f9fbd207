#!/bin/sh
# Speaks the worker's protocol and does what a stage's parameters say ("behave"): publishes a small
# artifact, fails, dies, hangs, or dies the first time only. Standing in for alphasweep-worker.
[ "$1" = --artifacts ] || exit 64
store=$2

printf '{"ready":{"process":%d,"library":"fake"}}\n' $$
echo "fake worker $$ is up" >&2

field() { printf '%s' "$line" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

while IFS= read -r line; do
  # Members are sorted, so the last "key" and "kind" are the stage's own.
  key=$(field key)
  kind=$(field kind)
  behave=$(field behave)
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
  slow) sleep 0.3 ;;
  hang) sleep 60 ;;
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
    hash=$(sha256sum "$aside/result.txt" | cut -d' ' -f1)
    printf '{"files":[{"bytes":%d,"path":"result.txt","sha256":"%s"}],"identity":null,"key":"%s"}\n' \
      "$bytes" "$hash" "$key" >"$aside/artifact.json"
    mv "$aside" "$folder"
  fi
  exec 9>&-
  printf '{"metric":{"key":"%s","name":"loss","step":1,"value":0.5}}\n' "$key"
  printf '{"done":{"key":"%s","seconds":0.25,"bytes":%d}}\n' "$key" "$bytes"
done
