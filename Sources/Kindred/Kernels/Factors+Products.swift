import CKindredKernels

extension Factors {
  /// out += Σ weights · rows, over the padded width; no weights: 1 each.
  fileprivate func addRows(
    _ rows: UnsafeBufferPointer<Int32>, weights: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>
  ) {
    elements.withUnsafeBuffer { elements in
      kindred_add_rows(elements.baseAddress, Int64(stride), rows.baseAddress, weights, Int64(rows.count), out)
    }
  }

  fileprivate func addRows(_ rows: [Int32], weights: UnsafePointer<Float>?, to out: UnsafeMutablePointer<Float>) {
    rows.withUnsafeBufferPointer { addRows($0, weights: weights, to: out) }
  }
}
