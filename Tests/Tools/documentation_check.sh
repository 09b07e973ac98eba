#!/usr/bin/env bash
# Builds the documentation of the library with docc: its articles, the modules that it exports, and those below them. Fails on
# any warning: a broken ``link``, say.
#   Tests/Tools/documentation_check.sh [OPTIONS]     those of an earlier build, so that nothing is built again
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
swift package "$@" dump-symbol-graph --minimum-access-level public --skip-synthesized-members > "$work/log" 2>&1 ||
  { cat "$work/log"; exit 1; }
graphs=$(sed -n 's/^Files written to //p' "$work/log")
failed=0
[ -f "$graphs/SockinspectKit.symbols.json" ] || { echo "SockinspectKit has no symbols"; exit 1; }
exported=$(sed -n 's/^@_exported public import //p' Sources/SockinspectKit/SockinspectKit.swift)
for module in SockinspectKit $exported LinuxSystem KernelFormats; do
  [ -f "$graphs/$module.symbols.json" ] || continue
  mkdir -p "$work/$module" "$work/$module.docc"
  cp "$graphs/$module.symbols.json" "$work/$module/"
  if [ -d "Sources/$module/$module.docc" ]; then cp "Sources/$module/$module.docc"/* "$work/$module.docc/"; fi
  if docc convert "$work/$module.docc" --fallback-display-name "$module" --fallback-bundle-identifier "sockinspect.$module" \
    --additional-symbol-graph-dir "$work/$module" --output-path "$work/out-$module" --warnings-as-errors > "$work/log" 2>&1; then
    echo "documentation of $module: $(find "$work/out-$module/data" -name '*.json' | wc -l) pages"
  else
    grep -A3 '^error\|^warning' "$work/log" || cat "$work/log"
    failed=1
  fi
done
exit $failed
