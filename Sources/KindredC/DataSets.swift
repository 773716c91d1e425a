import Kindred

/// The elements that a caller passed as a pointer and a count.
///
/// - Parameter name: The argument's name in messages.
func elements<Element>(
  _ base: UnsafePointer<Element>?, _ count: Int, _ name: String
) throws(Failure) -> UnsafeBufferPointer<Element> {
  try require(count >= 0, "the number of \(name) is \(count), and must be 0 or more")
  try require(base != nil || count == 0, "\(name) is null")
  return UnsafeBufferPointer(start: base, count: count)
}

func elements<Element>(
  _ base: UnsafeMutablePointer<Element>?, _ count: Int, _ name: String
) throws(Failure) -> UnsafeMutableBufferPointer<Element> {
  try require(count >= 0, "the number of \(name) is \(count), and must be 0 or more")
  try require(base != nil || count == 0, "\(name) is null")
  return UnsafeMutableBufferPointer(start: base, count: count)
}

/// The offsets of `count` rows or texts, which are checked: they start at 0 and never fall.
func offsets(_ base: UnsafePointer<Int64>?, _ count: Int, _ name: String) throws(Failure) -> UnsafeBufferPointer<Int64>
{
  try require(count >= 0 && count < Int.max, "the number of \(name) is \(count), and must be 0 or more")
  let offsets = try elements(base, count + 1, "the offsets of \(name)")
  try require(offsets[0] == 0, "the offsets of \(name) start at \(offsets[0]) instead of 0")
  for index in 0..<count where offsets[index] > offsets[index + 1] {
    throw Failure(.badArgument, "the offsets of \(name) fall at \(index + 1)")
  }
  return offsets
}

/// A table of texts that a caller passed.
func texts(
  _ starts: UnsafePointer<Int64>?, _ bytes: UnsafePointer<CChar>?, _ count: Int, _ name: String
) throws(Failure) -> [String] {
  let starts = try offsets(starts, count, name)
  let bytes = try elements(bytes, Int(starts[count]), "the bytes of \(name)")
  var texts: [String] = []
  texts.reserveCapacity(count)
  for index in 0..<count {
    let own = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[Int(starts[index])..<Int(starts[index + 1])]))
    guard let text = String(validating: own, as: UTF8.self) else {
      throw Failure(.badArgument, "the text \(index) of \(name) is not valid UTF-8")
    }
    texts.append(text)
  }
  return texts
}

/// The ids of a side: a table of texts, or the positions as numbers.
private func ids(
  _ starts: UnsafePointer<Int64>?, _ bytes: UnsafePointer<CChar>?, _ count: Int64, _ name: String
) throws(Failure) -> [String] {
  try require(count >= 0 && count <= Int32.max, "the number of \(name) is \(count), and must be from 0 to \(Int32.max)")
  if starts == nil { return (0..<count).map { String($0) } }
  return try texts(starts, bytes, Int(count), name)
}

/// Makes a data set of columns, after checking them.
private func dataSet(
  _ columns: consuming InteractionColumns, duplicates: InteractionReader.DuplicatePolicy?
) throws -> Int64 {
  if let fault = columns.fault { throw Failure(.badArgument, fault) }
  return Handles.add(.data(try Interactions(columns: columns, duplicates: duplicates)))
}

/// The treatment of repeated pairs that a text names.
private func duplicatePolicy(
  _ text: UnsafePointer<CChar>?, hasValues: Bool
) throws(Failure) -> InteractionReader.DuplicatePolicy? {
  guard text != nil else { return hasValues ? .last : nil }
  let name = try KindredC.text(text, "duplicates")
  guard let policy = InteractionReader.DuplicatePolicy(rawValue: name), policy != .error else {
    throw Failure(.badArgument, "duplicates is '\(name)', and must be last, mean, sum or keep")
  }
  return policy
}

@_cdecl("kindred_data_from_columns")
public func kindredDataFromColumns(
  _ count: Int64, _ users: UnsafePointer<Int32>?, _ items: UnsafePointer<Int32>?, _ values: UnsafePointer<Float>?,
  _ times: UnsafePointer<Int64>?, _ userCount: Int64, _ userOffsets: UnsafePointer<Int64>?,
  _ userBytes: UnsafePointer<CChar>?, _ itemCount: Int64, _ itemOffsets: UnsafePointer<Int64>?,
  _ itemBytes: UnsafePointer<CChar>?, _ duplicates: UnsafePointer<CChar>?
) -> Int64 {
  answering(failed: 0) {
    var columns = InteractionColumns()
    columns.userIDs = try ids(userOffsets, userBytes, userCount, "users")
    columns.itemIDs = try ids(itemOffsets, itemBytes, itemCount, "items")
    let count = Int(count)
    columns.users = Array(try elements(users, count, "users"))
    columns.items = Array(try elements(items, count, "items"))
    columns.values = try values == nil ? Array(repeating: 1, count: count) : Array(elements(values, count, "values"))
    if times != nil { columns.times = Array(try elements(times, count, "times")) }
    return try dataSet(columns, duplicates: try duplicatePolicy(duplicates, hasValues: values != nil))
  }
}

