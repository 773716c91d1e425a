import CKindredKernels

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What the machine offers to this process.
enum Machine {
  /// The number of processors that the process may run on; at least 1.
  static var processorCount: Int { Int(kindred_processor_count()) }

  /// The bytes of physical memory.
  static var physicalMemory: Int {
    max(0, Int(sysconf(Int32(_SC_PHYS_PAGES)))) * max(0, Int(sysconf(Int32(_SC_PAGESIZE))))
  }
}
