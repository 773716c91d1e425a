/// What a training is expected to take.
///
/// The figures follow from the size of the data. They are right within a factor of about two on a common machine.
public struct TrainingCost: Sendable, Equatable {
  /// The time on a common machine with as many threads, in seconds.
  public var seconds: Double
  /// The greatest memory of the process, in bytes.
  public var memory: Int
  /// The size of the model's file, in bytes.
  public var fileSize: Int

  init(
    _ meter: WorkMeter, _ ranking: any Trainer, _ liked: PreparedData, _ rating: (any Trainer)?, _ rated: PreparedData
  ) {
    seconds = meter.reading.secondsLeft
    let count = rated.count
    let estimates = [ranking.memoryEstimate(for: liked), rating?.memoryEstimate(for: rated)].compactMap { $0 }
    // The program itself, and a row's numbers by user, by item and in order of time.
    memory = 40_000_000 + 120 * count + (estimates.max() ?? 0)
    // The histories hold an item, a value and a time per row; ids and titles take more.
    fileSize =
      16 * count + 24 * (rated.userCount + rated.itemCount) + ranking.sizeEstimate(for: liked)
      + (rating?.sizeEstimate(for: rated) ?? 0)
  }
}
