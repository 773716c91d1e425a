@testable import Kindred

/// Small data sets whose structure is known.
enum Synthetic {
  /// Ratings drawn from a factor model of rank 2 with noise, about `density` of all pairs known, with times two hundred
  /// seconds apart.
  static func ratings(users: Int, items: Int, density: Double = 0.25, seed: UInt64 = 7) -> Interactions<Int, String> {
    var stream = RandomStream(seed: seed, .data)
    let tastes = (0..<users).map { _ in (stream.normal(), stream.normal(), stream.normal() * 0.3) }
    let things = (0..<items).map { _ in (stream.normal(), stream.normal(), stream.normal() * 0.3) }
    var interactions: [Interaction<Int, String>] = []
    for user in 0..<users {
      for item in 0..<items where stream.uniform() < density {
        let (p, q) = (tastes[user], things[item])
        let value = 3 + p.2 + q.2 + 0.6 * (p.0 * q.0 + p.1 * q.1) + 0.3 * stream.normal()
        interactions.append(
          Interaction(
            user: user, item: "item \(item)", value: Float(min(5, max(1, value.rounded()))),
            time: Timestamp(interactions.count * 200_000_000)))
      }
    }
    return Interactions(interactions)
  }

  /// Even users like even items, odd users odd ones. Each user's own item is held out, so that it is the one right
  /// answer.
  static func checkerboard(_ size: Int) -> Interactions<Int, Int> {
    var board = Interactions<Int, Int>()
    for user in 0..<size {
      for item in 0..<size where item != user {
        if (user + item) % 2 == 0 { board.append(Interaction(user: user, item: item, value: 5)) }
      }
    }
    return board
  }

  /// Like the checkerboard, with a rating of 1 where the other has none.
  static func ratedCheckerboard(_ size: Int) -> Interactions<Int, Int> {
    var board = Interactions<Int, Int>()
    for user in 0..<size {
      for item in 0..<size where item != user {
        board.append(Interaction(user: user, item: item, value: (user + item) % 2 == 0 ? 5 : 1))
      }
    }
    return board
  }
}

extension History {
  /// The same history as a stranger's.
  var stranger: History { History(items: items, values: values, times: times, trainingRow: nil) }
}

/// Whether two floats are the same up to rounding.
func isClose(_ left: Float, _ right: Float, tolerance: Float = 1e-4) -> Bool {
  abs(left - right) <= tolerance * max(1, max(abs(left), abs(right)))
}
