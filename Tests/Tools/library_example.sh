#!/usr/bin/env bash
# Builds the README's library example as another package would, and runs it on a listener made for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# SwiftPM knows a package by the last part of its path; the checkout may be named otherwise.
ln -s "$repository" "$work/sockinspect"
mkdir -p "$work/example/Sources/example"
awk '/library_example.sh/ {found = 1} found && /^```$/ {exit} found && inside {print} found && /^```swift$/ {inside = 1}' \
  README.md > "$work/example/Sources/example/main.swift"
[ -s "$work/example/Sources/example/main.swift" ] || { echo "the README has no library example"; exit 1; }
cat > "$work/example/Package.swift" <<'PACKAGE'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "example",
  dependencies: [.package(path: "../sockinspect")],
  targets: [
    .executableTarget(
      name: "example",
      dependencies: ["Inspection", "Selection", "SocketModel"].map { .product(name: $0, package: "sockinspect") })
  ])
PACKAGE
swift build --package-path "$work/example" --scratch-path "${1:-$work/build}" 2>&1 | tail -n 5
example="$(swift build --package-path "$work/example" --scratch-path "${1:-$work/build}" --show-bin-path)/example"
# In a network namespace of its own, where port 1234 is free.
unshare --net --map-root-user python3 - "$example" <<'LISTENER'
import os, re, socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.socket()
listener.bind(("127.0.0.1", 1234))
listener.listen(1)
output = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout
print(output, end="")
sys.exit(not re.match(rf"listen 127\.0\.0\.1:1234 pid {os.getpid()} fd {listener.fileno()} python3?", output))
LISTENER
