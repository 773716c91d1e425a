// The arithmetic of a block of rows. No stable interface: the library's `Kernels` is the only caller.
//
// Matrices are row-major floats. `width` is the floats in a padded factor row: a multiple of 16, zeros behind the rank.
#ifndef KINDRED_KERNELS_H
#define KINDRED_KERNELS_H

#include <stdint.h>

// Which clone of the kernels this processor runs: what they give is the same bytes among processors of one level.
int kindred_processor_level(void);

// The number of processors that this process may run on; at least 1.
int kindred_processor_count(void);

// One rating with the rows it updates, counted from the first of its block's.
typedef struct {
  uint16_t user;
  uint16_t item;
  float value;
} kindred_rating;

// What a step of stochastic gradient descent reads and writes, from a block's first user and first item on.
// users [.][width], items [.][width].
typedef struct {
  float *users, *items;
  float *user_biases, *item_biases;
  const float *user_penalties, *item_penalties;  // one a row: the regularization of its factors
  int64_t width;
  float mean, scale;  // the target is (value - mean) scale
  float rate;
  float bias_scale;  // a bias has this many times its row's penalty
} kindred_sgd;

// Takes the steps of `count` ratings, in order: one for each run of up to four ratings of one person. Adds up the squared errors met on
// the way.
double kindred_sgd_block(const kindred_sgd *step, const kindred_rating *ratings, int64_t count);

// The tutorials' step: one residual a rating, then each factor of the person and, with the new value, of the item. No biases, no mean.
double kindred_sgd_plain(const kindred_sgd *step, const int32_t *users, const int32_t *items, const float *values, int64_t count);

// The least-squares problem of each row of a sparse matrix against the other side's factors x:
//   (base + sum w x x' + diag(penalty)) p = sum w t x,   t = value - mean - column bias,
// with a last coordinate x = 1 for the row's own bias if `row_biases` is there.
typedef struct {
  const int64_t *offsets;      // [rows + 1]
  const int32_t *columns;      // [cells]
  const float *values;         // [cells]; null: every target is 1
  const float *weights;        // [cells]; null: every weight is 1
  const float *factors;        // [columns][width]
  const float *column_biases;  // [columns]; null: 0
  const float *base;           // [solve_width][solve_width], upper triangle; null: 0
  const float *penalties;      // [rows]
  const float *right;          // [solve_width]; null: the sum above
  float *solution;             // [rows][width]
  float *row_biases;           // [rows]; null: the model has none
  int64_t rank, width;
  float mean;
  float bias_scale;            // a row's bias has this many times its penalty
} kindred_rows;

// Floats of working memory that `kindred_solve_rows` wants for rows of so many cells in all, aligned for pointers.
int64_t kindred_solve_workspace(int64_t rank, int has_bias, int64_t cells);

// Solves rows first ..< last, each row's sums in a fixed order. Returns the sum of the least values of what they minimise, which is
// sum w (t - p'x)^2 + p' (base + diag(penalty)) p for a row, unless `right` is there.
double kindred_solve_rows(const kindred_rows *rows, int64_t first, int64_t last, float *workspace);

// Improves rows first ..< last from their present solution by blocks of `block` coordinates (a multiple of 16), each solved exactly with the
// others held fixed. Targets are 1, there are no biases, and both triangles of `base` are read. Returns the sum of
// sum w (1 - p'x)^2 + penalty p'p at the old solution less what each block took away, which is the new objective but for the
// p'base p of the old solution.
double kindred_sweep_rows(const kindred_rows *rows, int64_t first, int64_t last, int64_t block, float *workspace);
int64_t kindred_sweep_workspace(int64_t block, int64_t cells);

// Adds the upper triangle of X'X to out [width][width] for X = rows first ..< last of factors [.][width].
void kindred_gram(const float *factors, int64_t first, int64_t last, int64_t width, float *out);

// Standard normal numbers, a function of the key alone; out has room for `count` rounded up to 16.
void kindred_normals(uint64_t key, int64_t count, float *out);

// Rows of one side of a factorization, drawn given the two other sides: with L and R the rows of a cell on them (R may be missing),
//   target - mean - bias(L) - bias(R) - <L, R> = bias + <row, L + R> + noise,
// noise of precision alpha times the weights of the row, of L and of R, and prior means and precisions of the row's factors and bias. Rows are [.][width] with the bias at `rank`, zeros behind it.
typedef struct {
  const int64_t *offsets;           // [rows + 1]
  const int32_t *left, *right;      // [cells]: rows of left_rows and right_rows; right null: there is no third side
  const int32_t *places;            // [cells]: where the cell's target is
  const float *targets;             // [cells]
  const float *left_rows, *right_rows;
  const float *priors;              // [rows][width]
  const float *precisions;          // [width]
  float *solution;                  // [rows][width]: the draws; null: none are made
  float *means;                     // [rows][width]: the means that the draws are around; null: not wanted
  int64_t rank, width;
  float alpha, mean;
  uint64_t key;
  const float *row_weights;                // a weight a row; null: 1
  const float *left_roots, *right_roots;  // the roots of theirs
  // Unless found_weights [rows] is null, the means are not those with row_weights, but with weights one step of expectation maximization away
  // from those in it, which it gets: a weight's prior is a gamma distribution of `freedom` degrees around 1. spread [rows] is known to be in the
  // errors' squares besides those of the targets.
  float *found_weights;
  const float *spread;
  float freedom;
} kindred_gibbs;

