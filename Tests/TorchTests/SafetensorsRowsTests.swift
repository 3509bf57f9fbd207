import Foundation
import Testing
import Torch

/// Tensors that are written and read by rows.
@Suite struct SafetensorsRowsTests {
  private func rows(_ range: Range<Int>, width: Int = 3) throws -> Tensor {
    let first = range.lowerBound * width
    return try Tensor(
      (0..<(range.count * width)).map { Float(first + $0) }, shape: [range.count, width])
  }

  @Test func rowsMakeTheFileThatTheWholeTensorMakes() throws {
    try withTemporaryFile { path in
      try Safetensors.write(
        tensors: [(name: "a", tensor: rows(0..<7)), (name: "b", tensor: rows(0..<2))],
        metadata: [:], to: path)
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      let stream = try SafetensorsStream(
        path: path, dtype: .float32, shapes: [("b", [2, 3]), ("a", [7, 3])])
      for range in [0..<1, 1..<5, 5..<7] { try stream.append(rows: rows(range)) }
      try stream.append(rows(0..<2))
      try stream.finish()
      let streamed = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(streamed == whole)
    }
  }

  @Test func anyRowsAreReadAndNoOthers() throws {
    try withTemporaryFile { path in
      try Safetensors.write(
        tensors: [(name: "a", tensor: rows(0..<7))], metadata: [:], to: path)
      let file = try SafetensorsFile(path: path)
      for range in [0..<7, 2..<3, 6..<7, 3..<3] {
        let found = try file.rows(range, ofTensorNamed: "a")
        #expect(found.shape == [range.count, 3])
        let (values, expected) = (try found.floats(), try rows(range).floats())
        #expect(values == expected)
      }
      #expect(throws: SafetensorsError.self) { try file.rows(5..<8, ofTensorNamed: "a") }
      #expect(throws: SafetensorsError.self) { try file.rows(0..<1, ofTensorNamed: "c") }
    }
  }

  @Test func rowsOfAnotherShapeOrTooManyAreRefused() throws {
    try withTemporaryFile { path in
      let stream = try SafetensorsStream(path: path, dtype: .float32, shapes: [("a", [4, 3])])
      try stream.append(rows: rows(0..<3))
      #expect(throws: SafetensorsError.self) { try stream.append(rows: rows(0..<2)) }
      #expect(throws: SafetensorsError.self) { try stream.append(rows: rows(0..<1, width: 2)) }
      #expect(throws: SafetensorsError.self) { try stream.finish() }
      try stream.append(rows: rows(3..<4))
      try stream.finish()
    }
  }
}
