/// Reads the little of JSON that a safetensors header is made of, byte by byte, and refuses what
/// decoders let pass: a key that is there twice, a number that is no plain natural number, text
/// after the end.
struct StrictJSONScanner: ~Copyable {
  struct Failure: Error {
    let fault: SafetensorsFault
  }

  private let bytes: [UInt8]
  private var position = 0

  /// - Parameter bytes: UTF-8, checked by the caller.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Calls `member` at the value of each key, which it must read.
  mutating func object(
    _ member: (String, inout StrictJSONScanner) throws(Failure) -> Void
  ) throws(Failure) {
    try expect(UInt8(ascii: "{"), "{")
    skipSpace()
    if take(UInt8(ascii: "}")) { return }
    var seen: Set<String> = []
    repeat {
      skipSpace()
      let key = try string()
      guard seen.insert(key).inserted else { throw Failure(fault: .duplicateKey(key)) }
      skipSpace()
      try expect(UInt8(ascii: ":"), ":")
      skipSpace()
      try member(key, &self)
      skipSpace()
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "}"), ", or }")
  }

  /// A list of natural numbers.
  mutating func naturals() throws(Failure) -> [Int] {
    try expect(UInt8(ascii: "["), "[")
    skipSpace()
    var numbers: [Int] = []
    if take(UInt8(ascii: "]")) { return numbers }
    repeat {
      skipSpace()
      numbers.append(try natural())
      skipSpace()
    } while take(UInt8(ascii: ","))
    try expect(UInt8(ascii: "]"), ", or ]")
    return numbers
  }

  mutating func string() throws(Failure) -> String {
    try expect(UInt8(ascii: "\""), "a string")
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        position -= 1
        throw failure("no bare control character")
      default: text.append(byte)
      }
    }
    throw failure("the end of a string")
  }

  /// Only spaces may follow: the padding of the format.
  mutating func end() throws(Failure) {
    while take(0x20) {}
    guard position == bytes.count else { throw failure("the end of the header") }
  }

  private mutating func natural() throws(Failure) -> Int {
    let start = position
    var number = 0
    while position < bytes.count, case 0x30...0x39 = bytes[position] {
      let (tens, overflow) = number.multipliedReportingOverflow(by: 10)
      let (next, carry) = tens.addingReportingOverflow(Int(bytes[position] - 0x30))
      guard !overflow, !carry else { throw failure("a number that fits into 63 bits") }
      number = next
      position += 1
    }
    let digits = position - start
    guard digits > 0, digits == 1 || bytes[start] != 0x30 else {
      position = start
      throw failure("a natural number")
    }
    return number
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard position < bytes.count else { throw failure("an escaped character") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default:
      position -= 1
      throw failure("one of \" \\ / b f n r t u")
    }
  }

  private mutating func unicodeEscape() throws(Failure) -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Beyond the first plane a character is two escapes, a high and a low surrogate.
    if first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) {
      let second = try hexadecimal()
      if 0xDC00...0xDFFF ~= second,
        let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
      {
        return scalar
      }
    }
    throw failure("two halves of one character")
  }

  private mutating func hexadecimal() throws(Failure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < bytes.count,
        let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
      else { throw failure("four hexadecimal digits") }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ byte: UInt8, _ name: String) throws(Failure) {
    guard take(byte) else { throw failure(name) }
  }

  private func failure(_ expected: String) -> Failure {
    Failure(fault: .notJSON(offset: position, expected: expected))
  }
}
