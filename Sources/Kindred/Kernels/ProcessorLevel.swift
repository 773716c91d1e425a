import CKindredKernels

/// The level of instruction set that the kernels run at: 4 or 3 of x86-64, or 0 for the baseline.
var processorLevel: Int { Int(kindred_processor_level()) }

// MARK: - Least squares, a row at a time
