/// What training would take of the machine's memory.
enum MemoryDemand {
  /// Up to so many items all weights between them are kept; above, those of the nearest alone.
  static let mostItemsOfDense = 20_000

  /// - Throws: ``TrainingError`` where `bytes` are more than six tenths of the machine's memory.
  static func check(
    _ bytes: Int, of memory: Int = Machine.physicalMemory, for what: String, cure: String
  ) throws(TrainingError) {
    guard bytes > memory / 10 * 6 else { return }
    let sentence = "\(what) take \(bytes.asMemory) of memory, and this machine has \(memory.asMemory) in all; \(cure)"
    throw TrainingError(.unsuitableData(sentence))
  }
}

extension Int {
  /// Bytes as users say them: 1.6 GB, 31 MB.
  package var asMemory: String {
    let (unit, name): (Double, String) = self >= 1_000_000_000 ? (1e9, "GB") : (1e6, "MB")
    let tenths = (Double(self) / unit * 10).rounded(.up) / 10
    return "\(tenths >= 10 ? "\(Int(tenths.rounded(.up)))" : "\(tenths)") \(name)"
  }
}
