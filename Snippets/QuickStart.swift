// Train on a file of ratings, recommend to a new user, save.
import Kindred

let ratings = try Interactions<Int, Int>(contentsOf: "ratings.csv")
let recommender = try await Recommender.train(on: ratings)

for next in recommender.recommendations(forHistory: [50: 5, 174: 5, 172: 5], limit: 10) {
  print(next.item, next.score, next.rating?.value ?? 0)
}
print(recommender.items(similarTo: 181, limit: 5).map(\.id))
print(recommender.groups(count: 6).map(\.users.count))
try recommender.write(to: "films.kindred")
