import Testing

@testable import Kindred

@Suite struct TridiagonalRootTests {
  @Test func tridiagonalRootsSolve() {
    let root = TridiagonalRoot(diagonal: [4, 5, 3], beside: [1, -2, 0])
    let x = root.solved([1, 2, 3])
    let product = [4 * x[0] + x[1], x[0] + 5 * x[1] - 2 * x[2], -2 * x[1] + 3 * x[2]]
    for (value, expected) in zip(product, [1.0, 2, 3]) { #expect(abs(value - expected) < 1e-12) }
    #expect(abs(root.squaredLength(x) - (x[0] + 2 * x[1] + 3 * x[2])) < 1e-12)
  }
}
