#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A contiguous run of trivial values that is owned or mapped from a file. A shared buffer is copied when it is
/// written.
///
/// Factors and sparse matrices are buffers, so they can be read from a mapped model file without a copy.
struct Buffer<Element: BitwiseCopyable & Sendable>: Sendable {
  private var storage: Storage

  /// The memory, and the object that keeps it alive.
  private final class Storage: @unchecked Sendable {
    let base: UnsafeMutablePointer<Element>
    let count: Int
    let isReadAtRandom: Bool
    private let owner: AnyObject?

    init(count: Int, isReadAtRandom: Bool) {
      // The alignment of 64 bytes is a vector of sixteen floats and a cache line. Pages of 2 MiB save a tenth of the
      // time of kernels that read rows at random. A virtual machine takes four times as long to provide them as pages
      // of 4 KiB, so only large buffers that are read at random use them.
      let size = Swift.max(1, count) * MemoryLayout<Element>.stride
      let page = 2 << 20
      let isLarge = isReadAtRandom && size >= 2 * page
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: isLarge ? page : 64)
      #if os(Linux)
        if isLarge { madvise(bytes, size, MADV_HUGEPAGE) }
      #endif
      base = bytes.bindMemory(to: Element.self, capacity: count)
      self.count = count
      self.isReadAtRandom = isReadAtRandom
      owner = nil
    }

    init(viewing bytes: UnsafeRawPointer, of owner: AnyObject, count: Int) {
      base = UnsafeMutablePointer(mutating: bytes.assumingMemoryBound(to: Element.self))
      self.count = count
      isReadAtRandom = false
      self.owner = owner
    }

    /// Whether the memory has another owner, and so is never written.
    var isView: Bool { owner != nil }

    deinit {
      if owner == nil { base.deallocate() }
    }
  }

  /// - Parameters:
  ///   - isReadAtRandom: Whether its rows are read repeatedly in random order.
  ///   - threads: The number of threads that write it, because the first write to a page takes most of the time.
  init(repeating value: Element, count: Int, isReadAtRandom: Bool = false, threads: Int = 1) {
    storage = Storage(count: count, isReadAtRandom: isReadAtRandom)
    let writer = SharedWriter(base: storage.base, count: count)
    let elementsOfBlock = (2 << 20) / MemoryLayout<Element>.stride
    // A `Parallel` of its own, so that cancelling does not stop it halfway.
    Parallel(threads: threads).forEach((count + elementsOfBlock - 1) / elementsOfBlock) { block in
      let start = block * elementsOfBlock
      (writer.base + start).initialize(repeating: value, count: Swift.min(count - start, elementsOfBlock))
    }
  }

  /// Creates a buffer whose elements `fill` writes, every one of them.
  init(count: Int, isReadAtRandom: Bool = false, _ fill: (SharedWriter<Element>) -> Void) {
    storage = Storage(count: count, isReadAtRandom: isReadAtRandom)
    fill(SharedWriter(base: storage.base, count: count))
  }

  init(_ elements: some Collection<Element>) {
    storage = Storage(count: elements.count, isReadAtRandom: false)
    _ = UnsafeMutableBufferPointer(start: storage.base, count: storage.count).initialize(from: elements)
  }

  /// Creates a buffer of the elements of all arrays in order.
  init(joining arrays: [[Element]]) {
    storage = Storage(count: arrays.reduce(0) { $0 + $1.count }, isReadAtRandom: false)
    var end = storage.base
    for array in arrays {
      _ = UnsafeMutableBufferPointer(start: end, count: array.count).initialize(from: array)
      end += array.count
    }
  }

  /// Views bytes as elements; the bytes must be a whole number of elements, and aligned for them.
  init(viewing run: ByteRun) {
    let stride = MemoryLayout<Element>.stride
    precondition(run.count % stride == 0 && Int(bitPattern: run.base) % MemoryLayout<Element>.alignment == 0)
    storage = Storage(viewing: run.base, of: run.owner, count: run.count / stride)
  }

  /// The elements as bytes, without a copy.
  var bytes: ByteRun {
    ByteRun(base: UnsafeRawPointer(storage.base), count: count * MemoryLayout<Element>.stride, owner: storage)
  }

  var count: Int { storage.count }

  /// Whether both are the same memory, not merely equal.
  func isSameMemory(as other: Buffer) -> Bool { storage === other.storage }

  subscript(position: Int) -> Element {
    get {
      precondition(position >= 0 && position < storage.count, "index out of range")
      return storage.base[position]
    }
    set {
      precondition(position >= 0 && position < storage.count, "index out of range")
      makeUnique()
      storage.base[position] = newValue
    }
  }

  func withUnsafeBuffer<Result>(_ body: (UnsafeBufferPointer<Element>) throws -> Result) rethrows -> Result {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeBufferPointer(start: storage.base, count: storage.count))
  }

  /// Passes the elements to threads that write disjoint parts of them.
  mutating func withSharedWriter<Result>(_ body: (SharedWriter<Element>) throws -> Result) rethrows -> Result {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(SharedWriter(base: storage.base, count: storage.count))
  }

  private mutating func makeUnique() {
    guard storage.isView || !isKnownUniquelyReferenced(&storage) else { return }
    let copy = Storage(count: count, isReadAtRandom: storage.isReadAtRandom)
    copy.base.initialize(from: storage.base, count: count)
    storage = copy
  }
}

