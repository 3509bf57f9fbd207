#!/bin/bash
# Feeds the readers of foreign files with inputs of libFuzzer, under the address sanitizer.
#
#   Tests/Fuzz/run.sh [RUNS]     that many inputs for each reader; 200000 if not said
#
# Stops at the first crash, at an input that takes 10 seconds, at one allocation beyond 64 MB or at
# 1 GB in all. What was found is kept in .build/fuzz, and found inputs seed the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=${1:-200000}
out=.build/fuzz
mkdir -p "$out"
readers=(Sources/Torch/Pickle/*.swift Sources/Torch/Archive/{TorchArchive,TorchArchiveError}.swift
  Sources/Torch/Archive/{ZipDirectory,LegacyTorchFile}.swift
  Sources/Torch/TorchError.swift Sources/Weights/*.swift Tests/Fuzz/MemoryBytes.swift)
export ASAN_OPTIONS=quarantine_size_mb=16

for target in safetensors archive; do
  swiftc -O -sanitize=fuzzer,address -parse-as-library -swift-version 6 -package-name alphasweep \
    -module-name Fuzz "${readers[@]}" "Tests/Fuzz/$target.swift" -o "$out/$target" 2> "$out/$target.log" \
    || { cat "$out/$target.log"; exit 1; }
  mkdir -p "$out/$target.seeds" "$out/$target.found"
done
find Tests -path '*/Fixtures/*' -name '*.safetensors' -size -16k -exec cp {} "$out/safetensors.seeds" \;
find Tests -path '*/Fixtures/*' \( -name '*.pt' -o -name '*.bin' \) -size -16k \
  -exec cp {} "$out/archive.seeds" \;

for target in safetensors archive; do
  echo "== $target: $runs inputs"
  "$out/$target" -runs="$runs" -max_len=6144 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 \
    -print_final_stats=1 -verbosity=0 -artifact_prefix="$out/$target.failed-" \
    "$out/$target.found" "$out/$target.seeds"
done
