/// One thing that is wrong in a file that a person wrote.
package struct SpecProblem: Sendable, Hashable, CustomStringConvertible {
  package var place: SpecPlace
  package var message: String

  package init(_ message: String, at place: SpecPlace) {
    self.place = place
    self.message = message
  }

  package var description: String { "\(place): \(message)" }
}

/// A character of a file.
package struct SpecPlace: Sendable, Hashable, CustomStringConvertible {
  package var file: String
  /// From 1.
  package var line: Int
  /// From 1.
  package var column: Int

  package init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// Everything that is wrong in the files of an experiment, in the order of their lines.
package struct SpecError: Error, Sendable, Hashable, CustomStringConvertible {
  package var problems: [SpecProblem]

  package init(_ problems: [SpecProblem]) {
    self.problems = problems.sorted {
      ($0.place.file, $0.place.line, $0.place.column, $0.message)
        < ($1.place.file, $1.place.line, $1.place.column, $1.message)
    }
  }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Where the parts of a file stand that can only be judged together with other files.
package struct SpecPlaces: Sendable, Hashable {
  /// A part that names something outside its file.
  package enum Part: Sendable, Hashable {
    case model(String)
    case teacher(model: String)
    case pretrainingCorpus(model: String, String)
    case fineTuneTask(String)
    /// By the group's name.
    case fineTuneGroup(String)
    case evaluateTask(String)
    case earlyCheckpoint(Double)
    case earlyStopping(patience: Int)
    case commandFile(trainer: String, String)
    case floor, score
    case published
    case publishedExperiment(String)
    /// Of a task's file.
    case corpus, target
  }

  package var file: String
  package var marks: [Part: SpecPlace]

  package init(file: String, marks: [Part: SpecPlace] = [:]) {
    self.file = file
    self.marks = marks
  }

  package subscript(part: Part) -> SpecPlace { marks[part] ?? SpecPlace(file: file) }
}