extension Buffer: RandomAccessCollection {
  var startIndex: Int { 0 }
  var endIndex: Int { storage.count }

  func withContiguousStorageIfAvailable<Result>(
    _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result? {
    try withUnsafeBuffer(body)
  }
}

extension Buffer: ExpressibleByArrayLiteral {
  init(arrayLiteral elements: Element...) { self.init(elements) }
}

extension Buffer: Equatable where Element: Equatable {
  static func == (left: Buffer, right: Buffer) -> Bool { left.elementsEqual(right) }
}

/// Elements that several threads write concurrently, each its own part; valid only inside `withSharedWriter`.
struct SharedWriter<Element: BitwiseCopyable>: @unchecked Sendable {
  let base: UnsafeMutablePointer<Element>
  let count: Int

  subscript(position: Int) -> Element {
    get {
      precondition(position >= 0 && position < count, "index out of range")
      return base[position]
    }
    nonmutating set {
      precondition(position >= 0 && position < count, "index out of range")
      base[position] = newValue
    }
  }
}

/// Elements that several threads read concurrently.
struct SharedReader<Element: BitwiseCopyable>: @unchecked Sendable {
  let base: UnsafePointer<Element>

  /// - Precondition: There is an address: the buffer is not empty.
  init(_ base: UnsafePointer<Element>?) {
    guard let base else { preconditionFailure("a buffer has an address") }
    self.base = base
  }
}

extension Array where Element: BitwiseCopyable & Sendable {
  /// Appends `count` elements, and passes them to threads that write disjoint parts of them.
  mutating func append<Result>(
    count added: Int, filledWith value: Element, _ body: (SharedWriter<Element>) throws -> Result
  ) rethrows -> Result {
    let start = count
    append(contentsOf: repeatElement(value, count: added))
    return try withUnsafeMutableBufferPointer { elements in
      let part = UnsafeMutableBufferPointer(rebasing: elements[start...])
      return try withUnsafeTemporaryAllocation(of: Element.self, capacity: 1) { none in
        // An empty array has no base address.
        guard let base = part.baseAddress ?? none.baseAddress else {
          preconditionFailure("an allocation has an address")
        }
        return try body(SharedWriter(base: base, count: added))
      }
    }
  }
}

/// Passes temporary memory for `count` elements to a kernel, aligned to 64 bytes, so that no vector of sixteen floats
/// spans two cache lines.
func withWorkspace<Element: BitwiseCopyable, Result>(
  of type: Element.Type, _ count: Int64, _ body: (UnsafeMutablePointer<Element>?) -> Result
) -> Result {
  withUnsafeTemporaryAllocation(byteCount: Int(count) * MemoryLayout<Element>.stride, alignment: 64) {
    body($0.baseAddress?.assumingMemoryBound(to: type))
  }
}

func lend<Element, Result>(_ buffer: Buffer<Element>?, _ body: (UnsafePointer<Element>?) -> Result) -> Result {
  guard let buffer else { return body(nil) }
  return buffer.withUnsafeBuffer { body($0.baseAddress) }
}

extension Buffer<Float> {
  func reordered(by places: [Int32]) -> Buffer<Float> { Buffer(places.map { self[Int($0)] }) }

  /// Whether no element is infinite or not a number; blocks are checked in parallel.
  func isFinite(parallel: Parallel, elementsOfBlock block: Int = 1 << 18) -> Bool {
    let results = parallel.map((count + block - 1) / block) { number in
      withUnsafeBuffer { elements in
        // The loop has no branch, so that it compiles to vectors of sixteen floats.
        var wild: UInt32 = 0
        for position in number * block..<Swift.min(elements.count, (number + 1) * block) {
          wild |= elements[position].bitPattern & 0x7F80_0000 == 0x7F80_0000 ? 1 : 0
        }
        return wild == 0
      }
    }
    return results.allSatisfy { $0 }
  }
}
