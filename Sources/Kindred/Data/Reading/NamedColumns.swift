/// The columns of a table that another system reads, by the names of its header.
package struct NamedColumns: Sendable, Equatable {
  package var user: String
  package var item: String
  package var value: String?
  package var time: String?
  package var kind: String?

  /// Finds the columns by the names that data sets give them, or by a request.
  ///
  /// - Throws: ``ReadError`` if there is no column of users or of items, or the request names one that is not there.
  package init(header: [String], request: ColumnRequest?, file: String) throws(ReadError) {
    var columns: [ColumnRole: String] = [:]
    if let request {
      for (role, place) in request.places {
        switch place {
        case .position(let position):
          guard header.indices.contains(position - 1) else {
            throw ReadError(
              .badRequest, file: file, reason: "there is no column \(position); there are \(header.count)")
          }
          columns[role] = header[position - 1]
        case .name(let name):
          guard header.contains(name) else {
            throw ReadError(
              .badRequest, file: file,
              reason: "there is no column '\(name)'; there are \(header.joined(separator: ", "))")
          }
          columns[role] = name
        }
      }
    } else {
      columns = ColumnRole.places(in: header).mapValues { header[$0] }
    }
    guard let user = columns[.user], let item = columns[.item] else {
      throw ReadError(
        .badData, file: file,
        reason:
          "no column has the name of users or that of items: \(header.joined(separator: ", ")); name the columns, "
          + "such as user=\(header.first ?? "u")")
    }
    self.init(user: user, item: item)
    (value, time, kind) = (columns[.value], columns[.time], columns[.kind])
  }

  private init(user: String, item: String) { (self.user, self.item) = (user, item) }
}
