import CKindredKernels

/// One rating of a block in 8 bytes, as the kernel reads it; its row numbers start at the block's first rows.
typealias PackedRating = kindred_rating

/// Ratings that are processed in order, and the rows that their numbers start from.
struct GradientBlock: Sendable, Equatable {
  /// The positions of the block's ratings.
  let ratings: Range<Int>
  /// The users of the block.
  let users: Range<Int>
  /// The items of the block.
  let items: Range<Int>
}

/// The parameters that stochastic gradient descent changes.
struct GradientState: Sendable {
  var users: Factors
  var items: Factors
  var userBiases: Buffer<Float>
  var itemBiases: Buffer<Float>
}

/// The settings of one pass of stochastic gradient descent.
struct GradientStep: Sendable {
  /// The descent sees a value v as (v − mean) / unit.
  var mean: Float = 0
  var unit: Float = 1
  var rate: Float
  /// The regularization of a row's bias, in units of that of its factors.
  var biasScale: Float = 0
  /// The regularization of each user's factors.
  var userPenalties: Buffer<Float>
  /// The regularization of each item's factors.
  var itemPenalties: Buffer<Float>
}

extension GradientState {
  /// Passes to `body` a function that processes a block of ratings and returns the sum of its squared errors.
  ///
  /// Blocks that share no user and no item may run concurrently.
  ///
  /// - Precondition: The ratings of a block have rows inside it.
  mutating func withSteps<Result>(
    _ step: GradientStep, over ratings: Buffer<PackedRating>,
    _ body: (@Sendable (GradientBlock) -> Double) throws -> Result
  ) rethrows -> Result {
    let (userCount, itemCount) = (users.count, items.count)
    return try withParameters(step) { parameters in
      try body { block in
        precondition(block.ratings.lowerBound >= 0 && block.ratings.upperBound <= ratings.count)
        precondition(block.users.lowerBound >= 0 && block.users.upperBound <= userCount)
        precondition(block.items.lowerBound >= 0 && block.items.upperBound <= itemCount)
        var parameters = parameters.value
        parameters.users += block.users.lowerBound * Int(parameters.width)
        parameters.items += block.items.lowerBound * Int(parameters.width)
        parameters.user_biases += block.users.lowerBound
        parameters.item_biases += block.items.lowerBound
        parameters.user_penalties += block.users.lowerBound
        parameters.item_penalties += block.items.lowerBound
        return ratings.withUnsafeBuffer { ratings in
          kindred_sgd_block(
            &parameters, ratings.baseAddress.map { $0 + block.ratings.lowerBound }, Int64(block.ratings.count))
        }
      }
    }
  }

  /// Takes the tutorials' step for each rating of a range, in the order of the data; returns the sum of squared errors.
  mutating func takePlainSteps(_ step: GradientStep, over data: TrainingData, _ range: Range<Int>) -> Double {
    precondition(range.lowerBound >= 0 && range.upperBound <= data.count)
    precondition(data.userCount == users.count && data.itemCount == items.count)
    return withParameters(step) { parameters in
      data.users.withUnsafeBufferPointer { users in
        data.items.withUnsafeBufferPointer { items in
          data.values.withUnsafeBufferPointer { values in
            guard let users = users.baseAddress, let items = items.baseAddress, let values = values.baseAddress else {
              return 0
            }
            var parameters = parameters.value
            return kindred_sgd_plain(
              &parameters, users + range.lowerBound, items + range.lowerBound, values + range.lowerBound,
              Int64(range.count))
          }
        }
      }
    }
  }

  private mutating func withParameters<Result>(
    _ step: GradientStep, _ body: (Parameters) throws -> Result
  ) rethrows -> Result {
    precondition(users.stride == items.stride)
    precondition(step.userPenalties.count == users.count && step.itemPenalties.count == items.count)
    precondition(userBiases.count == users.count && itemBiases.count == items.count)
    let width = Int64(users.stride)
    return try users.elements.withSharedWriter { users in
      try items.elements.withSharedWriter { items in
        try userBiases.withSharedWriter { userBiases in
          try itemBiases.withSharedWriter { itemBiases in
            try step.userPenalties.withUnsafeBuffer { userPenalties in
              try step.itemPenalties.withUnsafeBuffer { itemPenalties in
                guard let userPenalties = userPenalties.baseAddress, let itemPenalties = itemPenalties.baseAddress
                else {
                  preconditionFailure("a buffer has an address")
                }
                return try body(
                  Parameters(
                    value: kindred_sgd(
                      users: users.base, items: items.base, user_biases: userBiases.base, item_biases: itemBiases.base,
                      user_penalties: userPenalties, item_penalties: itemPenalties, width: width, mean: step.mean,
                      scale: 1 / step.unit, rate: step.rate, bias_scale: step.biasScale)))
              }
            }
          }
        }
      }
    }
  }
}

/// Pointers that are valid during a call, on any thread.
private struct Parameters: @unchecked Sendable {
  let value: kindred_sgd
}
