/// The content of a model file: text under keys, and named tensors.
///
/// The file is a [safetensors](https://huggingface.co/docs/safetensors) file, which other programs read in one line. It
/// is mapped into memory, so the system loads a tensor's pages on first access. Opening a file checks its form: tensors
/// are inside the file, their sizes match their shapes, and all bytes match their checksums. The model that reads the
/// file checks that the numbers are consistent.
///
/// ```swift
/// var file = ModelFile()
/// file.set("rank", to: 2)
/// file.set("weights", to: [1, 2, 3, 4] as [Float], shape: [2, 2])
/// try file.write(to: "my.kindred")
///
/// let copy = try ModelFile(contentsOf: "my.kindred")
/// let rank = try copy.integer("rank", in: 1...1000)
/// let weights = try copy.array("weights", of: Float.self, shape: [rank, rank])
/// ```
///
/// The same content gives the same bytes, whatever the order in which it was set.
public struct ModelFile: Sendable {
  /// The format that this version writes, and the latest that it reads.
  public static let formatVersion = 2

  /// A tensor, whose elements stay in the memory or the file that holds them.
  struct Tensor: Sendable {
    let type: String
    let shape: [Int]
    let bytes: ByteRun
  }

  /// The keys that are reserved for the format.
  enum Key {
    static let format = "format"
    static let formatVersion = "format_version"
    static let headerChecksum = "header_checksum"
    static let checksums = "checksums"
    static let reserved: Set = [format, formatVersion, headerChecksum, checksums]
  }

  /// The path of the file, for errors.
  let path: String
  /// The types of models outside the library that the file may hold.
  var models: [any Scorer.Type] = []
  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [String: Tensor] = [:]

  /// Creates an empty file.
  public init() {
    self.init(path: "the model", metadata: [:], tensors: [:])
  }

  init(path: String, metadata: [String: String], tensors: [String: Tensor]) {
    self.path = path
    self.metadata = metadata
    self.tensors = tensors
  }

  // MARK: Text and numbers

  /// The keys of texts and numbers, in order.
  public var keys: [String] { metadata.keys.sorted(by: Self.isOrdered) }

  /// The text under a key; nil if there is none.
  public subscript(key: String) -> String? { metadata[key] }

  /// Returns the text under a key.
  ///
  /// - Throws: ``ModelFileError`` if there is none.
  public func text(_ key: String) throws(ModelFileError) -> String {
    guard let text = metadata[key] else { throw invalid("it has no \(key.quoted)") }
    return text
  }

