// The C interface of Kindred, a recommender library.
//
// Objects are handles: numbers above 0, each from a function below, valid until `kindred_close`. A handle that was
// closed, or never given, is an error and never a crash. Handles may be used by several threads at once; an object in
// use stays alive until its calls return.
//
// A function that fails returns 0 where it returns a handle, null where it returns text, and otherwise -1;
// `kindred_error` is then one sentence that says what is wrong and what to do, and `kindred_error_kind` its kind.
// Both belong to the calling thread, until its next call of a function of this interface.
//
// Users and items are positions, from 0, in an object's tables of ids: -1 fills the rest of a list that is shorter
// than the space for it. Arrays are the caller's; they are read or written during the call and never kept. Texts are
// UTF-8. A table of texts is its `bytes`, one text after another, and `offsets` [count + 1], of which the first is 0.
// Options and descriptions are JSON objects; an option that is not known is an error.
//
// After `fork`, a child of a process that called any of these functions gets the error KINDRED_FORKED from all of them,
// since threads do not survive a fork: start such workers with `spawn` or `exec`.
#ifndef KINDRED_H
#define KINDRED_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The version of this interface; functions may be added to a version, and none changes.
#define KINDRED_INTERFACE 1
int32_t kindred_interface(void);

// The kinds of errors.
enum {
  KINDRED_NO_ERROR = 0,
  KINDRED_BAD_ARGUMENT = 1,  // an array, a position or an option is wrong
  KINDRED_BAD_DATA = 2,      // the data cannot be trained on, or training diverged
  KINDRED_BAD_FILE = 3,      // a file cannot be read or written, or is damaged
  KINDRED_CANCELLED = 4,     // the progress function asked to stop
  KINDRED_CLOSED = 5,        // the handle was closed, or is of another kind of object
  KINDRED_FORKED = 6         // the process is a fork
};

// The error of this thread's last call; empty if it succeeded. Valid until this thread's next call.
const char *kindred_error(void);
int32_t kindred_error_kind(void);

// Frees a text that a function returned; null does nothing.
void kindred_free(char *text);

// Closes a handle. Returns 0, or -1 if it is not open.
int32_t kindred_close(int64_t handle);

// Called on the thread that called the training function, after epochs and at least every tenth of a second.
// `algorithm` is null where no epoch has ended since the last call. `is_validating` is 1 while settings are chosen.
// A result other than 0 cancels the training, which then fails with KINDRED_CANCELLED.
typedef int32_t (*kindred_progress)(void *context, const char *algorithm, int32_t is_validating, int64_t epoch,
                                    int64_t epochs, float loss);

// MARK: Data sets

// A data set from columns of `count` interactions. duplicates says what becomes of a repeated pair of user and item:
// "last", "mean", "sum", or "keep" for events; null: events where values is null and repeats are usual, else "last".
// users, items [count]: positions below the numbers of users and items. values [count], finite; null: every value is 1.
// times [count] in microseconds since 1970, INT64_MIN where unknown; null: no times. Ids are distinct and not empty;
// where the offsets are null, the ids are the positions as decimal numbers.
int64_t kindred_data_from_columns(int64_t count, const int32_t *users, const int32_t *items, const float *values,
                                  const int64_t *times, int64_t user_count, const int64_t *user_offsets,
                                  const char *user_bytes, int64_t item_count, const int64_t *item_offsets,
                                  const char *item_bytes, const char *duplicates);

// A data set from a sparse matrix of users and items in compressed rows: offsets [user_count + 1], items and values
// [offsets[user_count]]; the items of a row in any order. Ids as above.
int64_t kindred_data_from_rows(int64_t user_count, int64_t item_count, const int64_t *offsets, const int32_t *items,
                               const float *values, const int64_t *user_offsets, const char *user_bytes,
                               const int64_t *item_offsets, const char *item_bytes);

// A data set from the file at a path, of any form that the command `kindred` reads.
int64_t kindred_data_from_file(const char *path);

// Sets the titles of items, by position: titles as a table of one text per item, an empty one for none; genres
// likewise, each text joining an item's genres by "|"; null: none. It makes a new data set.
int64_t kindred_data_with_titles(int64_t data, const int64_t *title_offsets, const char *title_bytes,
                                 const int64_t *genre_offsets, const char *genre_bytes);

// MARK: Training, files and descriptions

// Trains a recommender. Options, all of which may be left out:
//   "algorithm": its name, such as "als"; the tuned default pair of rankings and ratings if left out
//   "settings": an object of the algorithm's hyperparameters by name
//   "positive": what counts as liked in rankings: "all", "mean", "liked" or a number
//   "budget": seconds for the search of the default; "seed"; "threads"; "validation": "latest" or "random"
int64_t kindred_train(int64_t data, const char *options, kindred_progress progress, void *context);

