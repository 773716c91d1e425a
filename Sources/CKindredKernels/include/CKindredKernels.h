// Arithmetic on blocks of rows. The interface is not stable: only the library's kernel wrappers call it.
//
// Matrices are row-major floats, and shapes are given as [rows][columns]. `width` is the floats of a padded factor row:
// a multiple of 16, with zeros after the rank. Pointers may be null only where this is said. README.md says how the
// folder is read.
#ifndef KINDRED_KERNELS_H
#define KINDRED_KERNELS_H

#include <stdint.h>

// The level of instruction set whose builds this processor runs: 4 or 3 of x86-64, or 0 for the baseline. Processors of
// one level give the same bytes.
int kindred_processor_level(void);

// The number of processors that this process may run on; at least 1.
int kindred_processor_count(void);

// MARK: Stochastic gradient descent

// One rating, with the rows that it updates counted from the first user and the first item of its block.
typedef struct {
  uint16_t user;
  uint16_t item;
  float value;
} kindred_rating;

// What a step of stochastic gradient descent reads and writes. Tables start at a block's first user and first item.
typedef struct {
  float *users, *items;                          // [users][width], [items][width]
  float *user_biases, *item_biases;              // [users], [items]
  const float *user_penalties, *item_penalties;  // [users], [items]: the regularization of each row's factors
  int64_t width;
  float mean, scale;  // the target is (value - mean) scale
  float rate;
  float bias_scale;  // a bias has this many times its row's penalty
} kindred_sgd;

// Takes the steps of ratings [count] in order, one step for each run of up to four ratings of one user. Returns the sum
// of the squared errors before each step.
double kindred_sgd_block(const kindred_sgd *step, const kindred_rating *ratings, int64_t count);

// The step of the textbooks: one residual per rating, then each factor of the user and, with its new value, of the
// item. Has no biases and no mean. users, items, values [count]. Returns the sum of the squared errors before each
// step.
double kindred_sgd_plain(const kindred_sgd *step, const int32_t *users, const int32_t *items, const float *values,
                         int64_t count);

// MARK: Least squares

// The least-squares problem of each row p of a sparse matrix, with x the other side's factors:
//   (base + sum w x x' + diag(penalty)) p = sum w t x,   t = value - mean - column bias.
// Where row_biases is given, x has a last coordinate 1, whose solution is the row's bias.
typedef struct {
  const int64_t *offsets;      // [rows + 1]
  const int32_t *columns;      // [cells]
  const float *values;         // [cells]; null: every target is 1
  const float *weights;        // [cells]; null: every weight is 1
  const float *factors;        // [columns][width]
  const float *column_biases;  // [columns]; null: 0
  const float *base;           // [width][width], upper triangle; null: 0
  const float *penalties;      // [rows]
  const float *right;          // [width + 16], in place of sum w t x; null: that sum
  float *solution;             // [rows][width]
  float *row_biases;           // [rows]; null: the model has none
  int64_t rank, width;
  float mean;
  float bias_scale;  // a row's bias has this many times its penalty
} kindred_rows;

// The floats of working memory, aligned for pointers, that `kindred_solve_rows` takes for rows of `cells` cells in all.
int64_t kindred_solve_workspace(int64_t rank, int has_bias, int64_t cells);

// Solves rows first ..< last, each row's sums in a fixed order. Returns the sum of the least values, unless `right` is
// given: of sum w (t - p'x)^2 + p' (base + diag(penalty)) p for a row.
double kindred_solve_rows(const kindred_rows *rows, int64_t first, int64_t last, float *workspace);

// The floats of working memory that `kindred_solve_system` takes.
int64_t kindred_system_workspace(int64_t count);

// Solves A x = b in place of b [count], for a positive definite A of which lower [count][count] has the lower triangle.
// Returns 0 if A is numerically not positive definite; b is then unchanged.
int kindred_solve_system(const float *lower, float *b, int64_t count, float *workspace);

// The floats of working memory, aligned for pointers, that `kindred_sweep_rows` takes for rows of `cells` cells in all.
int64_t kindred_sweep_workspace(int64_t block, int64_t cells);

