import ArgumentParser
import Foundation
import Kindred
import KindredReport
import KindredStore

struct Keys: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, add and revoke the keys of a server.",
    usage: "kindred keys (list | add <role> | revoke <number>) --store <file>".wrappedUsage,
    discussion: """
      A server over a store with keys answers other machines, and asks each for a key.

      EXAMPLE:
        kindred keys add read-only --label shop --store films.sqlite
        kindred keys list --store films.sqlite
        kindred keys revoke 2 --store films.sqlite
      """,
    subcommands: [List.self, Add.self, Revoke.self])

  /// The store whose keys they are.
  struct Place: ParsableArguments {
    @Option(help: ArgumentHelp("The store: a file, or postgres://….", valueName: "store")) var store: String
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the keys, without their texts.")

    @OptionGroup var place: Place
    @Flag(help: "Print one JSON object per line, for programs.") var json = false

    func run() async throws {
      let store = try await StorePlace.open(place.store)
      let keys = try await store.keys()
      try await store.close()
      var table = Table([("number", .right), ("role", .left), ("label", .left), ("made", .left)], .cut(2))
      for key in keys {
        let made = day(key.made)
        if json {
          printLine(
            JSONLine([
              ("key", .integer(key.number)), ("role", .text(key.role.rawValue)), ("label", .text(key.label)),
              ("made", .text(made)),
            ]).text)
        } else {
          table.append(["\(key.number)", key.role.rawValue, key.label, made])
        }
      }
      if json { return }
      if keys.isEmpty {
        return printSentence("\(place.store) has no keys; a server over it answers this machine alone.")
      }
      table.print()
    }
  }

  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Make a key and print it, this once.")

    @Argument(help: "What the key allows: read-only or admin.") var role: AccessKey.Role
    @Option(help: "What the key is called; its role if not given.") var label: String?
    @OptionGroup var place: Place

    func run() async throws {
      let store = try await StorePlace.open(place.store)
      printLine(try await store.addKey(role, label: label ?? role.rawValue))
      try await store.close()
      Terminal.note("Keep this key: it is not shown again.")
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Revoke a key; a running server refuses it at once.")

    @Argument(help: "The number of the key, as in the list.") var number: Int
    @OptionGroup var place: Place

    func run() async throws {
      let store = try await StorePlace.open(place.store)
      let isRevoked = try await store.revokeKey(number)
      try await store.close()
      guard isRevoked else { throw Failure(.badData, "there is no key \(number)") }
      printSentence("Key \(number) is revoked.")
    }
  }
}
