import Glibc

/// The target that `SOCKINSPECT_FUZZ` names.
private let target: FuzzTarget = {
  let name = getenv("SOCKINSPECT_FUZZ").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget(rawValue: name) else {
    print("SOCKINSPECT_FUZZ must name one of: \(FuzzTarget.allCases.map(\.rawValue).joined(separator: " "))")
    exit(2)
  }
  return target
}()

/// The function that libFuzzer calls with each input.
@c(LLVMFuzzerTestOneInput)
public func feed(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  target.feed(UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count).span)
  return 0
}