// Improves rows first ..< last from their present solution by blocks of `block` coordinates (a multiple of 16), each
// solved exactly with the others held fixed. Takes values as targets, no mean, no biases, and both triangles of `base`.
// Returns the sum of sum w (t - p'x)^2 + penalty p'p at the old solution, less what each block took away: the new
// objective, less p'base p at the old solution.
double kindred_sweep_rows(const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace);

// Adds the upper triangle of X'X to out [width][width], for X the rows first ..< last of factors [.][width]. What it
// leaves below the diagonal has no meaning.
void kindred_gram(const float *factors, int64_t first, int64_t last, int64_t width, float *out);

// MARK: Gibbs sampling

// The conditional distribution of one side's rows given the two other sides. With L and R the rows of a cell on the
// other sides (there may be no R),
//   target - mean - bias(L) - bias(R) - <L, R> = bias + <row, L + R> + noise.
// The noise has the precision alpha times the weights of the row, of L and of R. Each row has prior means, and all rows
// share the precisions of their prior. Rows are [.][width], with the bias at `rank` and zeros after it.
typedef struct {
  const int64_t *offsets;                   // [rows + 1]
  const int32_t *left, *right;              // [cells]: rows of left_rows and right_rows; right null: no third side
  const int32_t *places;                    // [cells]: the place of the cell's target
  const float *targets;                     // [cells]
  const float *left_rows, *right_rows;      // [.][width]
  const float *priors;                      // [rows][width]
  const float *precisions;                  // [width]
  float *solution;                          // [rows][width]: the draws; null: none are made
  float *means;                             // [rows][width]: the means of the rows; null: not wanted
  int64_t rank, width;
  float alpha, mean;
  uint64_t key;                             // of the draws
  const float *row_weights;                 // [rows]; null: 1
  const float *left_roots, *right_roots;    // [.]: the square roots of the weights of L and R; null: 1
  // Where found_weights is given, each row's mean is taken at the weight that one EM step finds from the weight in
  // found_weights, and the found weight replaces it. The prior of a weight is a gamma distribution of `freedom` degrees
  // of freedom around 1. spread is added to each row's sum of squared errors.
  float *found_weights;  // [rows]
  const float *spread;   // [rows]
  float freedom;
} kindred_gibbs;

// Sums over cells, each counted with its weight: of the errors that are left, of their squares, of the squares of what
// the row was to explain, and of the weights.
typedef struct {
  double sum, squares, targets, weight;
} kindred_errors;

// The floats of working memory that the functions of `kindred_gibbs` take.
int64_t kindred_gibbs_workspace(int64_t rank);

// Draws rows first ..< last, factors and bias together. errors [rows], unless null, gets the errors that each draw
// leaves, without the row's own weight.
void kindred_gibbs_rows(const kindred_gibbs *problem, int64_t first, int64_t last, float *workspace,
                        kindred_errors *errors);

// Writes the variance of bias + <row, z> to out [count] for each row z [count][width], for the row that this workspace
// solved last.
void kindred_gibbs_variances(const kindred_gibbs *problem, const float *z, int64_t count, float *workspace, float *out);

// Adds the errors of the cells of rows first ..< last to `errors`; `priors` holds the rows themselves. Unless they are
// null, fits [cells] gets what each target was expected to be, and roots [cells] the square root of its weight, each at
// the place of the target.
void kindred_gibbs_errors(const kindred_gibbs *problem, int64_t first, int64_t last, float *workspace,
                          kindred_errors *errors, float *fits, float *roots);

// priors = rows - priors in columns lane ..< lane + 16, for rows and priors [count][width]. sums [32] gets the sum of
// each such column, then the sum of its squares.
void kindred_gibbs_residuals(const float *rows, float *priors, int64_t count, int64_t width, int64_t lane,
                             double *sums);

// Adds shift [16] to columns lane ..< lane + 16 of rows [count][width].
void kindred_gibbs_shift(float *rows, int64_t count, int64_t width, int64_t lane, const float *shift);

