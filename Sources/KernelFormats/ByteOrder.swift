/// The byte order of the numbers in a table or message.
package enum ByteOrder: String, CaseIterable, Sendable, Hashable {
  /// Least significant byte first: x86, ARM, RISC-V, ppc64le.
  case little
  /// Most significant byte first: s390x, ppc64, many MIPS and some ARM.
  case big

  /// The byte order of this machine.
  package static var native: ByteOrder { UInt16(1).littleEndian == 1 ? .little : .big }
}
