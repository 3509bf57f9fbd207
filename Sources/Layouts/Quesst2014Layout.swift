import Experiment

/// QUESST 2014 (Anguera et al. 2015): spoken queries, documents, and which occur where.
///
/// Both parts of queries look in the same documents, which are of the split test. SUPERB takes those
/// in English (`nnenglish`).
package enum Quesst2014Layout: CorpusLayout {
  package static let name = "quesst2014"
  package static let summary =
    "query by example: queries of dev and of eval (split test), or --queries one; untrimmed"
  package static let options: Set<LayoutOption> = [.queries, .language]
  package static let tree = """
    quesst14Database/
      Audio/quesst14_00001.wav
      dev_queries/quesst14_dev_0001.wav
      eval_queries/quesst14_eval_0001.wav
      scoring/language_key_utterances.lst   quesst14Database/Audio/quesst14_00001.wav nnenglish
      scoring/language_key_dev.lst          quesst14Database/dev_queries/quesst14_dev_0001.wav nnenglish
      scoring/language_key_eval.lst
      scoring/groundtruth_quesst14_dev/quesst14_dev.rttm
      scoring/groundtruth_quesst14_eval/quesst14_eval.rttm
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let parts = options.queries.map { [$0] } ?? ["dev", "eval"]
    for part in parts where !["dev", "eval"].contains(part) {
      throw draft.option("'--queries' is dev or eval, not '\(part)'")
    }
    let language = options.language ?? "nnenglish"
    let documents = try paths("scoring/language_key_utterances.lst", language, &draft)
    let names = Set(documents.map(stem))
    let whole = Segment(start: 0)
    // The utterances' ids are what the scorers' files call them.
    for path in documents { draft.add(path, .test, ManifestEntry(segment: whole, id: stem(path))) }
    for part in parts {
      let queries = try paths("scoring/language_key_\(part).lst", language, &draft)
      let truth = try draft.list("scoring/groundtruth_quesst14_\(part)/quesst14_\(part).rttm")
      let heard = occurrences(truth)
      for path in queries {
        let matches = heard[stem(path), default: []].intersection(names).sorted()
        draft.add(
          path, part == "dev" ? .dev : .test,
          ManifestEntry(segment: whole, id: stem(path), matches: matches))
      }
    }
  }

  private static func stem(_ path: String) -> String {
    String(path.split(separator: "/").last?.dropLast(4) ?? "")
  }

  /// The recordings of a language, as paths of the folder: lists begin with its published name.
  private static func paths(
    _ file: String, _ language: String, _ draft: inout LayoutDraft
  ) throws(LayoutError) -> [String] {
    let list = try draft.list(file)
    var paths: [String] = []
    for (number, line) in list.lines {
      let words = line.words
      guard words.count == 2, let slash = words[0].firstIndex(of: "/"), words[0].hasSuffix(".wav")
      else {
        draft.problem(
          list, number, "a line is 'quesst14Database/…/NAME.wav LANGUAGE', not '\(line)'")
        continue
      }
      if language == "all" || words[1] == language {
        paths.append(String(words[0][words[0].index(after: slash)...]))
      } else {
        draft.leaveOut("recordings of other languages")
      }
    }
    return paths
  }

  /// The documents of each query: a line `LEXEME` names first the document and later the query, as
  /// s3prl reads it.
  private static func occurrences(_ list: LayoutText) -> [String: Set<String>] {
    let pattern = /LEXEME\s+(quesst14_[0-9]+).*?(quesst14_(?:dev|eval)_[0-9]+)/
    var found: [String: Set<String>] = [:]
    for (_, line) in list.lines {
      guard let match = line.prefixMatch(of: pattern) else { continue }
      found[String(match.2), default: []].insert(String(match.1))
    }
    return found
  }
}
