#!/usr/bin/env bash
# Fuzzes every decoder and parser with libFuzzer, beginning with the fixtures.
#   Tests/Tools/fuzz.sh [SECONDS]     for each target, 20 by default
# An input that makes one trap, hang or break a promise is left in .build-fuzz/findings.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-20}
options=(--scratch-path .build-fuzz --disable-index-store -Xswiftc -gnone)
SOCKINSPECT_FUZZ=all swift build --product sockinspect-fuzz --sanitize=fuzzer "${options[@]}"
program=$(SOCKINSPECT_FUZZ=all swift build --show-bin-path --scratch-path .build-fuzz)/sockinspect-fuzz
corpus=.build-fuzz/corpus
mkdir -p "$corpus" .build-fuzz/findings
python3 Tests/Tools/fuzz_corpus.py "$corpus"
if SOCKINSPECT_FUZZ=detector SWIFT_BACKTRACE=enable=no "$program" -runs=1000000 -max_total_time=60 \
  -artifact_prefix=.build-fuzz/detector- > .build-fuzz/detector.log 2>&1; then
  echo "a broken promise went unnoticed: fuzzing proves nothing"
  exit 1
fi
targets=$(sed -n 's/^  case \([a-z]*, [a-z, ]*\)$/\1/p' Tests/Fuzz/FuzzTarget.swift | tr -d ',')
[ -n "$targets" ] || { echo "no fuzzing targets found"; exit 1; }

fuzz() {
  local target=$1 log=.build-fuzz/$1.log runs
  if ! SOCKINSPECT_FUZZ=$target SWIFT_BACKTRACE=enable=no "$program" -max_total_time="$seconds" -timeout=5 \
    -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -artifact_prefix=".build-fuzz/findings/$target-" \
    "$corpus/$target" > "$log" 2>&1; then
    tail -n 40 "$log"
    echo "fuzzing of $target found something; the input is in .build-fuzz/findings"
    return 1
  fi
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  echo "fuzzed $target: $runs inputs in $seconds s, nothing found"
  [ "${runs:-0}" -gt 100 ] || { echo "too few to mean anything"; return 1; }
}

# As many at once as there are processors.
export program corpus seconds
export -f fuzz
printf '%s\n' $targets | xargs -n 1 -P "$(nproc)" bash -euo pipefail -c 'fuzz "$1"' bash
