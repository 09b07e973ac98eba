#!/usr/bin/env bash
# Builds the documentation of every library product with docc and fails on any warning: a broken ``link``, say.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members > "$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
graphs=$(sed -n 's/^Files written to //p' "$work/log")
failed=0
for room in SocketModel LinuxSystem KernelFormats Inspection Selection Presentation Diagnosis; do
  mkdir -p "$work/$room" "$work/$room.docc"
  cp "$graphs/$room.symbols.json" "$work/$room/"
  if docc convert "$work/$room.docc" --fallback-display-name "$room" --fallback-bundle-identifier "sockinspect.$room" \
    --additional-symbol-graph-dir "$work/$room" --output-path "$work/out-$room" --warnings-as-errors > "$work/log" 2>&1; then
    echo "documentation of $room: $(find "$work/out-$room/data" -name '*.json' | wc -l) pages"
  else
    grep -A3 '^error\|^warning' "$work/log" || cat "$work/log"
    failed=1
  fi
done
exit $failed
