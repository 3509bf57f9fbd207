import GRDB

/// The diary's tables. Migrations are only ever appended: a diary of any age can be opened.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: experiments, stages, attempts, metrics") { database in
      try database.create(table: "experiment") { table in
        table.primaryKey("name", .text)
        table.column("question", .text).notNull()
      }
      try database.create(table: "stage") { table in
        table.primaryKey("key", .text)
        table.column("kind", .text).notNull().indexed()
        table.column("label", .text).notNull()
        table.column("identity", .text).notNull()
      }
      try database.create(table: "plannedStage") { table in
        table.column("experiment", .text).notNull()
          .references("experiment", onDelete: .cascade)
        table.column("key", .text).notNull().references("stage", onDelete: .cascade)
        table.primaryKey(["experiment", "key"])
      }
      try database.create(table: "attempt") { table in
        table.column("key", .text).notNull().references("stage", onDelete: .cascade)
        table.column("number", .integer).notNull().check { $0 > 0 }
        table.column("experiment", .text).notNull()
        table.column("worker", .integer).notNull()
        table.column("host", .text).notNull()
        table.column("process", .integer).notNull()
        table.column("started", .double).notNull()
        // Absent while it lasts.
        table.column("outcome", .text)
        table.column("seconds", .double)
        table.column("reason", .text)
        table.column("bytes", .integer)
        table.primaryKey(["key", "number"])
      }
      try database.create(table: "metric") { table in
        table.column("key", .text).notNull().references("stage", onDelete: .cascade)
        table.column("name", .text).notNull()
        table.column("step", .integer).notNull()
        table.column("value", .double).notNull()
        table.primaryKey(["key", "name", "step"])
      }
    }
    return migrator
  }
}
