/// The check of a training's memory against that of the machine.
enum MemoryDemand {
  /// Catalogues of at most this many items keep all weights between items; larger ones keep those of the nearest items
  /// alone.
  static let mostItemsOfDense = 20_000

  /// Checks that a training fits in memory.
  ///
  /// - Parameters:
  ///   - bytes: The bytes that the training needs.
  ///   - memory: The memory of the machine, in bytes.
  ///   - what: The plural subject of the error's sentence.
  ///   - cure: The advice at its end.
  /// - Throws: ``TrainingError`` if `bytes` exceeds six tenths of the memory.
  static func check(
    _ bytes: Int, of memory: Int = Machine.physicalMemory, for what: String, cure: String
  ) throws(TrainingError) {
    guard bytes > memory / 10 * 6 else { return }
    let sentence = "\(what) take \(bytes.asMemory) of memory, and this machine has \(memory.asMemory) in all; \(cure)"
    throw TrainingError(.unsuitableData(sentence))
  }
}

extension Int {
  /// This number of bytes in GB or MB, rounded up: 1.6 GB, 31 MB.
  package var asMemory: String {
    let (unit, name): (Double, String) = self >= 1_000_000_000 ? (1e9, "GB") : (1e6, "MB")
    let tenths = (Double(self) / unit * 10).rounded(.up) / 10
    return "\(tenths >= 10 ? "\(Int(tenths.rounded(.up)))" : "\(tenths)") \(name)"
  }
}
