import KindredStore

/// The tables of a store, as numbered migrations. Each is made once, by whichever process opens the store first.
enum Schema {
  private static let migrations = [first]

  /// Makes the tables, or brings them up to date.
  static func prepare(_ session: Session, _ location: Location, _ opening: StoreOpening) throws {
    let version = try version(session, location)
    if version == migrations.count { return }
    if version > migrations.count { throw StoreError(.newerVersion, store: location.description) }
    if version == 0, opening == .existing { throw StoreError(.missing, store: location.description) }
    guard try session.runPlain("SHOW server_encoding").text(0, 0) == "UTF8" else {
      throw StoreError(
        .unsupported("the database must have the encoding UTF8; 'createdb -E UTF8 -T template0' makes one"),
        store: location.description)
    }
    // Before the transaction, which would not see what another one made while this one waited.
    try session.runPlain("SELECT pg_advisory_lock(\(location.lock("migrate")))")
    defer { _ = try? session.runPlain("SELECT pg_advisory_unlock(\(location.lock("migrate")))") }
    try session.runPlain("BEGIN")
    do {
      let version = try self.version(session, location)
      if version == 0 {
        try session.runPlain("CREATE SCHEMA IF NOT EXISTS \(location.schema); CREATE TABLE versions (number integer)")
      }
      for number in min(version, migrations.count)..<migrations.count {
        try session.runPlain(migrations[number])
        try session.runPlain("INSERT INTO versions VALUES (\(number + 1))")
      }
      try session.commit()
    } catch {
      _ = try? session.runPlain("ROLLBACK")
      throw error
    }
  }

  /// The number of the last migration; 0 where there is no store.
  private static func version(_ session: Session, _ location: Location) throws -> Int {
    let isThere = try session.runPlain("SELECT to_regclass('\(location.schema).versions') IS NOT NULL")
    guard isThere.flag(0, 0) else { return 0 }
    return Int(try session.runPlain("SELECT coalesce(max(number), 0) FROM versions").integer(0, 0))
  }

  /// The tables are those of the SQLite store, see there; with these differences:
  ///
  /// - Ids may be longer than a B-tree takes, so a hash index finds them and keeps them unique.
  /// - `feedback` and `events` refer to users and items without a check at every row: there is one writer.
  /// - `words` are what a search of items looks into.
  /// - The files of models are named by their checksum. `stale_files` are those that no model has any more; `replicas`
  ///   say which file each server answers from.
  private static let first = """
    CREATE TABLE people (
      number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id text COLLATE "C" NOT NULL,
      attributes text,
      comment text NOT NULL DEFAULT '',
      EXCLUDE USING hash (id WITH =)
    );
    CREATE TABLE items (
      number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      id text COLLATE "C" NOT NULL,
      title text,
      genres text,
      attributes text,
      hidden boolean NOT NULL DEFAULT false,
      time bigint,
      words tsvector NOT NULL,
      EXCLUDE USING hash (id WITH =)
    );
    CREATE INDEX items_by_word ON items USING gin (words);
    CREATE TABLE kinds (
      number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text COLLATE "C" NOT NULL,
      EXCLUDE USING hash (name WITH =)
    );
    CREATE SEQUENCE event_numbers;
    CREATE TABLE feedback (
      person integer NOT NULL,
      item integer NOT NULL,
      kind integer NOT NULL,
      value double precision NOT NULL,
      time bigint,
      sequence bigint NOT NULL,
      shown boolean NOT NULL,
      PRIMARY KEY (person, item, kind)
    );
    \(feedbackIndexes);
    CREATE TABLE events (
      person integer NOT NULL,
      item integer NOT NULL,
      kind integer NOT NULL,
      value double precision NOT NULL,
      time bigint,
      sequence bigint NOT NULL,
      PRIMARY KEY (person, item, kind, sequence)
    );
    CREATE INDEX events_by_item ON events (item);
    CREATE INDEX events_by_time ON events (time, value);
    CREATE SEQUENCE model_numbers AS integer;
    CREATE TABLE models (
      number integer PRIMARY KEY,
      file text NOT NULL,
      made bigint NOT NULL,
      trainer text NOT NULL,
      parameters text NOT NULL,
      seed text NOT NULL,
      fingerprint text NOT NULL,
      interactions bigint NOT NULL,
      metrics text NOT NULL,
      current boolean NOT NULL DEFAULT false
    );
    CREATE UNIQUE INDEX current_model ON models (current) WHERE current;
    CREATE TABLE stale_files (file text PRIMARY KEY);
    CREATE TABLE replicas (id text PRIMARY KEY, file text, seen timestamptz NOT NULL);
    CREATE TABLE erasures (
      number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      person text NOT NULL
    );
    CREATE TABLE counters (erasures bigint NOT NULL);
    INSERT INTO counters VALUES (0);
    CREATE TABLE keys (
      number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      hash text NOT NULL UNIQUE,
      label text NOT NULL,
      role text NOT NULL,
      made bigint NOT NULL
    );
    CREATE TABLE settings (name text PRIMARY KEY, value text NOT NULL);
    CREATE TABLE minutes (
      minute integer NOT NULL,
      server text NOT NULL,
      figures text NOT NULL,
      PRIMARY KEY (minute, server)
    );
    """

  /// The first import drops these indexes and makes them anew.
  static let feedbackIndexes = """
    CREATE INDEX feedback_by_item ON feedback (item);
    CREATE INDEX feedback_by_time ON feedback (time, value, shown)
    """
}