  /// Returns the whole number under a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - range: The range of valid numbers. Pass it, because a file may hold any number.
  /// - Throws: ``ModelFileError`` if there is none, or it is out of range.
  public func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max) throws(ModelFileError) -> Int {
    let text = try text(key)
    guard let number = Int(text), range.contains(number) else {
      throw invalid(
        "its \(key.quoted) is \(text.quoted), not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// Returns the number under a key, exactly as it was set.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - type: The type of the number.
  /// - Throws: ``ModelFileError`` if there is none, or it is not finite.
  public func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ key: String, as type: Number.Type = Double.self
  ) throws(ModelFileError) -> Number {
    let text = try text(key)
    guard let number = Number(text), number.isFinite else {
      throw invalid("its \(key.quoted) is \(text.quoted), not a number")
    }
    return number
  }

  /// Sets the text under a key.
  ///
  /// - Precondition: The key is not reserved: `format`, `format_version`, `header_checksum`, `checksums`.
  public mutating func set(_ key: String, to text: String) {
    precondition(!Key.reserved.contains(key), "the key '\(key)' is reserved")
    metadata[key] = text
  }

  /// Sets a whole number under a key.
  ///
  /// - Precondition: The key is not reserved.
  public mutating func set(_ key: String, to number: some BinaryInteger) {
    set(key, to: String(number))
  }

  /// Sets a number under a key, printed so that it parses to the same number.
  ///
  /// - Precondition: The number is finite, and the key is not reserved.
  public mutating func set(_ key: String, to number: some BinaryFloatingPoint & LosslessStringConvertible) {
    precondition(number.isFinite, "a number must be finite")
    set(key, to: number.description)
  }

  // MARK: Tensors

  /// The names of the tensors, in order.
  public var names: [String] { tensors.keys.sorted(by: Self.isOrdered) }

  /// Returns whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// Returns the number of elements in each dimension of a tensor.
  ///
  /// - Throws: ``ModelFileError`` if there is no such tensor.
  public func shape(of name: String) throws(ModelFileError) -> [Int] { try tensor(name).shape }

  /// Returns a copy of a tensor's elements in row-major order.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - type: The type of its elements.
  ///   - shape: The expected shape; nil accepts any shape.
  /// - Throws: ``ModelFileError`` if there is no such tensor, or if its type or shape is another.
  /// - Complexity: O(elements).
  public func array<Element: TensorElement>(
    _ name: String, of type: Element.Type = Element.self, shape: [Int]? = nil
  ) throws(ModelFileError) -> [Element] {
    Array(try elements(name, of: type, shape: shape))
  }

  /// Adds a tensor, or replaces the one of the same name.
  ///
  /// - Parameters:
  ///   - name: The name of the tensor.
  ///   - elements: The elements in row-major order.
  ///   - shape: The number of elements in each dimension; nil for one dimension.
  /// - Precondition: The elements fill the shape, and the name is not empty and does not start with two underscores.
  public mutating func set<Element: TensorElement>(_ name: String, to elements: [Element], shape: [Int]? = nil) {
    set(name, to: Buffer(elements), shape: shape)
  }

  /// Returns the elements of a tensor without a copy.
  func elements<Element: TensorElement>(
    _ name: String, of type: Element.Type = Element.self, shape: [Int]? = nil
  ) throws(ModelFileError) -> Buffer<Element> {
    let tensor = try tensor(name)
    guard tensor.type == Element.tensorType else {
      throw invalid("its tensor \(name.quoted) has elements of type \(tensor.type.quoted), not \(Element.tensorType)")
    }
    if let shape, shape != tensor.shape {
      throw invalid("its tensor \(name.quoted) has the shape \(tensor.shape), not \(shape)")
    }
    return Buffer(viewing: tensor.bytes)
  }

  /// Adds a tensor without a copy of its elements.
  mutating func set<Element: TensorElement>(_ name: String, to elements: Buffer<Element>, shape: [Int]? = nil) {
    let shape = shape ?? [elements.count]
    precondition(shape.reduce(1, *) == elements.count, "\(elements.count) elements do not fill the shape \(shape)")
    precondition(!name.isEmpty && !name.hasPrefix("__"), "'\(name)' is no name for a tensor")
    tensors[name] = Tensor(type: Element.tensorType, shape: shape, bytes: elements.bytes)
  }

  private func tensor(_ name: String) throws(ModelFileError) -> Tensor {
    guard let tensor = tensors[name] else { throw invalid("it has no tensor \(name.quoted)") }
    return tensor
  }

  // MARK: Errors

  /// Returns the error of a model whose content is inconsistent.
  ///
  /// - Parameter what: The reason, in a few words: "its rank is 0".
  public func invalid(_ what: String) -> ModelFileError {
    ModelFileError(path: path, reason: .invalid(what))
  }

  /// Returns whether a name or key comes before another in the file: by UTF-8 bytes, the same on every system.
  static func isOrdered(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}

/// A type of elements of tensors: `Float`, `Double`, `Int32`, `Int64` or `UInt8`.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The name of the type in the file.
  static var tensorType: String { get }
}

extension Float: TensorElement {
  /// The name of the type in the file: `F32`.
  public static var tensorType: String { "F32" }
}

extension Double: TensorElement {
  /// The name of the type in the file: `F64`.
  public static var tensorType: String { "F64" }
}

extension Int32: TensorElement {
  /// The name of the type in the file: `I32`.
  public static var tensorType: String { "I32" }
}

extension Int64: TensorElement {
  /// The name of the type in the file: `I64`.
  public static var tensorType: String { "I64" }
}

extension UInt8: TensorElement {
  /// The name of the type in the file: `U8`.
  public static var tensorType: String { "U8" }
}
