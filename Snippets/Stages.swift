// The stages one by one: read, train, evaluate, save, recommend. The documentation shows its parts.
import Kindred

// snippet.read
let ratings = try Interactions<Int, Int>(contentsOf: "ratings.csv")
print(ratings.count, ratings.userCount, ratings.itemCount)
// snippet.end

// snippet.reader
var reader = InteractionReader()
reader.columns = ColumnRequest(user: 1, item: 2, value: 3, time: 4)
reader.duplicates = .mean
reader.rejectPath = "bad-rows.csv"
let (plays, summary) = try reader.read(["2023.csv.gz", "2024.csv.gz"], user: String.self, item: String.self)
print(plays.count, summary.format, summary.rejected)
// snippet.end

// snippet.memory
var views: Interactions<String, Int> = Interactions([
  Interaction(user: "anna", item: 50, value: 5),
  Interaction(user: "ben", item: 174, value: 3, time: 881_250_949),
])
views.append(Interaction(user: "anna", item: 174, value: 4))
views.itemCatalog[50] = Catalog.Entry(title: "Star Wars (1977)", genres: ["Action", "Sci-Fi"])
// snippet.end

// snippet.catalog
var films = ratings
films.itemCatalog = try Catalog(contentsOf: "movies.csv")
// snippet.end

// snippet.filter
let dense = films.filtered(minimumValue: 4, core: 10)
// snippet.end

// snippet.train
let recommender = try await Recommender.train(on: films, seed: 1) { progress in
  print(progress.algorithm, progress.training.fraction, progress.training.secondsLeft)
}
// snippet.end

// snippet.choose
var ranking = ImplicitALS(rank: 128)
ranking.unobservedWeight = 0.2
let chosen = try await Recommender.train(on: films, ranking: ranking, rating: ALS(rank: 16))
// snippet.end

// snippet.epochs
var lastLoss = Float.infinity
for try await epoch in SGD(rank: 32).epochs(on: films, seed: 1) {
  print(epoch.number, epoch.loss)
  if epoch.loss > 0.999 * lastLoss { break }
  lastLoss = epoch.loss
}
// snippet.end

// snippet.evaluate
let (train, test) = ratings.split(.random(holdingOut: 0.1), seed: 42)
let evaluation = try await Evaluator(cutoffs: [10, 20]).evaluation(of: SGD(rank: 32), train: train, test: test)
print(evaluation.ratings?.rootMeanSquaredError ?? 0, evaluation.ranking?.mean(.ndcg, at: 10) ?? 0)
// snippet.end

// snippet.folds
for trainer in [SGD(), ALS(), ImplicitALS(), Popularity()] as [any Trainer] {
  let evaluation = try await Evaluator().evaluation(of: trainer, on: ratings.evaluationFolds(.folds(10), seed: 42))
  print(evaluation.algorithm, evaluation.ranking?.mean(.ndcg, at: 10) ?? 0)
}
// snippet.end

// snippet.save
try recommender.write(to: "films.kindred")
let loaded = try Recommender<Int, Int>(contentsOf: "films.kindred")
print(loaded, loaded.provenance.ranking?.algorithm ?? "")
// snippet.end

// snippet.recommend
for next in loaded.recommendations(for: 196, limit: 10) {
  print(next.title ?? "", next.score, next.rating?.value ?? 0)
}
let list = loaded.recommendations(forHistory: [50: 5, 174: 5, 172: 5], excluding: [181])
print(list.basis == .history, list.map(\.item))
// snippet.end

// snippet.history
if var history = loaded.history(of: 196), let starWars = loaded.position(of: 50) {
  history.set(5, forItemAt: starWars)
  print(loaded.recommendations(for: [history], limit: 10)[0].map(\.item))
}
// snippet.end

// snippet.similar
print(loaded.rating(of: 318, by: 196)?.value ?? 0)
print(loaded.items(similarTo: 50, limit: 5).map(\.id))
print(loaded.users(similarTo: 196, limit: 5).map(\.id))
for group in loaded.groups(count: 6) {
  print(group.users.count, loaded.label(of: group))
}
// snippet.end

// snippet.errors
do {
  _ = try Interactions<Int, Int>(contentsOf: "missing.csv")
} catch {
  print(error.category == .unreadableFile, error)
}
// snippet.end

_ = (dense, chosen)
