/// A model on its way to or from a file: text under keys, and named tensors.
///
/// The file is a [safetensors](https://huggingface.co/docs/safetensors) file, so other programs read it in one line. It is mapped, not
/// read: a tensor's pages come from the disk as they are used. Everything about it is checked before any of it is used, and so may be
/// trusted as far as its form goes: tensors lie inside the file and have the size their shape says, and all bytes are those that were
/// written. Whether the numbers make sense together is for the model to check that reads them.
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
  public static let formatVersion = 1

  /// A tensor: numbers in rows, without a copy of the memory or the file that holds them.
  struct Tensor: Sendable {
    let type: String
    let shape: [Int]
    let bytes: ByteRun
  }

  /// The keys that are the file's own.
  enum Key {
    static let format = "format"
    static let formatVersion = "format_version"
    static let headerChecksum = "header_checksum"
    static let checksums = "checksums"
    static let reserved: Set = [format, formatVersion, headerChecksum, checksums]
  }

  /// The file, as it is named in errors.
  let path: String
  /// The types of models that it may hold besides the library's own.
  var models: [any Scorer.Type] = []
  private(set) var metadata: [String: String] = [:]
  private(set) var tensors: [String: Tensor] = [:]

  /// Creates an empty file, to be filled and written.
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

  /// The text under a key, or nil where there is none.
  public subscript(key: String) -> String? { metadata[key] }

  /// The text under a key.
  ///
  /// - Throws: ``ModelFileError`` if there is none.
  public func text(_ key: String) throws(ModelFileError) -> String {
    guard let text = metadata[key] else { throw invalid("it has no \(key.quoted)") }
    return text
  }

  /// The whole number under a key.
  ///
  /// - Parameters:
  ///   - key: its key.
  ///   - range: what makes sense; give it, since the number is whatever the file's maker wrote.
  /// - Throws: ``ModelFileError`` if there is none, or it is out of range.
  public func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max) throws(ModelFileError) -> Int {
    let text = try text(key)
    guard let number = Int(text), range.contains(number) else {
      throw invalid(
        "its \(key.quoted) is \(text.quoted), not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The number under a key; it is finite, and the very one that was set.
  ///
  /// - Throws: ``ModelFileError`` if there is none.
  public func number<Number: BinaryFloatingPoint & LosslessStringConvertible>(
    _ key: String, as type: Number.Type = Double.self
  ) throws(ModelFileError) -> Number {
    let text = try text(key)
    guard let number = Number(text), number.isFinite else {
      throw invalid("its \(key.quoted) is \(text.quoted), not a number")
    }
    return number
  }

  /// Puts a text under a key.
  ///
  /// - Precondition: the key is not one of the file's own: `format`, `format_version`, `header_checksum`, `checksums`.
  public mutating func set(_ key: String, to text: String) {
    precondition(!Key.reserved.contains(key), "the key '\(key)' is the file's own")
    metadata[key] = text
  }

  /// Puts a whole number under a key.
  public mutating func set(_ key: String, to number: some BinaryInteger) {
    set(key, to: String(number))
  }

  /// Puts a number under a key, printed so that it reads back as the same number.
  ///
  /// - Precondition: it is finite.
  public mutating func set(_ key: String, to number: some BinaryFloatingPoint & LosslessStringConvertible) {
    precondition(number.isFinite, "a number must be finite")
    set(key, to: number.description)
  }

  // MARK: Tensors

  /// The names of the tensors, in order.
  public var names: [String] { tensors.keys.sorted(by: Self.isOrdered) }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// The number of elements in each dimension of a tensor.
  ///
  /// - Throws: ``ModelFileError`` if there is no such tensor.
  public func shape(of name: String) throws(ModelFileError) -> [Int] { try tensor(name).shape }

  /// The elements of a tensor, copied, the last dimension's next to each other.
  ///
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - type: the type of its elements.
  ///   - shape: the shape that it must have; nil takes any.
  /// - Throws: ``ModelFileError`` if there is no such tensor, or its type or shape is another.
  public func array<Element: TensorElement>(
    _ name: String, of type: Element.Type = Element.self, shape: [Int]? = nil
  ) throws(ModelFileError) -> [Element] {
    Array(try elements(name, of: type, shape: shape))
  }

  /// Adds a tensor, in place of one that has the name.
  ///
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - elements: the elements, the last dimension's next to each other.
  ///   - shape: the number of elements in each dimension; nil stands for one dimension.
  /// - Precondition: the elements fill the shape, and the name is not empty and does not start with two underscores.
  public mutating func set<Element: TensorElement>(_ name: String, to elements: [Element], shape: [Int]? = nil) {
    set(name, to: Buffer(elements), shape: shape)
  }

  /// The elements of a tensor, where they lie.
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

  /// Adds a tensor that stays where it is until the file is written.
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

  /// The error of a model whose numbers make no sense, with a few words on why: "its rank is 0".
  public func invalid(_ what: String) -> ModelFileError {
    ModelFileError(path: path, reason: .invalid(what))
  }

  /// The order of names and keys in the file: by their bytes, the same on every system.
  static func isOrdered(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}

/// A number that tensors are made of: `Float`, `Double`, `Int32`, `Int64` and `UInt8`.
public protocol TensorElement: BitwiseCopyable, Sendable {
  /// The name of the type in the file.
  static var tensorType: String { get }
}

extension Float: TensorElement {
  public static var tensorType: String { "F32" }
}

extension Double: TensorElement {
  public static var tensorType: String { "F64" }
}

extension Int32: TensorElement {
  public static var tensorType: String { "I32" }
}

extension Int64: TensorElement {
  public static var tensorType: String { "I64" }
}

extension UInt8: TensorElement {
  public static var tensorType: String { "U8" }
}
