// swift-tools-version: 6.0
// The Swift side of TMTP. See README.md for how it is used and `run` for how it is built and tested.
import PackageDescription

// Tests and benchmarks take the archive of the test kit, which has the library inside: two archives in one
// process would be two runtimes. An app takes the library alone.
let withKit = Context.environment["TMTP_WITH_KIT"] != nil
let archive = withKit ? "tmtp_kit" : "tmtp_ffi"

#if os(Linux)
// The folder is named by the archive's hash, because SwiftPM does not notice a changed archive.
let folder = Context.environment["TMTP_LIBRARY"] ?? "\(Context.packageDirectory)/../target/swift/library"
let ffi: Target = .target(
    name: "TmtpFFI",
    linkerSettings: [.unsafeFlags(["-L\(folder)"]), .linkedLibrary(archive)]
)
#else
// Not tried: no Apple SDK has seen this. The framework is to hold the archive, the header and the module map.
let ffi: Target = .binaryTarget(name: "TmtpFFI", path: "\(archive).xcframework")
#endif

/// Hand-written code: no warning passes. (Flags like these bar a package from being a versioned dependency, so
/// they are only there where it is built from its own repository.)
let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ] + (Context.environment["TMTP_STRICT"] == nil ? [] : [.unsafeFlags(["-warnings-as-errors"])])
let generated: [SwiftSetting] = [.swiftLanguageMode(.v6)]

let library: [Target] = [
    ffi,
    .target(name: "TmtpIds", swiftSettings: strict),
    .target(name: "TmtpCore", dependencies: ["TmtpFFI", "TmtpIds"], swiftSettings: generated),
    .target(name: "Tmtp", dependencies: ["TmtpCore", "TmtpIds"], swiftSettings: strict),
    .executableTarget(name: "probe", dependencies: ["Tmtp"], swiftSettings: strict),
]

let kit: [Target] = [
    .target(name: "TmtpKitFFI", dependencies: ["TmtpFFI"]),
    .target(name: "TmtpKitCore", dependencies: ["TmtpKitFFI", "TmtpCore"], swiftSettings: generated),
    .target(name: "TmtpKit", dependencies: ["TmtpKitCore", "Tmtp"], swiftSettings: strict),
    .executableTarget(name: "crossings", dependencies: ["Tmtp", "TmtpKit", "TmtpKitCore"], swiftSettings: strict),
    .executableTarget(name: "victim", dependencies: ["Tmtp"], swiftSettings: strict),
    .testTarget(name: "TmtpTests", dependencies: ["Tmtp", "TmtpKit", "victim"], swiftSettings: strict),
]

let package = Package(
    name: "Tmtp",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "Tmtp", targets: ["Tmtp"])]
        + (withKit ? [.library(name: "TmtpKit", targets: ["TmtpKit"])] : []),
    targets: library + (withKit ? kit : [])
)
