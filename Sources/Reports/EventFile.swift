/// The bytes of a TensorBoard event file with one number an event.
///
/// The messages are those of tensorboard/compat/proto/event.proto and summary.proto, written by hand:
/// `Event { wall_time = 1, step = 2, file_version = 3 | summary = 5 }`,
/// `Summary { value = 1 }`, `Value { tag = 1, simple_value = 2 }`. As protocol buffers have it, what is 0
/// is left out.
package struct EventFile: Sendable {
  package struct Point: Sendable, Hashable {
    /// Seconds since 1970.
    package var time: Double
    package var step: Int
    /// The name of the curve.
    package var tag: String
    package var value: Float

    package init(time: Double, step: Int, tag: String, value: Float) {
      self.time = time
      self.step = step
      self.tag = tag
      self.value = value
    }
  }

  package private(set) var bytes: [UInt8]

  /// - Parameters:
  ///   - started: Seconds since 1970, of the first event, which says what kind of file this is.
  ///   - points: In the order in which they come.
  package init(started: Double, points: [Point]) {
    bytes = EventRecord.framed(
      Self.time(started) + Self.member(3, Array("brain.Event:2".utf8)))
    for point in points { bytes += EventRecord.framed(Self.event(point)) }
  }

  private static func event(_ point: Point) -> [UInt8] {
    let value =
      member(1, Array(point.tag.utf8)) + [2 << 3 | 5]
      + EventRecord.littleEndian(point.value.bitPattern)
    let step =
      point.step == 0 ? [] : [1 << 4] + varint(UInt64(bitPattern: Int64(point.step)))
    return time(point.time) + step + member(5, member(1, value))
  }

  private static func time(_ seconds: Double) -> [UInt8] {
    seconds == 0 ? [] : [1 << 3 | 1] + EventRecord.littleEndian(seconds.bitPattern)
  }

  /// A member that has a length.
  private static func member(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