// The errors that are left in some cells, their squares, and those of what the row was to explain, each cell counted with its weight; and the
// weights.
typedef struct {
  double sum, squares, targets, weight;
} kindred_errors;

// Floats of working memory that the functions below want.
int64_t kindred_gibbs_workspace(int64_t rank);

// Draws rows first ..< last, factors and bias together. Unless errors [rows] is null, it gets the errors that each draw leaves, without the row's own
// weight.
void kindred_gibbs_rows(const kindred_gibbs *problem, int64_t first, int64_t last, float *workspace, kindred_errors *errors);

// The variance of bias + <row, z> of the row that was solved last in this workspace, for each of `count` z [.][width].
void kindred_gibbs_variances(const kindred_gibbs *problem, const float *z, int64_t count, float *workspace, float *out);

// Adds up the errors of the cells of rows first ..< last; `priors` holds the rows themselves. What the cells were expected to be goes to
// fits, and the roots of their weights to roots, each at the place of its target; fits null: they are not wanted.
void kindred_gibbs_errors(const kindred_gibbs *problem, int64_t first, int64_t last, float *workspace, kindred_errors *errors,
                          float *fits, float *roots);

// priors = rows - priors in lanes lane ..< lane + 16; their sums and squares summed go to sums [32].
void kindred_gibbs_residuals(const float *rows, float *priors, int64_t count, int64_t width, int64_t lane, double *sums);

// Adds shift [16] to lanes lane ..< lane + 16 of every row.
void kindred_gibbs_shift(float *rows, int64_t count, int64_t width, int64_t lane, const float *shift);

// Regressions of rows on their features, sixteen lanes at a time: residuals = rows - the features' part.
typedef struct {
  const int64_t *offsets;  // [features + 1]
  const int32_t *rows;     // [cells]
  const float *weights;    // [cells]
  float *residuals;        // [rows][width]
  float *values;           // [features][width]
  int64_t width, lane;
  int64_t lanes;           // how many of the sixteen mean something
  const float *row_precisions, *precisions, *means;  // [16]: of the rows around their features, and the features' prior
  uint64_t key;
} kindred_features;

// Draws features first ..< last in turn, and takes their part out of the residuals.
void kindred_gibbs_features(const kindred_features *problem, int64_t first, int64_t last);

// Items laid out for scoring, in panels of 32. Those that may score high come first, so that lists fill early and most of the rest
// need not be scored.
typedef struct {
  const float *factors;   // [panel][rank][32]
  const float *biases;    // [panel][32]
  const float *bounds;    // [panel][2]: the greatest bias, and the length of the longest row of factors
  const int32_t *order;   // [count]: which item is at each place; null: as they come
  const int32_t *places;  // [count]: the place of each item
  int64_t count, rank;
} kindred_items;

// Lays out panels first_panel ..< last_panel of rows [.][width]. biases null: 0; order null: as they come.
void kindred_pack_items(const float *rows, const float *biases, const int32_t *order, int64_t count, int64_t rank, int64_t width,
                        int64_t first_panel, int64_t last_panel, float *factors, float *packed_biases, float *bounds);

// out[u][i] = base[u] + bias[i] + <users[u], items[i]>, the products added in order of the factors.
void kindred_score(const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width, float *out,
                   int64_t out_width);

// A person's best items so far: a heap whose root is the worst of them. Ties go to the item that comes first.
typedef struct {
  float *scores;
  int32_t *items;
  int32_t capacity, count;
  const int32_t *excluded;  // in rising order
  int32_t excluded_count;
} kindred_top;

// Offers scores[0 ..< count], of items first_item and up, to a heap. `allowed` is a bit an item; null: all.
void kindred_top_offer(kindred_top *top, const float *scores, int64_t count, int64_t first_item, const uint64_t *allowed);

// The best items of each of user_count people, scores and heaps in one pass over the items, which have an order.
void kindred_top_items(const kindred_items *items, const float *users, const float *base, int64_t user_count, int64_t width,
                       const uint64_t *allowed, kindred_top *tops, uint32_t *workspace);
int64_t kindred_top_workspace(int64_t item_count, int64_t user_count);

// Puts a heap's items in order, best first.
void kindred_top_finish(kindred_top *top);

// out[0 ..< width] += sum of weights[c] rows[columns[c]] over `count` cells in order, for rows [.][width]. weights null: 1.
void kindred_add_rows(const float *rows, int64_t width, const int32_t *columns, const float *weights, int64_t count, float *out);

// XXH64 of `count` bytes; the same on every processor.
uint64_t kindred_xxh64(const void *bytes, int64_t count, uint64_t seed);

#endif
