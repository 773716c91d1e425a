import CKindredKernels

/// The level of the instruction set that the kernels use: 4 or 3 of x86-64, or 0 for the baseline.
var processorLevel: Int { Int(kindred_processor_level()) }
