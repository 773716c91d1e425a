/// Which of the model types a file holds; loading looks at it, never at the algorithm that trained the model.
public enum ModelKind: String, Sendable, CaseIterable {
  case factors, items, blend, ratings
}

/// A model that can be written to a model file and read back to the same bytes.
public protocol SavedModel: Sendable {
}
