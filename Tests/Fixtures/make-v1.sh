#!/usr/bin/env bash
# Makes Tests/Fixtures/v1: a tiny model of each kind, a store, and the answers that the command gave from them.
#
# usage: make-v1.sh KINDRED  (the command of commit a0aaf41; no later one, or the fixtures show nothing)
#
# The fixtures are never made anew: they show that later versions read what the first version wrote. This file says what they are.
set -euo pipefail
kindred=$(realpath "$1")
cd "$(dirname "$0")/v1"
rm -rf data models store
mkdir data models store

# Twelve users, fifteen items, three tastes. One id is not ASCII, and CSV quotes it.
awk '
function chance(bound) { state = state * 16807 % 2147483647; return int(state / 2147483647 * bound) }
BEGIN {
  state = 20081
  print "user,item,rating,timestamp"
  for (u = 1; u <= 12; u++) for (i = 1; i <= 15; i++) {
    if (chance(100) >= 40 + (u * 7 + i * 3) % 20) continue
    name = i == 15 ? "\"é \"\"15\"\"\"" : "i" i
    value = (u % 3 == i % 3 ? 4 : 2) + chance(3) - 1
    printf "u%d,%s,%d,%d\n", u, name, value, 1600000000 + chance(400) * 43200
  }
}' > data/ratings.csv

cat > data/items.csv <<'END'
itemId,title,genres,year,hidden
i1,First Light,Drama|War,1991,
i2,Second Wind,Comedy,1992,
i3,"Third Man, The",Crime|Drama,1993,
i4,Fourth Wall,Drama,1994,
i5,Fifth Gear,Action|Comedy,1995,
i6,Sixth Sense,Crime,1996,
i7,Seventh Veil,Drama,1997,true
i8,Eighth Wonder,Comedy|Action,1998,
i9,Ninth Gate,Crime|Action,1999,
i10,Tenth Muse,Drama,2000,
i11,Élan vital,Comedy|Drama,2001,
i12,Twelfth Night,Comedy,2002,
i13,Thirteen,Crime,2003,
i14,"Fourteen ""and"" over",Action,2004,
"é ""15""",Fifteen,Drama|Crime,2005,
i16,Sixteen (nobody saw it),Drama,2006,
END

awk 'BEGIN {
  print "user,age,occupation"
  split("student,engineer,writer", work, ",")
  for (u = 1; u <= 12; u++) printf "u%d,%d,%s\n", u, 20 + u % 4 * 10, work[u % 3 + 1]
}' > data/users.csv

# Kinds of feedback, several for some pairs.
awk '
function chance(bound) { state = state * 16807 % 2147483647; return int(state / 2147483647 * bound) }
BEGIN {
  state = 4711
  print "user,item,event,timestamp"
  for (u = 1; u <= 12; u++) for (i = 1; i <= 14; i++) {
    time = 1650000000 + chance(300) * 86400
    likes = u % 3 == i % 3
    if (chance(10) < (likes ? 7 : 4)) printf "u%d,i%d,view,%d\n", u, i, time
    if (chance(10) < (likes ? 4 : 1)) printf "u%d,i%d,like,%d\n", u, i, time + 3600
    if (likes && chance(10) < 2) printf "u%d,i%d,purchase,%d\n", u, i, time + 7200
    if (!likes && chance(10) < 2) printf "u%d,i%d,dislike,%d\n", u, i, time + 60
  }
}' > data/events.csv

printf 'user,item\nu9,i1\nu9,i2\nu9,i7\nu8,i4\nu12,i14\nnobody,i3\n' > data/pairs.csv

cat > data/dump.jsonl <<'END'
{"ItemId":"i4","IsHidden":true,"Categories":["Drama","Crime"],"Labels":{"country":"FR","stars":[1,2.5,null]},"Comment":"Fourth Wall","Timestamp":"2021-03-04T05:06:07Z"}
{"ItemId":"shop 1","Categories":[],"Comment":""}
{"UserId":"u2","Labels":{"age":41,"tags":["a","é"]},"Comment":"said \"yes\""}
{"UserId":"silent","Labels":null,"Comment":""}
{"FeedbackType":"view","UserId":"u2","ItemId":"shop 1","Value":1,"Timestamp":"2022-01-02T03:04:05Z"}
{"FeedbackType":"like","UserId":"u2","ItemId":"shop 1","Value":0.1,"Timestamp":"2022-01-02T03:04:06Z"}
{"FeedbackType":"dislike","UserId":"u3","ItemId":"i1","Value":1}
{"FeedbackType":"purchase","UserId":"new","ItemId":"i5","Value":2.5,"Timestamp":"2022-06-07T08:09:10Z"}
{"FeedbackType":"view","UserId":"u12","ItemId":"i5","Value":1,"Timestamp":"2022-06-07T08:09:11Z"}
END

# One question, and under it the answers; none where the model has none to give.
ask() {
  printf '> %s\n' "$*"
  "$kindred" "$@" --json 2>/dev/null || true
}

