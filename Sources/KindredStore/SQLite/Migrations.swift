import GRDB

/// The tables of a store, as numbered migrations: a store of an older version is brought up to date when it is opened.
enum Migrations {
  /// Marks the file as a store of Kindred, in SQLite's own header: the letters KNDR.
  static let applicationID = 0x4B4E_4452

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { db in
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: first)
    }
    migrator.registerMigration("2", foreignKeyChecks: .immediate) { db in try db.execute(sql: second) }
    migrator.registerMigration("3") { db in try db.execute(sql: third) }
    return migrator
  }

  /// The table `erasures` holds users who were deleted and may still be in the file of a model. Their numbers are never
  /// used again, so that a model in training can be told from one trained later.
  ///
  /// Kinds are never deleted, so feedback refers to them without a check at every row.
  ///
  /// Users, items and kinds have numbers, which order listings and keep the largest table small. It is ordered by user,
  /// so that a history is one run of rows; `item` finds the feedback on one item.
  private static let first = """
    CREATE TABLE people (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      attributes TEXT,
      comment TEXT NOT NULL DEFAULT ''
    ) STRICT;
    CREATE TABLE items (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      title TEXT,
      genres TEXT,
      attributes TEXT,
      hidden INTEGER NOT NULL DEFAULT 0,
      time INTEGER
    ) STRICT;
    CREATE TABLE kinds (
      number INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE feedback (
      person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
      item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
      kind INTEGER NOT NULL,
      value REAL NOT NULL,
      time INTEGER,
      PRIMARY KEY (person, item, kind)
    ) STRICT, WITHOUT ROWID;
    \(feedbackByItem);
    CREATE TABLE models (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      file TEXT NOT NULL UNIQUE,
      made INTEGER NOT NULL,
      trainer TEXT NOT NULL,
      parameters TEXT NOT NULL,
      seed TEXT NOT NULL,
      fingerprint TEXT NOT NULL,
      interactions INTEGER NOT NULL,
      metrics TEXT NOT NULL,
      current INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE UNIQUE INDEX current_model ON models (current) WHERE current = 1;
    CREATE TABLE erasures (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      person TEXT NOT NULL
    ) STRICT;
    CREATE TABLE keys (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      hash BLOB NOT NULL UNIQUE,
      label TEXT NOT NULL,
      role TEXT NOT NULL,
      made INTEGER NOT NULL
    ) STRICT;
    CREATE VIRTUAL TABLE item_search USING fts5 (
      id, title, genres, content = 'items', content_rowid = 'number', tokenize = "unicode61 remove_diacritics 2",
      prefix = '2 3'
    );
    CREATE TRIGGER item_added AFTER INSERT ON items BEGIN
      INSERT INTO item_search (rowid, id, title, genres) VALUES (new.number, new.id, new.title, new.genres);
    END;
    CREATE TRIGGER item_removed AFTER DELETE ON items BEGIN
      INSERT INTO item_search (item_search, rowid, id, title, genres)
        VALUES ('delete', old.number, old.id, old.title, old.genres);
    END;
    CREATE TRIGGER item_changed AFTER UPDATE OF id, title, genres ON items BEGIN
      INSERT INTO item_search (item_search, rowid, id, title, genres)
        VALUES ('delete', old.number, old.id, old.title, old.genres);
      INSERT INTO item_search (rowid, id, title, genres) VALUES (new.number, new.id, new.title, new.genres);
    END;
    """

  /// Times become microseconds; one that texts cannot say is forgotten, since a dump of it could not be read.
  ///
  /// A row of `feedback` is the current value of a user, item and kind, and its latest change as an event; `events`
  /// holds the events before it, which few pairs have. The sequence numbers say in which order events came; those of
  /// the first version are all 0, and their order is that of items and kinds. What a list showed is marked as `shown`.
  private static let second = """
    ALTER TABLE feedback ADD COLUMN sequence INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE feedback ADD COLUMN shown INTEGER NOT NULL DEFAULT 0;
    UPDATE feedback SET time = CASE WHEN time BETWEEN \(seconds) THEN time * 1000000 END WHERE time IS NOT NULL;
    UPDATE items SET time = CASE WHEN time BETWEEN \(seconds) THEN time * 1000000 END WHERE time IS NOT NULL;
    UPDATE models SET made = made * 1000000;
    UPDATE keys SET made = made * 1000000;
    CREATE TABLE events (
      person INTEGER NOT NULL REFERENCES people ON DELETE CASCADE,
      item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
      kind INTEGER NOT NULL,
      value REAL NOT NULL,
      time INTEGER,
      sequence INTEGER NOT NULL,
      PRIMARY KEY (person, item, kind, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX events_by_item ON events (item);
    CREATE INDEX events_by_time ON events (time, value);
    \(feedbackByTime);
    CREATE TABLE counters (sequence INTEGER NOT NULL) STRICT;
    INSERT INTO counters VALUES (0);
    """

  /// `minutes` holds what each server counted in each minute.
  private static let third = """
    CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE minutes (
      minute INTEGER NOT NULL,
      server TEXT NOT NULL,
      figures TEXT NOT NULL,
      PRIMARY KEY (minute, server)
    ) STRICT, WITHOUT ROWID;
    """

  private static let seconds =
    "\(StoredTime.range.lowerBound / 1_000_000) AND \(StoredTime.range.upperBound / 1_000_000)"

  /// An import of more than there is drops these indexes and makes them anew.
  static let feedbackByItem = "CREATE INDEX feedback_by_item ON feedback (item)"
  static let feedbackByTime = "CREATE INDEX feedback_by_time ON feedback (time, value, shown)"
}
