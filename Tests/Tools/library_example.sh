#!/usr/bin/env bash
# Builds the README's library example and the programs of the documentation's articles as another package would, and runs
# them on sockets made for it.
set -euo pipefail
cd "$(dirname "$0")/../.."
repository=$PWD
articles=Sources/SockinspectKit/SockinspectKit.docc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# SwiftPM knows a package by the last part of its path; the checkout may be named otherwise.
ln -s "$repository" "$work/sockinspect"

# The first block of Swift of a page, behind a line that matches $2, becomes the program $3.
extract() {
  mkdir -p "$work/example/Sources/$3"
  awk -v mark="$2" '$0 ~ mark {found = 1} found && /^```$/ {exit} found && inside {print} found && /^```swift$/ {inside = 1}' \
    "$1" > "$work/example/Sources/$3/main.swift"
  [ -s "$work/example/Sources/$3/main.swift" ] || { echo "$1 has no program"; exit 1; }
}
extract README.md library_example.sh example
extract "$articles/ListTheOwnersOfAPort.md" . owners
extract "$articles/ReadACapturedTree.md" . captured
extract "$articles/WatchStateChanges.md" . changes
cat > "$work/example/Package.swift" <<'PACKAGE'
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "example",
  dependencies: [.package(path: "../sockinspect")],
  targets: ["example", "owners", "captured", "changes"].map {
    .executableTarget(name: $0, dependencies: [.product(name: "SockinspectKit", package: "sockinspect")])
  })
PACKAGE
build() { swift build --package-path "$work/example" --scratch-path "${scratch:-$work/build}" "$@"; }
scratch=${1:-}
build --disable-index-store -Xswiftc -gnone 2>&1 | tail -n 5
# In a network namespace of its own, where port 1234 is free.
unshare --net --map-root-user python3 - "$(build --show-bin-path)" "$repository/Fixtures/linux-6.12-x86_64" <<'RUN'
import os, re, socket, subprocess, sys, tempfile

programs, tree = sys.argv[1:]

def check(pattern, *command):
    output = subprocess.run([f"{programs}/{command[0]}", *command[1:]], check=True, capture_output=True, text=True).stdout
    print(output, end="")
    if not re.search(pattern, output, re.M):
        sys.exit(f"{command[0]} printed nothing that matches {pattern}")

subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
listener = socket.socket()
listener.bind(("127.0.0.1", 1234))
listener.listen(16)
pid, number = os.getpid(), listener.fileno()
check(rf"\Alisten 127\.0\.0\.1:1234 python3?[.\d]*\[{pid}\] fd {number}\n\Z", "example")
check(rf"^tcp listen 127\.0\.0\.1:1234 .*\n  process {pid} descriptor {number}$", "owners", "1234")
check(r"^0\.0\.0\.0:8080 python3\[2001\] fd 3$", "captured", tree)
# It watches for some seconds: connections are made until it ends, and stay for the next scan.
held = []
with tempfile.TemporaryFile("w+") as output:
    watching = subprocess.Popen([f"{programs}/changes", "3"], stdout=output)
    while watching.poll() is None:
        held += [socket.create_connection(("127.0.0.1", 1234)), listener.accept()[0]]
        try:
            watching.wait(0.05)
        except subprocess.TimeoutExpired:
            pass
    output.seek(0)
    changes = output.read()
print("\n".join(changes.splitlines()[:3]))
sys.exit(watching.returncode or not re.search(r"^opened 127\.0\.0\.1:\d+ - > \w+$", changes, re.M))
RUN