# Everything that is asked of a model.
ask_all() {
  local model=$1
  ask info "$model"
  ask recommend u9 --limit 4 --explain --model "$model"
  ask recommend u8 --limit 3 --genre Drama --model "$model"
  ask recommend u5 --limit 3 --diversity 0.5 --model "$model"
  ask recommend nobody --limit 3 --model "$model"
  ask recommend --history i1:5,i4:2,i9:4,i8:3,i13:5 --limit 4 --explain --model "$model"
  ask similar --item i13 --limit 4 --model "$model"
  ask similar --user u9 --limit 4 --model "$model"
  ask predict --pairs data/pairs.csv --model "$model"
  ask groups --count 3 --model "$model"
}

# train NAME ARGUMENTS: a model, and its answers.
train() {
  local model=models/$1.kindred
  shift
  "$kindred" train "$@" --items data/items.csv --seed 7 --threads 2 --model "$model" > /dev/null 2>&1
  ask_all "$model" > "${model%.kindred}.answers"
}

ratings=(--ratings data/ratings.csv)
events=(--ratings data/events.csv --feedback "view=1,like=3,purchase=5,dislike=-2" --half-life 60)
train sgd sgd --rank 4 --epochs 12 "${ratings[@]}"
train sgd-plain sgd --plain --rank 3 --epochs 8 --learning-rate 0.02 "${ratings[@]}"
train als als --rank 4 --epochs 6 "${ratings[@]}"
train implicit-als implicit-als --rank 4 --epochs 5 "${ratings[@]}"
train implicit-als-weighted implicit-als --rank 4 --epochs 5 --weighted "${ratings[@]}"
train implicit-als-mean implicit-als --rank 4 --epochs 5 --positive mean --half-life 90 "${ratings[@]}"
train implicit-als-events implicit-als --rank 4 --epochs 5 "${events[@]}"
train ease ease --regularization 5 "${ratings[@]}"
train ease-sparse ease --regularization 5 --neighbors 6 "${ratings[@]}"
train item-knn item-knn --neighbors 5 "${ratings[@]}"
train graph-filter graph-filter --rank 3 --neighbors 5 "${ratings[@]}"
train bayesian bayesian --rank 3 --epochs 12 --samples 3 --users data/users.csv "${ratings[@]}"
train bayesian-pairs bayesian --rank 3 --epochs 12 --samples 3 --features user,item "${ratings[@]}"
train bayesian-probit bayesian --rank 3 --epochs 12 --samples 3 --probit --users data/users.csv "${ratings[@]}"
train popularity popularity "${ratings[@]}"
train bias bias "${ratings[@]}"
train mean mean "${ratings[@]}"
train blend blend --rank 3 --budget 0s "${ratings[@]}"
train blend-events blend --rank 3 --budget 0s "${events[@]}"
train default --budget 0s "${ratings[@]}"

# A store: imported twice, with keys and three models; the server deletes a user and hides an item.
store=store/films.sqlite
"$kindred" import data/ratings.csv --items data/items.csv --store $store > /dev/null 2>&1
"$kindred" import data/dump.jsonl --store $store > /dev/null 2>&1
"$kindred" train als --rank 3 --epochs 4 --seed 3 --store $store > /dev/null 2>&1
"$kindred" train implicit-als --rank 3 --epochs 4 --seed 4 --store $store --half-life 365 \
  --feedback "rating=1,view=1,like=3,purchase=5,dislike=-20" > /dev/null 2>&1
admin=$("$kindred" serve --store $store --add-key admin 2>/dev/null)
reader=$("$kindred" serve --store $store --add-key read-only 2>/dev/null)
printf 'admin %s\nread-only %s\n' "$admin" "$reader" > store/keys.txt

log=$(mktemp)
"$kindred" serve --store $store --port 0 > "$log" 2>/dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; rm -f "$log"' EXIT
until grep -q http:// "$log"; do sleep 0.1; done
address=$(sed -n 's/.*\(http:[^ ]*\)$/\1/p' "$log")
request() {
  local method=$1 path=$2
  shift 2
  curl -sf -X "$method" -H "X-API-Key: $admin" -H 'Content-Type: application/json' "$@" "$address$path"
}
until request GET /health/ready > /dev/null; do sleep 0.1; done
request DELETE /v1/users/u12 > /dev/null
request PATCH /v1/items/i13 -d '{"hidden": true}'
# The server measures what it trains.
request POST /v1/train -d '{"algorithm": "bias", "seed": 5}' > /dev/null
until [ "$(request GET /v1/models | grep -o '"made"' | wc -l)" = 3 ]; do sleep 0.1; done
request PUT /v1/models/2/current
request GET "/v1/users?limit=100" > store/users.json
request GET "/v1/items?limit=100" > store/items.json
request GET "/v1/items?query=dra&limit=100" > store/search.json
request GET /v1/models > store/models.json
kill -TERM "$server"
wait "$server" || true
trap - EXIT
rm -f "$log"
"$kindred" export --store $store > store/dump.jsonl
for model in 1 2 3; do ask_all store/films.models/$model.kindred > store/model-$model.answers; done

# A copy of one file is a copy of the store.
if [ -e $store-wal ] || [ -e $store-shm ]; then
  echo "$store is not one file" >&2
  exit 1
fi
