extension StageRequest {
  /// Whether what is asked for is what the key says. A request may have lain in a file, where somebody
  /// or something changed it: whatever it then asked for would be published as what was planned.
  package var isSound: Bool {
    StageKey(of: identity) == key && identity["kind"] == .string(kind.rawValue)
      && identity["parameters"]?.text == parameters.text
      && identity["seed"] == (seed.map { .string(String($0)) } ?? .null)
  }
}
