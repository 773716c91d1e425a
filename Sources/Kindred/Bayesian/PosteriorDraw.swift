/// One draw of a Bayesian factorization: what the sampler keeps of a sweep. The last column of a row is the bias.
struct PosteriorDraw: Sendable {
  /// The mean of each user's row, given the rest.
  var users: Factors
  /// The factors of the noise's precision in the ratings of each user, and of each item.
  var userWeights: Buffer<Float>
  var items: Factors
  var itemWeights: Buffer<Float>
  var days: Factors?
  /// What each item in a history adds to the user's prior mean, times √n; no rows if histories are not features.
  var historyWeights: Factors
  /// The row to use if the day is unknown: the mean over the data.
  var usualDay: [Float]
  /// The precisions and the mean of the row of a user without features.
  var precisions: [Float]
  var means: [Float]
  var noisePrecision: Float
  var mean: Float
  /// The cut points of an ordinal scale; empty with normal noise.
  var cutPoints: [Float]
}
