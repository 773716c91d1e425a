extension OpenAPI {
  /// What the routes of each tag are for, in the order of the document.
  static let tags: [(name: String, description: String)] = [
    ("users", "Users: what is known about them, what they rated, and what they should see next."),
    ("recommendations", "Lists for visitors of whom nothing is kept."),
    ("events", "Events of many users at once, such as purchases."),
    ("items", "The items: search, change, hide, and those like one."),
    ("predictions", "Expected ratings."),
    ("trending", "What is liked of late, whoever asks."),
    ("groups", "Groups of users of like taste."),
    ("map", "The map of taste."),
    ("data", "What the data are: the scale of ratings, the kinds of feedback, the words for items and users."),
    ("imports", "Import of files."),
    ("models", "The models that are kept."),
    ("train", "Training in the background."),
    ("overview", "What the servers did, over time."),
    ("keys", "The keys of the server."),
    ("server", "The server itself."),
    ("gorse", "The interface of gorse, for programs that were written for it."),
    ("page", "The pages for people."),
  ]

  /// What a summary leaves unsaid, by method and path.
  static let descriptions: [String: String] = [
    "GET /v1": "The totals of the store at this moment.",
    "GET /v1/data":
      "Users either rate items on a scale or like them. What the page shows, and which values are taken, follows from "
      + "this.",
    "PATCH /v1/data": "The words are nouns of at most 40 letters; pages and answers for people use them.",
    "GET /v1/users": "In order of insertion, a page at a time.",
    "GET /v1/users/{user}": "With the amount of feedback and the time of the last one.",
    "PUT /v1/users/{user}": "Attributes order the list of a user without feedback. What is not given is removed.",
    "DELETE /v1/users/{user}":
      "The rows are removed, overwritten, and taken out of the files of all models. It cannot be undone.",
    "GET /v1/users/{user}/ratings": "Where users like items, also what they said is not for them, with the value -1.",
    "PUT /v1/users/{user}/ratings/{item}":
      "The next answer counts it. A rating off the scale of the model that answers is refused. Purchases and other "
      + "events come by POST /v1/events.",
    "DELETE /v1/users/{user}/ratings/{item}": "The next answer counts without it.",
    "PUT /v1/users/{user}/likes/{item}":
      "For a page with a heart; it is an event of now. Purchases and plays come by POST /v1/events. Refused where "
      + "users give ratings.",
    "POST /v1/events":
      "An event without a kind is of the kind that the data have most of; without a time, of now; without a value, a "
      + "rating is refused, and of any other kind it is one. The same user, item, kind and time again is the same "
      + "event, so an event with a time may be sent again.",
    "DELETE /v1/users/{user}/likes/{item}": "The next answer counts without it.",
    "GET /v1/users/{user}/recommendations":
      "The list is made from the feedback as it is now, so a rating changes the next list. An unknown user gets the "
      + "list of a stranger.",
    "GET /v1/users/{user}/similar": "By the feedback until now.",
    "GET /v1/users/{user}/position": "Null for a user without a list of their own.",
    "GET /v1/users/{user}/starters": "What the user rated is left out.",
    "POST /v1/recommendations": "Items that the model does not know come back as ignored.",
    "POST /v1/predictions": "At most 1,000 pairs. The rating is null where the model predicts none for the pair.",
    "GET /v1/items": "Without a query, in order of insertion.",
    "GET /v1/items/{item}": "With the mean of its ratings.",
    "PUT /v1/items/{item}":
      "An item with attributes is in the next list of those it suits without training. What is not given is removed.",
    "PATCH /v1/items/{item}": "A hidden item is in no list.",
    "DELETE /v1/items/{item}": "Feedback on it is deleted too. It cannot be undone.",
    "GET /v1/items/{item}/similar": "Empty without a model.",
    "GET /v1/items/{item}/together":
      "From the feedback as it was at the first request since the model began to answer.",
    "GET /v1/trending": "Counted anew after each change.",
    "GET /v1/groups": "By clusters of the users' factors; empty where the model has none.",
    "GET /v1/map": "Empty where the model places no items.",
    "POST /v1/imports":
      "The body is the file as it is: CSV, TSV, JSON Lines, a MovieLens file, or gzip of one. Then have it read, look, "
      + "and have it written.",
    "GET /v1/imports/{import}": "Ask again until the state is read, done or failed.",
    "POST /v1/imports/{import}/read": "Bad rows are left aside and counted.",
    "POST /v1/imports/{import}/write": "The first import starts the first training.",
    "DELETE /v1/imports/{import}": "Also while it is written.",
    "GET /v1/models": "With what was measured of each.",
    "GET /v1/models/{model}": "With what was measured of it, and of what is popular beside it.",
    "GET /v1/models/{model}/users/{user}/recommendations": "A model that does not answer is loaded for the request.",
    "DELETE /v1/models/{model}": "Its file is removed. It cannot be undone.",
    "PUT /v1/models/{model}/current": "Nothing changes if its file cannot be read.",
    "POST /v1/train":
      "Without a body, the default. With the header Accept: text/event-stream the answer is the stream of GET. The new "
      + "model answers unless it is surely worse than what is popular or than the current model.",
    "GET /v1/train":
      "An event is named progress, done or failed. The stream ends after done or failed, and is empty where nothing "
      + "was trained since the start.",
    "DELETE /v1/train": "The training ends soon after.",
    "GET /v1/overview": "From a row per minute and server, kept for 30 days.",
    "GET /v1/keys": "A server without keys answers its own machine alone.",
    "POST /v1/keys": "From the first key on, every request needs one.",
    "DELETE /v1/keys/{key}": "Requests with it are refused from then on.",
  ]

  /// Bodies and answers to show, as JSON by method and path.
  static let examples: [String: (body: String?, answer: String?)] = [
    "PATCH /v1/data": (#"{"words":{"item":"film","items":"films"}}"#, nil),
    "PUT /v1/users/{user}": (#"{"attributes":{"country":"NO"}}"#, nil),
    "PUT /v1/users/{user}/ratings/{item}": (#"{"value":4,"time":"2026-05-01T12:00:00Z"}"#, nil),
    "PUT /v1/users/{user}/likes/{item}": (#"{"liked":true}"#, nil),
    "POST /v1/events": (
      #"{"events":[{"user":"C10210","item":"BG-1010","kind":"purchase","value":1,"time":"2026-05-01T12:00:00Z"}]}"#,
      #"{"added":1}"#
    ),
    "GET /v1/users/{user}/ratings": (
      nil,
      #"{"ratings":[{"item":"50","title":"Star Wars (1977)","genres":["Action","Sci-Fi"],"value":5,"time":1777636800,"#
        + #""kind":"rating"}],"cursor":null}"#
    ),
    "GET /v1/users/{user}/recommendations": (nil, list + "}"),
    "POST /v1/recommendations": (
      #"{"history":[{"item":"50","value":5},{"item":"172","value":4}]}"#, list + #","ignored":[]}"#
    ),
    "POST /v1/predictions": (
      #"{"pairs":[{"user":"196","item":"50"}]}"#,
      #"{"model":"3","predictions":[{"user":"196","item":"50","rating":4.3,"deviation":null}]}"#
    ),
    "PUT /v1/items/{item}": (
      #"{"title":"Star Wars (1977)","genres":["Action","Sci-Fi"],"attributes":{"country":"US"}}"#, nil
    ),
    "PATCH /v1/items/{item}": (#"{"hidden":true}"#, nil),
    "POST /v1/imports/{import}/read": (#"{"kind":"purchase"}"#, nil),
    "POST /v1/train": (#"{"algorithm":"blend","settings":{"budget":60}}"#, #"{"training":2}"#),
  ]

  private static let list =
    #"{"model":"3","basis":"history","note":null,"items":[{"item":"181","title":"Return of the Jedi (1983)","#
    + #""score":18.6,"rating":4.7,"deviation":null,"reasons":[{"item":"50","title":"Star Wars (1977)","share":0.4}],"#
    + #""genres":["Action","Sci-Fi"],"ratings":507}]"#

  /// What the members of objects and the parameters of paths are, by name. Where a name means several things, the one
  /// in an object is under the name of the object: of its schema, of the member that holds it, or of the operation.
  static let meanings: [String: String] = [
    "Error.error": "Why the request was refused.",
    "code": "What is wrong, as a word that stays the same.",
    "message": "What is wrong, and what would be right, as a sentence.",
    // Items and users.
    "item": "The id of the item.",
    "items": "The items.",
    "user": "The id of the user.",
    "users": "The users.",
    "title": "The title of the item; null without one.",
    "genres": "The genres.",
    "genre": "The genre.",
    "genres.items": "How many items have it.",
    "attributes": "What else is known, by name.",
    "comment": "A remark.",
    "hidden": "Whether lists leave the item out.",
    "time": "When, in seconds since 1970 or as text in ISO 8601; null if it is not known.",
    "ratings": "How many users rated or took it, as far as the model knows.",
    "mean": "The mean of at most 10,000 of its ratings; null without any.",
    "Person.ratings": "How much feedback of the user there is; only for one user.",
    "last": "When the user last did something; only for one user.",
    "Ratings.ratings": "The ratings.",
    "value": "The value; where users give ratings, on the scale of the data.",
    "kind": "The kind of feedback, such as rating or purchase.",
    "cursor": "What to ask for the next page with; null after the last one.",
    "total": "How many items are found in all.",
    "near": "Whether no item has all words of the query, and these have words near to them.",
    "getV1.items": "How many items there are.",
    "getV1.users": "How many users there are.",
    "getV1.ratings": "How much feedback there is.",
    "liked": "Whether the user likes the item; false leaves it out of their lists.",
    "deleteV1UsersUser.ratings": "How much feedback was deleted.",
    "deleteV1UsersUser.models": "How many models held the user and were written anew.",
    // What the data are.
    "words": "The words for items and users.",
    "words.item": "The word for one item.",
    "words.items": "The word for several.",
    "words.user": "The word for one user.",
    "words.users": "The word for several.",
    "feedback": "Whether users give ratings on a scale, or like items.",
    "scale": "The scale of the ratings; null where users like items.",
    "least": "The least rating.",
    "greatest": "The greatest rating.",
    "step": "The distance of neighbouring ratings; null if any value may be given.",
    "values": "The values that occur, the least first.",
    "kinds": "The kinds of feedback, the most frequent first.",
    "count": "How many there are.",
    "Data.genres": "The genres, the most frequent first.",
    "Data.users": "How many users there are.",
    "Data.items": "How many items there are.",
    "Data.hidden": "How many items are hidden.",
    "Data.ratings": "How much feedback there is.",
    "writes": "Whether the key of the request may change something.",
    // Lists.
    "model": "The model that answers, by its number; null without one.",
    "basis": "What the list is made from; nothing where there are no ratings.",
    "note": "What is to be known about the answer; null if nothing.",
    "score": "What the answer is ordered by; scores of different answers cannot be compared.",
    "rating": "The rating to be expected, on the scale of the data; null where none is predicted.",
    "deviation": "Its standard deviation; null where the model knows none.",
    "reasons": "The items of the history that count most for it; empty if they are not asked for.",
    "share": "The part of the score that comes from it.",
    "Recommendation.attributes": "The attributes that it shares with the history; only with reasons.",
    "attribute": "The attribute.",
    "AttributeReason.items": "How many items of the history have it.",
    "explored": "Whether the item has no ratings and is placed by its attributes.",
    "history": "What the visitor did.",
    "ignored": "The ids of the history that the model does not know.",
    "pairs": "Of whom and of what.",
    "predictions": "The predictions, in the order of the pairs.",
    "half_life_days": "The time in which a count halves, in days.",
    "lift": "The number of baskets with both, divided by the number expected by chance.",
    "baskets": "The number of baskets with both.",
    "groups": "The groups, the largest first.",
    "group": "The number of the group, from 1.",
    "Position.group": "The user's group; null without one.",
    "size": "How many users it has.",
    "label": "Its name, for people.",
    "groups.items": "The items that its users like more than others do.",
    "groups.users": "The ids of its users.",
    "among": "The items of the user's list that are nearest; empty before three ratings.",
    "x": "The place on the map, from -1 to 1.",
    "y": "The place on the map, from -1 to 1.",
    // Models and trainings.
    "Model.model": "Its number.",
    "path.model": "The number of the model.",
    "Model.users": "How many users it was trained on.",
    "Model.items": "How many items it was trained on.",
    "Model.ratings": "How many ratings it was trained on.",
    "models": "The models, the newest first.",
    "current": "Whether answers come from it.",
    "made": "When it was made, in seconds since 1970.",
    "algorithms": "The names of its algorithms.",
    "Models.algorithms": "What can be trained on these data, the default first.",
    "algorithm": "The name of the algorithm.",
    "settings": "The settings of the algorithm by name; what is not given keeps its default.",
    "parameters": "The settings that it was trained with.",
    "seed": "The seed of all random choices.",
    "seconds": "How long its training took.",
    "bytes": "The size of its file; null without one.",
    "metrics": "What was measured of it on ratings that it had not seen.",
    "baselines": "What was measured of the baselines on the same ratings.",
    "ndcg@10": "How well the first ten are ordered, from 0 to 1; null if it was not measured.",
    "ndcg@10_ci95": "The ends of the 95 % confidence interval.",
    "recall@10": "The part of what was liked that is among the first ten.",
    "recall@10_ci95": "The ends of the 95 % confidence interval.",
    "rmse": "The root mean squared error of predicted ratings; null if none are predicted.",
    "rmse_ci95": "The ends of the 95 % confidence interval.",
    "coverage@10": "The part of all items that is in the first ten of any user.",
    "training": "Whether a training is under way.",
    "postV1Train.training": "The number of the training.",
    "TrainingEvent.training": "The number of the training.",
    "TrainingEvent.model": "The number of the model that was made.",
    "TrainingEvent.reason": "Why it does not answer; null if it does.",
    "TrainingEvent.error": "Why the training failed.",
    "stage":
      "What is under way: a training on a part, the choice of settings, the training on everything, or measuring the "
      + "current model, to compare.",
    "epoch": "The epochs of this stage so far, or the settings tried.",
    "epochs": "The most epochs of this stage, or the settings to try.",
    "loss": "The loss of the last epoch; null where the algorithm has none.",
    "validation_rmse": "The error on ratings that are not trained on; null where none is measured.",
    "fraction": "The part of the whole training that is done, from 0 to 1; while comparing, of that alone.",
    "seconds_left": "The expected time to its end, in seconds.",
    // Imports.
    "import": "The number of the import.",
    "state": "How far it is.",
    "file": "The name of the file of feedback; null while it is not known, or if there is none.",
    "title_file": "The name of the file of items; null while it is not known, or if there is none.",
    "rows": "How many rows of feedback were read.",
    "title_columns": "What the columns of the file of titles were taken for.",
    "titles": "How many items were read.",
    "columns": "What each column was taken for.",
    "remarks": "What is to be known about the files.",
    "rejected": "How many rows could not be read.",
    "rejections": "What is wrong with the first of these, five at most, and where.",
    "sample": "The first rows, as they were understood.",
    "done": "How many rows are written.",
    "Import.total": "How many rows are to be written.",
    "Import.training": "Whether it started the first training.",
    "Import.error": "Why it failed; null if it did not.",
    "events": "The events.",
    "added": "How many events were taken.",
    // The server.
    "status": "Whether it is ready, or live.",
    "minutes": "How long a step is, in minutes.",
    "model_made": "When the current model was made, in seconds since 1970.",
    "new_ratings": "How many ratings came since the last training began, or since the server started.",
    "steps": "What was done, the oldest step first.",
    "steps.time": "When the step begins, in seconds since 1970.",
    "lists": "How many lists were asked for.",
    "personal": "How many of these were made from a user's own history.",
    "steps.ratings": "How many ratings came.",
    "requests": "How many requests there were.",
    "refused": "How many of these asked for something wrong or missing: a status from 400 to 499.",
    "errors": "How many of these failed by the server's fault.",
    "p50_ms": "The median time of a list, in milliseconds; null if there were none.",
    "p99_ms": "The time within which 99 % of the lists were made, in milliseconds; null if there were none.",
    "keys": "The keys.",
    "key": "The text of the key, which is shown this once.",
    "keys.key": "The number of the key.",
    "path.key": "The number of the key.",
    "keys.label": "What it is called.",
    "postV1Keys.label": "What to call it; its role if not given.",
    "role": "What it allows.",
  ]
}