@_cdecl("kindred_data_from_rows")
public func kindredDataFromRows(
  _ userCount: Int64, _ itemCount: Int64, _ starts: UnsafePointer<Int64>?, _ items: UnsafePointer<Int32>?,
  _ values: UnsafePointer<Float>?, _ userOffsets: UnsafePointer<Int64>?, _ userBytes: UnsafePointer<CChar>?,
  _ itemOffsets: UnsafePointer<Int64>?, _ itemBytes: UnsafePointer<CChar>?
) -> Int64 {
  answering(failed: 0) {
    var columns = InteractionColumns()
    columns.userIDs = try ids(userOffsets, userBytes, userCount, "users")
    columns.itemIDs = try ids(itemOffsets, itemBytes, itemCount, "items")
    let starts = try offsets(starts, Int(userCount), "rows")
    let count = Int(starts[Int(userCount)])
    columns.items = Array(try elements(items, count, "items"))
    columns.values = try values == nil ? Array(repeating: 1, count: count) : Array(elements(values, count, "values"))
    columns.users.reserveCapacity(count)
    for user in 0..<Int(userCount) {
      columns.users.append(contentsOf: repeatElement(Int32(user), count: Int(starts[user + 1] - starts[user])))
    }
    return try dataSet(columns, duplicates: .last)
  }
}

@_cdecl("kindred_data_from_file")
public func kindredDataFromFile(_ path: UnsafePointer<CChar>?) -> Int64 {
  answering(failed: 0) {
    let path = try text(path, "the path")
    return Handles.add(.data(try Interactions<String, String>(contentsOf: path)))
  }
}

@_cdecl("kindred_data_with_titles")
public func kindredDataWithTitles(
  _ data: Int64, _ titleOffsets: UnsafePointer<Int64>?, _ titleBytes: UnsafePointer<CChar>?,
  _ genreOffsets: UnsafePointer<Int64>?, _ genreBytes: UnsafePointer<CChar>?
) -> Int64 {
  answering(failed: 0) {
    var data = try Handles.data(data)
    let titles = try texts(titleOffsets, titleBytes, data.itemCount, "titles")
    let genres = genreOffsets == nil ? nil : try texts(genreOffsets, genreBytes, data.itemCount, "genres")
    for position in 0..<data.itemCount {
      let own = genres?[position].split(separator: "|").map { String($0) } ?? []
      if titles[position].isEmpty, own.isEmpty { continue }
      let id = data.item(at: Int32(position))
      data.itemCatalog[id] = Catalog.Entry(title: titles[position].isEmpty ? id : titles[position], genres: own)
    }
    return Handles.add(.data(data))
  }
}

/// A text that a caller passed, ended by a zero.
func text(_ base: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  guard let base else { throw Failure(.badArgument, "\(name) is null") }
  guard let text = String(validatingCString: base) else { throw Failure(.badArgument, "\(name) is not valid UTF-8") }
  return text
}

@_cdecl("kindred_ids")
public func kindredIDs(
  _ handle: Int64, _ side: Int32, _ starts: UnsafeMutablePointer<Int64>?, _ bytes: UnsafeMutablePointer<CChar>?,
  _ capacity: Int64
) -> Int64 {
  answering(failed: -1) {
    let (count, id) = try table(of: handle, side)
    let starts = try elements(starts, count + 1, "the offsets")
    starts[0] = 0
    for index in 0..<count {
      var id = id(index)
      id.withUTF8 { text in
        let start = starts[index]
        if let bytes, start + Int64(text.count) <= capacity {
          for (place, byte) in text.enumerated() { bytes[Int(start) + place] = CChar(bitPattern: byte) }
        }
        starts[index + 1] = start + Int64(text.count)
      }
    }
    try require(
      bytes == nil || starts[count] <= capacity,
      "the ids have \(starts[count]) bytes, and there is room for \(capacity)")
    return starts[count]
  }
}

/// The number of texts of a side, and the text at a position.
private func table(of handle: Int64, _ side: Int32) throws(Failure) -> (count: Int, id: (Int) -> String) {
  let object = try Handles.object(handle)
  switch (side, object) {
  case (0, .data(let data)): return (data.userCount, { data.user(at: Int32($0)) })
  case (1, .data(let data)): return (data.itemCount, { data.item(at: Int32($0)) })
  case (2, .data(let data)):
    return (data.itemCount, { data.itemCatalog[data.item(at: Int32($0))]?.title ?? "" })
  case (0, .recommender(let model)): return (model.userCount, { model.user(at: Int32($0)) })
  case (1, .recommender(let model)): return (model.itemCount, { model.item(at: Int32($0)) })
  case (2, .recommender(let model)):
    return (model.itemCount, { model.itemCatalog[model.item(at: Int32($0))]?.title ?? "" })
  default: throw Failure(.badArgument, "the side is \(side), and must be 0 for users, 1 for items or 2 for titles")
  }
}

@_cdecl("kindred_positions")
public func kindredPositions(
  _ handle: Int64, _ side: Int32, _ count: Int64, _ starts: UnsafePointer<Int64>?, _ bytes: UnsafePointer<CChar>?,
  _ positions: UnsafeMutablePointer<Int32>?
) -> Int32 {
  answering(failed: -1) {
    let object = try Handles.object(handle)
    try require(side == 0 || side == 1, "the side is \(side), and must be 0 for users or 1 for items")
    let ids = try texts(starts, bytes, Int(count), "ids")
    let positions = try elements(positions, ids.count, "positions")
    for (index, id) in ids.enumerated() {
      positions[index] =
        switch object {
        case .data(let data): (side == 0 ? data.userPosition(of: id) : data.position(of: id)) ?? -1
        case .recommender(let model): (side == 0 ? model.userPosition(of: id) : model.position(of: id)) ?? -1
        }
    }
    return 0
  }
}
