/// fairseq's text of the convolutions, a Python expression such as
/// `[(512,10,5)] + [(512,3,2)] * 4`: lists of (channels, kernel, stride), added and repeated.
struct ConvolutionLayers: Equatable {
  private(set) var channels: [Int] = []
  private(set) var kernels: [Int] = []
  private(set) var strides: [Int] = []

  private static let limit = 64

  /// - Returns: nil for every other text, and for more than 64 layers.
  init?(_ text: String) {
    var scanner = Scanner(text: Array(text.utf8))
    repeat {
      guard let layers = scanner.list() else { return nil }
      var count = 1
      if scanner.take("*") {
        guard let times = scanner.number(), times > 0 else { return nil }
        count = times
      }
      let (total, overflow) = count.multipliedReportingOverflow(by: layers.count)
      guard !overflow, total + channels.count <= Self.limit else { return nil }
      for _ in 0..<count {
        for layer in layers {
          channels.append(layer[0])
          kernels.append(layer[1])
          strides.append(layer[2])
        }
      }
    } while scanner.take("+")
    guard scanner.isAtEnd, !channels.isEmpty else { return nil }
  }

  private struct Scanner {
    let text: [UInt8]
    var position = 0

    init(text: [UInt8]) { self.text = text.filter { $0 != UInt8(ascii: " ") } }

    var isAtEnd: Bool { position == text.count }

    mutating func take(_ character: Character) -> Bool {
      guard position < text.count, text[position] == character.asciiValue else { return false }
      position += 1
      return true
    }

    mutating func number() -> Int? {
      var value = 0
      let start = position
      while position < text.count, case 0x30...0x39 = text[position], position - start < 9 {
        value = value * 10 + Int(text[position] - 0x30)
        position += 1
      }
      return position > start ? value : nil
    }

    /// `[(a,b,c),…]`, at most as many layers as are read in all.
    mutating func list() -> [[Int]]? {
      guard take("[") else { return nil }
      var layers: [[Int]] = []
      repeat {
        guard take("("), let channels = number(), take(","), let kernel = number(), take(","),
          let stride = number(), take(")"), channels > 0, kernel > 0, stride > 0,
          layers.count < ConvolutionLayers.limit
        else { return nil }
        layers.append([channels, kernel, stride])
      } while take(",")
      return take("]") ? layers : nil
    }
  }
}
