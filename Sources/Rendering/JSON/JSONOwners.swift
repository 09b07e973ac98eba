internal import SocketModel
internal import Text

/// The owners of a socket.
extension JSONOutput {
  @inline(__always)
  func appendOwners(_ row: Int, to output: inout [UInt8]) {
    guard snapshot.hasOwners else { return output.appendNull() }
    let range = snapshot.ownerRange(at: row)
    output.append(UInt8(ascii: "["))
    for index in range {
      if index != range.lowerBound { output.append(UInt8(ascii: ",")) }
      appendOwner(snapshot.owners[index], to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }

  func appendOwner(_ owner: Owner, to output: inout [UInt8]) {
    output.append(ascii: "{\"pid\":")
    if let pid = owner.pid { output.appendDecimal(Int(pid)) } else { output.appendNull() }
    output.append(ascii: ",\"fd\":")
    if let descriptor = owner.descriptor { output.appendDecimal(Int(descriptor)) } else { output.appendNull() }
    if let attribution = owner.attribution, attribution.isWithoutPlainDescriptor {
      appendCarrier(of: owner, to: &output)
    }
    if let process = owner.processIndex {
      output.append(contentsOf: processMembers[Int(process)])
    } else {
      output.append(UInt8(ascii: ","))
      output.appendJSONMember("name", bytes: snapshot.name(of: owner))
      output.append(ascii: ",\"executable\":null,\"uid\":null,\"user\":null,\"start_time_s\":null")
      for field in addedToOwners {
        output.append(ascii: ",\"\(field.description.name)\":null")
        if field == .parent { output.append(ascii: ",\"parent_name\":null") }
      }
      output.append(UInt8(ascii: "}"))
    }
  }

  /// What the process has the socket through, where that is not a descriptor of its own table.
  private func appendCarrier(of owner: Owner, to output: inout [UInt8]) {
    if let ring = owner.ring {
      output.append(ascii: ",\"ring_fd\":")
      output.appendDecimal(Int(ring.descriptor))
      output.append(ascii: ",\"ring_slot\":")
      if let slot = ring.slot { output.appendDecimal(Int(slot)) } else { output.appendNull() }
    }
    if let thread = owner.thread {
      output.append(ascii: ",\"thread\":")
      output.appendDecimal(Int(thread))
    }
    if let receiver = owner.receiver {
      output.append(ascii: ",\"receiver_fd\":")
      output.appendDecimal(Int(receiver))
    }
  }
}
