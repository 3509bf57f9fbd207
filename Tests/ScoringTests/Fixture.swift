import Foundation

/// Files that the scripts beside them made.
enum Fixture {
  struct Missing: Error { var name: String }

  static func json<Value: Decodable>(_ name: String, as type: Value.Type = Value.self) throws
    -> Value
  {
    guard let folder = Bundle.module.resourcePath else { throw Missing(name: name) }
    let file = URL(fileURLWithPath: "\(folder)/Fixtures/\(name)")
    return try JSONDecoder().decode(type, from: Data(contentsOf: file))
  }
}