// The regression of sixteen columns of a table of rows on the rows' features.
typedef struct {
  const int64_t *offsets;  // [features + 1]
  const int32_t *rows;     // [cells]: the rows that have the feature
  const float *weights;    // [cells]
  float *residuals;        // [rows][width]: the rows less their features' part
  float *values;           // [features][width]
  int64_t width, lane;     // columns lane ..< lane + 16 are drawn
  int64_t lanes;           // how many of the sixteen have noise; the others are padding
  const float *row_precisions;       // [16]: of the rows around their features' part
  const float *precisions, *means;   // [16]: the prior of the features' values
  uint64_t key;
} kindred_features;

// Draws the values of features first ..< last, one after another, and takes the changes off the residuals.
void kindred_gibbs_features(const kindred_features *problem, int64_t first, int64_t last);

// MARK: Scores and lists

// Items laid out for scoring, in panels of 32. Those that may score high come first, so that lists fill early and most
// of the other panels are skipped.
typedef struct {
  const float *factors;   // [panels][rank][32]
  const float *biases;    // [panels][32]
  const float *bounds;    // [panels][2]: the greatest bias, and the length of the longest row of factors
  const int32_t *order;   // [count]: the item at each place; null: items are at their own places
  const int32_t *places;  // [count]: the place of each item
  int64_t count, rank;
} kindred_items;

// Lays out panels first_panel ..< last_panel of rows [count][width] in factors, packed_biases and bounds, which have
// the shapes of `kindred_items`. biases [count] null: 0; order [count] null: items are at their own places.
void kindred_pack_items(const float *rows, const float *biases, const int32_t *order, int64_t count, int64_t rank,
                        int64_t width, int64_t first_panel, int64_t last_panel, float *factors, float *packed_biases,
                        float *bounds);

// out[u][i] = base[u] + bias[i] + <users[u], items[i]> for users [user_count][width], base [user_count] and out
// [user_count][out_width]. The products are added in the order of the factors.
void kindred_score(const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width,
                   float *out, int64_t out_width);

// Looks up a row's sums with other items. The row has a bit per item and a value per bit that is set; `ranks` has the
// number of bits that are set before each word.
// words, ranks [items / 64, rounded up], others, sums [count]
void kindred_pair_sums(const uint64_t *words, const uint32_t *ranks, const float *values, const int32_t *others,
                       int64_t count, float *sums);

// A user's best items so far: a heap whose root is the worst of them. Of equal scores, the lower item ranks first.
typedef struct {
  float *scores;   // [capacity]
  int32_t *items;  // [capacity]
  int32_t capacity, count;
  const int32_t *excluded;  // [excluded_count], in any order
  int32_t excluded_count;
} kindred_top;

// Offers the scores [count] of all items to a heap. `allowed` has a bit for each item; null: all items are allowed.
// workspace [kindred_top_workspace(count, 1)].
void kindred_top_offer(kindred_top *top, const float *scores, int64_t count, const uint64_t *allowed,
                       uint32_t *workspace);

// The working memory, in 32-bit words, for the lists of `user_count` users.
int64_t kindred_top_workspace(int64_t item_count, int64_t user_count);

// Fills the heaps tops [user_count] with the best items of users [user_count][width], in one pass over the items, which
// must have an order. base [user_count]; `allowed` as above.
void kindred_top_items(const kindred_items *items, const float *users, const float *base, int64_t user_count,
                       int64_t width, const uint64_t *allowed, kindred_top *tops, uint32_t *workspace);

// Puts a heap's items in order, best first.
void kindred_top_finish(kindred_top *top);

// out [width] += weights[c] rows[columns[c]] for each of `count` cells c, in order, for rows [.][width]. weights null:
// 1.
void kindred_add_rows(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count,
                      float *out);

// MARK: Checksums

// XXH64 of bytes [count], the same on every processor.
uint64_t kindred_xxh64(const void *bytes, int64_t count, uint64_t seed);

#endif
