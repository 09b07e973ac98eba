// swift-tools-version: 6.2
import PackageDescription

let testSettings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

/// What ships is held to strict memory safety besides; tests call C with pointers as they need.
let settings: [SwiftSetting] = testSettings + [.strictMemorySafety()]

/// One room of the house: a library target that may use exactly the rooms named in `uses`.
func room(_ name: String, uses: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: uses, swiftSettings: settings)
}

func tests(_ name: String, uses: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: uses + ["TestSupport"], exclude: exclude, swiftSettings: testSettings)
}

let package = Package(
  name: "sockinspect",
  products: [
    .executable(name: "sockinspect", targets: ["sockinspect"]),
    .executable(name: "sockinspect-bench", targets: ["sockinspect-bench"]),
    .library(name: "SockinspectKit", targets: ["SockinspectKit"]),
  ],
  targets: [
    .target(name: "CLinux"),
    room("LinuxSystem", uses: ["CLinux"]),
    room("Text"),
    room("SocketModel", uses: ["Text"]),
    room("KernelFormats", uses: ["SocketModel", "Text"]),
    room("Inspection", uses: ["CLinux", "LinuxSystem", "SocketModel", "KernelFormats", "Text"]),
    room("Selection", uses: ["SocketModel", "Text"]),
    room("Presentation", uses: ["SocketModel", "Selection", "Text"]),
    room("SockinspectKit", uses: ["SocketModel", "Inspection", "Selection", "Presentation", "Text"]),
    room("Diagnosis", uses: ["SocketModel"]),
    room("Demo", uses: ["LinuxSystem", "SocketModel"]),
    room(
      "SockinspectCLI",
      uses: [
        "LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Selection", "Presentation", "SockinspectKit",
        "Diagnosis", "Demo", "Text",
      ]),
    .executableTarget(name: "sockinspect", dependencies: ["SockinspectCLI"], swiftSettings: settings),
    .executableTarget(
      name: "sockinspect-bench", dependencies: ["Demo", "LinuxSystem", "SocketModel", "Inspection", "Text"],
      swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["LinuxSystem", "Presentation", "SocketModel"], path: "Tests/TestSupport",
      swiftSettings: testSettings),
    tests("TextTests", uses: ["Text"]),
    tests("SocketModelTests", uses: ["SocketModel"]),
    tests("LinuxSystemTests", uses: ["LinuxSystem"]),
    tests("KernelFormatsTests", uses: ["KernelFormats", "SocketModel"]),
    tests("InspectionTests", uses: ["Inspection", "LinuxSystem", "SocketModel", "KernelFormats", "Demo"]),
    tests("SelectionTests", uses: ["Selection", "SocketModel"]),
    tests("PresentationTests", uses: ["Presentation", "Selection", "SocketModel", "Text"], exclude: ["Golden"]),
    tests("DiagnosisTests", uses: ["Diagnosis", "SocketModel"]),
    tests(
      "SockinspectCLITests",
      uses: [
        "SockinspectCLI", "Demo", "LinuxSystem", "SocketModel", "Inspection", "Presentation", "Selection", "Diagnosis",
        "Text", "sockinspect",
      ],
      exclude: ["Golden"]),
    tests(
      "EndToEndTests",
      uses: [
        "Demo", "LinuxSystem", "Inspection", "SocketModel", "Presentation", "SockinspectCLI", "Text",
        "sockinspect", "sockinspect-bench",
      ],
      exclude: ["Golden", "psutil_connections.py"]),
  ]
)

// A run under a sanitizer builds only the test targets that are named here, with blanks between them, and what they use:
//   SOCKINSPECT_TESTS=InspectionTests swift build --product sockinspectPackageTests --sanitize=thread --scratch-path .build-tsan
if let names = Context.environment["SOCKINSPECT_TESTS"]?.split(separator: " ") {
  package.targets.removeAll { $0.type == .test && !names.contains(Substring($0.name)) }
}

// The fuzzing program's main is libFuzzer's, so it links only with `--sanitize=fuzzer`:
//   SOCKINSPECT_FUZZ=query swift build --product sockinspect-fuzz --sanitize=fuzzer --scratch-path .build-fuzz
if Context.environment["SOCKINSPECT_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "sockinspect-fuzz",
      dependencies: ["KernelFormats", "Presentation", "Selection", "SocketModel", "SockinspectCLI"],
      path: "Tests/Fuzz",
      swiftSettings: testSettings))
}
