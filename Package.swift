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

/// A library module that may import exactly the modules named in `uses`.
func module(_ name: String, uses: [Target.Dependency] = []) -> Target {
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
    module("LinuxSystem", uses: ["CLinux"]),
    module("Text"),
    module("SocketModel", uses: ["Text"]),
    module("KernelFormats", uses: ["SocketModel", "Text"]),
    module("Inspection", uses: ["CLinux", "LinuxSystem", "SocketModel", "KernelFormats", "Text"]),
    module("Tracking", uses: ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Text"]),
    module("Capture", uses: ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Text"]),
    module("Query", uses: ["SocketModel", "Text"]),
    module("Rendering", uses: ["SocketModel", "Query", "Text"]),
    module("LiveView", uses: ["SocketModel", "Query", "Rendering", "Text"]),
    module("Diagnosis", uses: ["SocketModel"]),
    module("Lesson", uses: ["LinuxSystem", "SocketModel", "Inspection", "Diagnosis", "Rendering", "Text"]),
    module("Options", uses: ["LinuxSystem", "SocketModel", "Inspection", "Query", "Rendering", "Text"]),
    module(
      "Classic",
      uses: ["LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Query", "Rendering", "Options", "Text"]),
    module("SockinspectKit", uses: ["SocketModel", "Inspection", "Tracking", "Query", "Rendering", "Text"]),
    module(
      "CommandLine",
      uses: [
        "LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Tracking", "Query", "Rendering", "LiveView",
        "Diagnosis", "Lesson", "Options", "SockinspectKit", "Text",
      ]),
    .executableTarget(
      name: "sockinspect",
      dependencies: [
        "LinuxSystem", "SocketModel", "KernelFormats", "Inspection", "Tracking", "Capture", "Query", "Rendering",
        "LiveView", "Diagnosis", "Lesson", "Options", "Classic", "CommandLine", "SockinspectKit", "Text",
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "sockinspect-bench",
      dependencies: ["Lesson", "LinuxSystem", "SocketModel", "Inspection", "Tracking", "Text"],
      swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["Inspection", "KernelFormats", "LinuxSystem", "Rendering", "SocketModel"],
      path: "Tests/TestSupport",
      swiftSettings: testSettings),
    tests("TextTests", uses: ["Text"]),
    tests("SocketModelTests", uses: ["SocketModel"]),
    tests("LinuxSystemTests", uses: ["LinuxSystem"]),
    tests("KernelFormatsTests", uses: ["KernelFormats", "SocketModel"]),
    tests("InspectionTests", uses: ["Inspection", "Capture", "LinuxSystem", "SocketModel", "KernelFormats", "Lesson"]),
    tests(
      "TrackingTests",
      uses: ["Tracking", "Capture", "Inspection", "LinuxSystem", "SocketModel", "KernelFormats", "Lesson"]),
    tests("CaptureTests", uses: ["Capture", "Inspection", "LinuxSystem", "SocketModel", "KernelFormats", "Lesson"]),
    tests("QueryTests", uses: ["Query", "Classic", "SocketModel"]),
    tests("RenderingTests", uses: ["Rendering", "Query", "SocketModel", "Text"]),
    tests("LiveViewTests", uses: ["LiveView", "Query", "Rendering", "SocketModel", "Text"], exclude: ["Golden"]),
    tests("DiagnosisTests", uses: ["Diagnosis", "SocketModel"]),
    tests(
      "LessonTests",
      uses: [
        "Lesson", "Diagnosis", "CommandLine", "Options", "LinuxSystem", "Query", "Rendering", "SocketModel", "Text",
        "sockinspect",
      ],
      exclude: ["Golden"]),
    tests(
      "CommandLineTests",
      uses: [
        "CommandLine", "Classic", "Options", "LinuxSystem", "Inspection", "Tracking", "Lesson", "Query", "Rendering",
        "SocketModel", "Text", "sockinspect",
      ],
      exclude: ["Golden"]),
    tests(
      "ClassicTests",
      uses: [
        "Classic", "CommandLine", "Options", "Inspection", "Query", "Rendering", "SocketModel", "Text", "sockinspect",
      ]),
    tests(
      "ProgramTests",
      uses: [
        "sockinspect", "CommandLine", "Diagnosis", "LiveView", "Options", "Lesson", "LinuxSystem", "Inspection",
        "Query",
        "SocketModel",
      ]),
    tests(
      "EndToEndTests",
      uses: [
        "Classic", "CommandLine", "Diagnosis", "Lesson", "LinuxSystem", "Inspection", "SocketModel", "Query",
        "Rendering",
        "Text", "sockinspect", "sockinspect-bench",
      ],
      exclude: ["Golden", "psutil_connections.py"]),
  ]
)

// A run under a sanitizer builds only the test targets that are named here, with blanks between
//   them, and what they use: SOCKINSPECT_TESTS=InspectionTests swift build --product
//   sockinspectPackageTests --sanitize=thread --scratch-path .build-tsan
if let names = Context.environment["SOCKINSPECT_TESTS"]?.split(separator: " ") {
  package.targets.removeAll { $0.type == .test && !names.contains(Substring($0.name)) }
}

// The fuzzing program's main is libFuzzer's, so it links only with `--sanitize=fuzzer`:
//   SOCKINSPECT_FUZZ=query swift build --product sockinspect-fuzz --sanitize=fuzzer --scratch-path
//   .build-fuzz
if Context.environment["SOCKINSPECT_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "sockinspect-fuzz",
      dependencies: [
        "KernelFormats", "Capture", "Rendering", "LiveView", "Query", "SocketModel", "Options", "CommandLine",
        "Classic", "Lesson",
      ],
      path: "Tests/Fuzz",
      swiftSettings: testSettings))
}
