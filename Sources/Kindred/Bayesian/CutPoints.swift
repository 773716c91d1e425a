/// The draw of an ordinal scale's cut points, given the fits but not the latent ratings, with which they mix badly
/// (Albert, Chib 2001, <https://doi.org/10.1198/016214501753381959>): a Metropolis–Hastings step with a multivariate t
/// proposal around the mode.
struct CutPointDraw {
  let scale: OrdinalScale
  let levels: [UInt8]
  let fits: Buffer<Float>
  /// The square roots of the ratings' weights.
  let roots: Buffer<Float>
  let parallel: Parallel

  private static let blockSize = 8192
  private static let freedom = 5.0
  /// The precision of a cut point's prior, a normal distribution around 0.
  private static let priorPrecision = 0.01

  /// The log posterior of some cut points, with its gradient and curvature.
  func likelihood(_ cutPoints: [Double]) -> OrdinalScale.Likelihood {
    let scale = OrdinalScale(levels: scale.levels, cutPoints: cutPoints)
    let blocks = parallel.map((levels.count + Self.blockSize - 1) / Self.blockSize) { block in
      var sum = OrdinalScale.Likelihood(count: cutPoints.count)
      for index in (block * Self.blockSize)..<min(levels.count, (block + 1) * Self.blockSize) {
        scale.add(Int(levels[index]), around: Double(fits[index]), root: Double(roots[index]), to: &sum)
      }
      return sum
    }
    var total = OrdinalScale.Likelihood(count: cutPoints.count)
    for block in blocks { total.add(block) }
    for (index, cut) in cutPoints.enumerated() {
      total.value -= Self.priorPrecision * cut * cut / 2
      total.gradient[index] -= Self.priorPrecision * cut
      total.diagonal[index] -= Self.priorPrecision
    }
    return total
  }

  /// The mode that Newton's method approaches from an anchor, and the Cholesky factor of the curvature there; a
  /// function of the fits alone.
  func mode(from anchor: [Double], steps: Int) -> (cutPoints: [Double], root: TridiagonalRoot) {
    var cutPoints = anchor
    var root = TridiagonalRoot(diagonal: anchor.map { _ in 1 }, beside: anchor.map { _ in 0 })
    for _ in 0..<steps {
      let here = likelihood(cutPoints)
      root = TridiagonalRoot(diagonal: here.diagonal.map { -$0 }, beside: here.beside.map { -$0 })
      var step = root.solved(here.gradient)
      for _ in 0..<20 {
        let next = zip(cutPoints, step).map { $0 + $1 }
        if Self.rises(next) {
          cutPoints = next
          break
        }
        step = step.map { $0 / 2 }
      }
    }
    return (cutPoints, root)
  }

  /// The next cut points after `scale`'s: the proposal if it is accepted, else the same.
  func drawn(from mode: (cutPoints: [Double], root: TridiagonalRoot), _ stream: inout RandomStream) -> [Double] {
    let chiSquare = 2 * stream.gamma(shape: Self.freedom / 2)
    let stretch = (Self.freedom / chiSquare).squareRoot()
    let noise = mode.root.stretched(mode.cutPoints.map { _ in stream.normal() * stretch })
    let proposal = zip(mode.cutPoints, noise).map { $0 + $1 }
    let uniform = 1 - stream.uniform()
    guard Self.rises(proposal) else { return scale.cutPoints }
    let ratio =
      likelihood(proposal).value - likelihood(scale.cutPoints).value
      + logDensity(scale.cutPoints, mode) - logDensity(proposal, mode)
    return RandomStream.logarithm(uniform) < ratio ? proposal : scale.cutPoints
  }

  private func logDensity(_ cutPoints: [Double], _ mode: (cutPoints: [Double], root: TridiagonalRoot)) -> Double {
    let distance = mode.root.squaredLength(zip(cutPoints, mode.cutPoints).map { $0 - $1 })
    return -(Self.freedom + Double(cutPoints.count)) / 2 * RandomStream.logarithm(1 + distance / Self.freedom)
  }

  private static func rises(_ cutPoints: [Double]) -> Bool {
    zip(cutPoints, cutPoints.dropFirst()).allSatisfy { $0 < $1 }
  }
}
