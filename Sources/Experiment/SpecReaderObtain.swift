extension Spec {
  /// What models say of how to get their checkpoints, by the checkpoints' paths.
  static func obtain(_ node: SpecNode) -> [String: String] {
    // Whatever is no mapping has been told when the models were read.
    guard case .mapping(let models) = node.node else { return [:] }
    var words: [String: String] = [:]
    for case (_, .mapping(let model)) in models {
      func member(_ key: String) -> SpecNode? {
        model[key].map { SpecNode(node: $0, name: key, diagnostics: node.diagnostics) }
      }
      guard let obtain = member("obtain") else { continue }
      if let path = member("checkpoint")?.text {
        words[path] = obtain.string()
      } else {
        obtain.fail("'obtain' goes with 'checkpoint'")
      }
    }
    return words
  }
}