// Trains and measures algorithms on held-out interactions. Options besides those above, "algorithm" excepted:
//   "algorithms": names; "split": such as "time:0.1", chosen by the data if left out; "cutoffs": list lengths
//   "next": "last" or "all"; "include_observed": true or false
// Returns {"split": ..., "results": [one object per algorithm]}.
char *kindred_evaluate(int64_t data, const char *options, kindred_progress progress, void *context);

// The algorithms, and their hyperparameters with the defaults: {"als": {"rank": 32, ...}, ...}.
char *kindred_algorithms(void);

// Loads a recommender from a model file, and writes one: the files of the command `kindred`.
int64_t kindred_load(const char *path);
int32_t kindred_save(int64_t recommender, const char *path);

// An object that describes a data set or a recommender: its counts, algorithms, settings and seed.
char *kindred_describe(int64_t handle);

// MARK: Ids

enum { KINDRED_USERS = 0, KINDRED_ITEMS = 1, KINDRED_TITLES = 2 };  // titles are those of items, empty where unknown

// Writes a table of texts: offsets [count + 1] and, unless bytes is null, its bytes. Returns the number of bytes.
int64_t kindred_ids(int64_t handle, int32_t side, int64_t *offsets, char *bytes, int64_t capacity);

// The position of each of `count` ids; -1 for an unknown one.
int32_t kindred_positions(int64_t handle, int32_t side, int64_t count, const int64_t *offsets, const char *bytes,
                          int32_t *positions);

// MARK: Lists

// A list per user: of the training data by position, or of histories in compressed rows, where users is null;
// values null: every value is 1. A user -1 is a stranger without history.
// Options: "include_observed": true or false; "diversity": from 0 to 1; "explore": the share of places for items that
//   nobody has taken, from 0 to 1; "minimum_ratings"; "genres": texts; "restrict_to", "exclude": positions of items
// items, scores [count][limit]; ratings [count][limit] or null, NaN where none is predicted.
int32_t kindred_recommend(int64_t recommender, int64_t count, const int32_t *users, const int64_t *history_offsets,
                          const int32_t *history_items, const float *history_values, int64_t limit,
                          const char *options, int32_t *items, float *scores, float *ratings);

// The reasons for items of a user's list: the items of the history with the greatest effects and their shares.
// One user, or a history where user is -1. reasons, shares [item_count][limit].
int32_t kindred_explain(int64_t recommender, int32_t user, int64_t history_count, const int32_t *history_items,
                        const float *history_values, int64_t item_count, const int32_t *items, int64_t limit,
                        int32_t *reasons, float *shares);

// What is most similar to each of `count` users or items. neighbors, scores [count][limit].
int32_t kindred_similar(int64_t recommender, int32_t side, int64_t count, const int32_t *positions, int64_t limit,
                        int32_t *neighbors, float *scores);

// Groups of users with similar taste. group_of_user [users]. Returns [{"label", "users", "items"}, ...].
char *kindred_groups(int64_t recommender, int64_t count, int32_t *group_of_user);

// The predicted rating of each pair, and its deviation; NaN where there is none. deviations may be null.
int32_t kindred_predict(int64_t recommender, int64_t count, const int32_t *users, const int32_t *items, float *ratings,
                        float *deviations);

// MARK: Factors in arrays of the caller

// Alternating least squares with confidences (Hu, Koren, Volinsky 2008): minimises
//   sum over all pairs of c (p - <x, y>)^2 + regularization (sum |x|^2 + sum |y|^2),
// with p = 1 and c = the value where it is above 0, p = 0 and c = -value where it is below 0, and p = 0, c = 1 for
// pairs without a value. The matrix is in compressed rows of users; its arrays are read in place.
// user_factors [user_count][rank] and item_factors [item_count][rank] are the start and the result.
// block: the number of factors of a row that are solved for at once, a multiple of 16; 0 solves exactly.
// losses [iterations], or null: the objective divided by the sum of all weights after each iteration.
int32_t kindred_als_fit(int64_t user_count, int64_t item_count, const int64_t *offsets, const int32_t *items,
                        const float *values, int64_t rank, float regularization, int64_t block, int64_t iterations,
                        int64_t threads, float *user_factors, float *item_factors, float *losses,
                        kindred_progress progress, void *context);

// The factors of rows, exactly, given those of the other side: rows [row_count][rank].
int32_t kindred_als_solve(int64_t row_count, int64_t column_count, const int64_t *offsets, const int32_t *columns,
                          const float *values, int64_t rank, float regularization, int64_t threads,
                          const float *column_factors, float *rows);

// For each query the columns with the greatest inner products. excluded_offsets [count + 1] and excluded_columns leave
// out columns per query, ascending within each; null: none. allowed [column_count], a byte each: 1 for the columns that
// lists may hold; null: all. columns, scores [count][limit].
int32_t kindred_top_products(int64_t count, int64_t column_count, int64_t rank, const float *queries,
                             const float *column_factors, int64_t limit, const int64_t *excluded_offsets,
                             const int32_t *excluded_columns, const uint8_t *allowed, int64_t threads,
                             int32_t *columns, float *scores);

#ifdef __cplusplus
}
#endif
#endif
