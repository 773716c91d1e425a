extension Posterior {
  init(from file: ModelFile, at prefix: String) throws(ModelFileError) {
    fatalError()
  }
  func write(to file: inout ModelFile, at prefix: String) {
  }
}
