/// One draw of a Bayesian factorization: what the sampler keeps of a sweep. Rows have a last column, the bias.
struct PosteriorDraw: Sendable {
  /// The mean of each user's row, given the rest.
  var users: Factors
  /// What the noise's precision is multiplied by in the ratings of each user, and of each item.
  var userWeights: Buffer<Float>
  var items: Factors
  var itemWeights: Buffer<Float>
  var days: Factors?
  /// What each item in a history adds to the user's prior mean, times √n; no rows where histories are no features.
  var historyWeights: Factors
  /// What to use where the day is not known: the mean over the data.
  var usualDay: [Float]
  /// The precisions and means of a user's row, as far as nothing is known of her.
  var precisions: [Float]
  var means: [Float]
  var noisePrecision: Float
  var mean: Float
  /// Of an ordinal scale; empty with normal noise.
  var cutPoints: [Float]
}
