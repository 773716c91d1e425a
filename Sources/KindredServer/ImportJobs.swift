import Foundation
import Kindred
import KindredJSON
import KindredStore
import NIOConcurrencyHelpers
import NIOCore

/// Imports files that clients send, one import at a time: received beside the store, read, shown, then written as one
/// change.
actor ImportJobs {
  /// What a file holds.
  enum Role: String, CaseIterable { case ratings, items }

  /// How far an import is.
  private enum State: String { case receiving, reading, read, writing, done, failed }

  private struct File {
    let path: String
    /// The name that the client gave it.
    let name: String
  }

  private struct Job {
    let number: Int
    var state = State.receiving
    var files: [Role: File] = [:]
    /// The files without a given role, which their first lines tell when they are read.
    var unnamed: [File] = []
    /// The number of these whose upload began.
    var unnamedCount = 0
    var contents: FileImport.Contents?
    var error: String?
    var isTraining = false
    var work: Task<Void, Never>?
  }

  private let service: RecommendationService
  private let training: TrainingJobs
  private let folder: String
  private var number = 0
  private var job: Job?
  private let written = NIOLockedValueBox((done: 0, total: 0))

  /// The most bytes of a file.
  static let fileBytes = 2 << 30

  init(_ service: RecommendationService, _ training: TrainingJobs) {
    self.service = service
    self.training = training
    let store = service.store.description
    let place = store.contains("://") ? FileManager.default.temporaryDirectory.path + "/kindred" : store
    folder = place + ".import"
    // What an import left behind that was cut short.
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Receives a file of an import, a new one if no number is given. Without a role the file's first lines say it.
  ///
  /// - Returns: The number of the import.
  func receive<Body: AsyncSequence & Sendable>(
    _ body: Body, _ role: Role?, name: String, of wanted: Int?
  ) async throws -> Int where Body.Element == ByteBuffer {
    let number = try begin(wanted)
    let place = try role.map(\.rawValue) ?? nextUnnamed()
    let path =
      folder + "/\(place)-" + name.suffix(80).filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == ".") }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
      else { throw StoreError(.cannotOpen, store: folder) }
      defer { try? file.close() }
      var size = 0
      for try await part in body {
        size += part.readableBytes
        guard size <= Self.fileBytes else { throw ServerError.tooLarge }
        guard job?.number == number else { throw Self.unknown(number) }
        try file.write(contentsOf: Data(part.readableBytesView))
      }
      guard job?.number == number else { throw Self.unknown(number) }
      let received = File(path: path, name: name)
      if let role { job?.files[role] = received } else { job?.unnamed.append(received) }
      return number
    } catch {
      if job?.number == number { forget() }
      throw error
    }
  }

  private func begin(_ wanted: Int?) throws(ServerError) -> Int {
    if let wanted {
      guard let job, job.number == wanted else { throw Self.unknown(wanted) }
      guard job.state == .receiving else { throw Self.wrongState }
      return wanted
    }
    if let job {
      guard ![.reading, .writing].contains(job.state) else {
        throw ServerError(.conflict, "import_under_way", "Another import is under way.")
      }
      forget()
    }
    number += 1
    job = Job(number: number)
    return number
  }

  /// The place of the next file without a role; an import takes a file of feedback and one of items.
  private func nextUnnamed() throws(ServerError) -> String {
    let count = job?.unnamedCount ?? 0
    guard count < Self.unnamedPlaces.count else {
      throw ServerError(.conflict, "too_many_files", "An import takes a file of feedback and one of items.")
    }
    job?.unnamedCount += 1
    return Self.unnamedPlaces[count]
  }

  private static let unnamedPlaces = ["file1", "file2"]
  private static func unknown(_ number: Int) -> ServerError { .unknown("import", "\(number)") }
  private static let wrongState = ServerError(.conflict, "import_not_ready", "This import is at another step.")

  /// Reads the files of an import, in the background.
  ///
  /// - Parameters:
  ///   - kind: The kind of feedback in files that name none; nil recognises it.
  ///   - columns: The columns of the file of ratings; nil recognises them.
  func read(_ number: Int, kind: String?, columns: ColumnRequest?) throws(ServerError) {
    guard var job, job.number == number else { throw Self.unknown(number) }
    guard job.state == .receiving, !job.files.isEmpty || !job.unnamed.isEmpty else { throw Self.wrongState }
    job.state = .reading
    var reading = FileImport()
    reading.kind = kind
    reading.reader.columns = columns
    reading.reader.rejectPath = folder + "/rejects"
    let (given, unnamed) = (job.files, job.unnamed)
    job.work = Task { [reading] in
      do throws(ReadError) {
        let files = try await Parallel(threads: 1).detached { (_) throws(ReadError) in
          try Self.roles(given, unnamed, reading)
        }.get()
        if self.job?.number == number { self.job?.files = files }
        let (ratings, items) = (files[.ratings]?.path, files[.items]?.path)
        let contents = try await Parallel(threads: 1).detached { (_) throws(ReadError) in
          try reading.read(ratings.map { [$0] } ?? [], items: items)
        }.get()
        finishReading(number, .success(contents))
      } catch { finishReading(number, .failure(error)) }
    }
    self.job = job
  }

  /// The files by their roles, also of those whose first lines say it.
  private static func roles(
    _ given: [Role: File], _ unnamed: [File], _ reading: FileImport
  ) throws(ReadError) -> [Role: File] {
    var files = given
    for (file, areItems) in zip(unnamed, try reading.holdItems(unnamed.map(\.path))) {
      let role: Role = areItems ? .items : .ratings
      if let other = files[role] {
        let content = areItems ? "titles" : "ratings or events"
        throw ReadError(
          .badRequest, file: "",
          reason: "both \(other.name) and \(file.name) hold \(content); import one after the other")
      }
      files[role] = file
    }
    return files
  }

  private func finishReading(_ number: Int, _ result: Result<FileImport.Contents, ReadError>) {
    guard job?.number == number else { return }
    switch result {
    case .success(let contents):
      job?.contents = contents
      job?.state = .read
    case .failure(let error):
      fail(withoutPlace("\(error)"))
    }
  }

  /// A sentence without a file's place on this machine, which says nothing to who sent it.
  private func withoutPlace(_ text: String) -> String {
    (Role.allCases.map(\.rawValue) + Self.unnamedPlaces).reduce(text) { $0.replacing("\(folder)/\($1)-", with: "") }
  }

  /// Writes what was read, all or nothing, in the background.
  func write(_ number: Int) throws(ServerError) {
    guard var job, job.number == number else { throw Self.unknown(number) }
    guard job.state == .read, let contents = job.contents else { throw Self.wrongState }
    job.state = .writing
    written.withLockedValue { $0 = (0, contents.rows) }
    job.work = Task { [service, written] in
      do {
        try await service.store.add(contents) { done, total in written.withLockedValue { $0 = (done, total) } }
        try await finishWriting(number, contents.rows)
      } catch {
        if self.job?.number == number { fail(ServerError(error)?.message ?? "\(error)".asSentence) }
      }
    }
    self.job = job
  }

  private func finishWriting(_ number: Int, _ rows: Int) async throws {
    try await service.reloadItems()
    service.histories.forgetAll()
    service.model?.forget(RecommendationService.usersKey)
    service.newRatings += rows
    await service.describeData()
    var isTraining = false
    if service.model == nil, rows > 0, await !training.isTraining {
      _ = try await training.start(TrainingRequest())
      isTraining = true
    }
    guard job?.number == number else { return }
    job?.isTraining = isTraining
    job?.state = .done
    removeFiles()
  }

  private func fail(_ message: String) {
    job?.state = .failed
    job?.error = message
    removeFiles()
  }

  /// Gives up an import; nothing of it is kept, unless it was written already.
  func cancel(_ number: Int) throws(ServerError) {
    guard let job, job.number == number else { throw Self.unknown(number) }
    job.work?.cancel()
    forget()
  }

  private func forget() {
    job = nil
    removeFiles()
  }

  private func removeFiles() {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// How far an import is, and what was understood.
  func answer(_ number: Int) throws(ServerError) -> JSON {
    guard let job, job.number == number else { throw Self.unknown(number) }
    let (done, total) = written.withLockedValue { $0 }
    let contents = job.contents
    return [
      "import": .string("\(number)"), "state": .string(job.state.rawValue),
      "file": .text(job.files[.ratings]?.name), "title_file": .text(job.files[.items]?.name),
      "rows": .integer(contents?.rows ?? 0),
      "titles": .integer(contents?.catalog.count ?? 0), "columns": .text(contents?.columns?.description),
      "title_columns": .text(contents?.itemColumns?.description),
      "remarks": .texts((contents?.columns?.remarks ?? []) + (contents?.remarks ?? [])),
      "rejected": .integer(contents?.rejected ?? 0),
      "rejections": .texts((contents?.rejections ?? []).map { withoutPlace("\($0)") }),
      "sample": .array(contents?.sample ?? []), "done": .integer(done), "total": .integer(total),
      "training": .bool(job.isTraining), "error": .text(job.error.map { $0.asSentenceOnce }),
    ]
  }
}

extension String {
  /// The text with a capital and one full stop.
  fileprivate var asSentenceOnce: String { hasSuffix(".") ? self : asSentence }
}

extension FileImport.Contents {
  /// The first rows, as they were understood.
  fileprivate var sample: [JSON] {
    guard let columns = tables.first?.columns else { return [] }
    return (0..<min(5, columns.count)).map { row in
      let item = columns.itemIDs[Int(columns.items[row])]
      let time = columns.times.isEmpty ? InteractionColumns.noTime : columns.times[row]
      return [
        "user": .string(columns.userIDs[Int(columns.users[row])]), "item": .string(item),
        "title": .text(catalog[item]?.title),
        "kind": .string(columns.kindNames[Int(columns.kinds[row])]), "value": .float(columns.values[row]),
        "time": .time(time == InteractionColumns.noTime ? nil : time),
      ]
    }
  }
}
