extension SlurmSite {
  private static let termKeys = [
    "partition", "account", "qos", "reservation", "constraint", "time", "memory", "gpus",
  ]

  /// Reads `slurm:` of a site.
  static func read(_ node: SpecNode) -> SlurmSite? {
    let fields = node.fields(
      "'slurm'",
      termKeys + [
        "modules", "setup", "extra", "commands", "poll", "grace", "notice", "array-size",
        "max-jobs", "memory-limit", "stages",
      ])
    guard let seconds = fields.required("time", { $0.seconds(atLeast: 60) }) else { return nil }
    var site = SlurmSite(terms: terms(fields, from: Terms(seconds: seconds)))
    func words(_ key: String) -> [String] {
      fields.optional(key) { list in list.list().compactMap { $0.string() } } ?? []
    }
    (site.modules, site.setup, site.extra) = (words("modules"), words("setup"), words("extra"))
    site.commands = fields.optional("commands") { $0.string() }
    site.mostMemoryBytes = fields.optional("memory-limit") { $0.gigabytes() }.map { Int($0) }
    func set<Value>(_ path: WritableKeyPath<SlurmSite, Value>, _ value: Value?) {
      if let value { site[keyPath: path] = value }
    }
    set(\.pollSeconds, fields.optional("poll") { $0.seconds(atLeast: 0.1) })
    set(\.graceSeconds, fields.optional("grace") { $0.seconds(atLeast: 0) })
    set(\.noticeSeconds, fields.optional("notice") { $0.seconds(atLeast: 1) })
    set(\.arraySize, fields.optional("array-size") { $0.integer(1...4_000_001) })
    set(\.jobs, fields.optional("max-jobs") { $0.integer(1...100_000) })
    if let stages = fields.values["stages"] {
      for (key, word, value) in stages.entries() {
        guard let kind = StageKind(rawValue: word), !kind.isVirtual else {
          let kinds = StageKind.allCases.filter { !$0.isVirtual }.map(\.rawValue)
          key.fail(SpecMessage.unknown("kind of stage", word, among: kinds))
          continue
        }
        site.kinds[kind] = terms(value.fields("'\(word)'", termKeys), from: site.terms)
      }
    }
    return site
  }

  /// What `fields` say, and `terms` where they say nothing.
  private static func terms(_ fields: SpecFields, from terms: Terms) -> Terms {
    var terms = terms
    func word(_ key: String, _ path: WritableKeyPath<Terms, String?>) {
      if let word = fields.optional(key, { $0.string() }) { terms[keyPath: path] = word }
    }
    word("partition", \.partition)
    word("account", \.account)
    word("qos", \.qos)
    word("reservation", \.reservation)
    word("constraint", \.constraint)
    if let seconds = fields.optional("time", { $0.seconds(atLeast: 60) }) {
      terms.seconds = seconds
    }
    if let bytes = fields.optional("memory", { $0.gigabytes() }) { terms.memoryBytes = Int(bytes) }
    if let gpus = fields.optional("gpus", { $0.integer(0...64) }) { terms.gpus = gpus }
    return terms
  }
}

extension SpecNode {
  private static let units = ["s": 1.0, "min": 60, "h": 3600, "d": 86_400]

  /// A time such as `30 s`, `2 min`, `24 h` or `2 d`, in seconds.
  func seconds(atLeast least: Double) -> Double? {
    let parts = (text ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, let unit = Self.units[String(parts[1])],
      let value = SpecNumber.real(String(parts[0])), value * unit >= 0
    else {
      fail(SpecMessage.type(name, "a time such as '30 s', '2 min' or '24 h'", "'\(text ?? "")'"))
      return nil
    }
    guard value * unit >= least else {
      fail(
        SpecMessage.type(
          name, "at least \(Canonical(number: least).text) s", "'\(text ?? "")'"))
      return nil
    }
    return value * unit
  }
}
