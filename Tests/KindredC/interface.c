// The C interface from C: data, training, lists, files, factors, and what is refused. Run under the address sanitizer by
// `make test-interface`.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kindred.h"

static int failures = 0;

static void check(int holds, const char *what) {
  if (holds) return;
  failures++;
  printf("failed: %s (%s)\n", what, kindred_error());
}

static void refuses(int64_t result, int32_t kind, const char *what) {
  check(result <= 0 && kindred_error_kind() == kind && strlen(kindred_error()) > 10, what);
}

#define USERS 20
#define ITEMS 12
#define COUNT (USERS * ITEMS / 2)

static int32_t users[COUNT], items[COUNT];
static float values[COUNT];
static int64_t times[COUNT];

// Every user rates the items of their own parity 5, and some others 1.
static void make_columns(void) {
  for (int i = 0; i < COUNT; i++) {
    users[i] = i % USERS;
    items[i] = (i / USERS * 2 + (i % 3 ? i % USERS % 2 : 1 - i % USERS % 2)) % ITEMS;
    values[i] = users[i] % 2 == items[i] % 2 ? 5 : 1;
    times[i] = 1000000LL * i;
  }
}

static int64_t data_set(void) {
  return kindred_data_from_columns(COUNT, users, items, values, times, USERS, NULL, NULL, ITEMS, NULL, NULL, NULL);
}

static int32_t stop(void *context, const char *algorithm, int32_t is_validating, int64_t epoch, int64_t epochs,
                    float loss) {
  (void)is_validating, (void)epochs, (void)loss;
  if (algorithm) *(int64_t *)context = epoch;
  return epoch >= 2;
}

static void test_data(void) {
  const int64_t data = data_set();
  check(data > 0, "a data set is made");
  int64_t offsets[ITEMS + 1];
  char bytes[64];
  check(kindred_ids(data, KINDRED_ITEMS, offsets, bytes, sizeof bytes) == 14, "ids are the positions");
  check(offsets[ITEMS] == 14 && memcmp(bytes, "01234567891011", 14) == 0, "ids follow each other");
  refuses(kindred_ids(data, KINDRED_ITEMS, offsets, bytes, 3), KINDRED_BAD_ARGUMENT, "a small buffer");
  refuses(kindred_ids(data, 7, offsets, bytes, 3), KINDRED_BAD_ARGUMENT, "an unknown side");
  char *text = kindred_describe(data);
  check(text && strstr(text, "\"users\":20"), "a data set is described");
  kindred_free(text);
  check(kindred_close(data) == 0, "a data set is closed");
  refuses(kindred_close(data), KINDRED_CLOSED, "a closed handle");
  refuses(kindred_train(data, NULL, NULL, NULL), KINDRED_CLOSED, "training on a closed handle");
}

static void test_bad_data(void) {
  items[3] = ITEMS;
  refuses(data_set(), KINDRED_BAD_ARGUMENT, "an item out of range");
  items[3] = -1;
  refuses(data_set(), KINDRED_BAD_ARGUMENT, "an item below 0");
  make_columns();
  values[7] = NAN;
  refuses(data_set(), KINDRED_BAD_ARGUMENT, "a value that is not finite");
  make_columns();
  const int64_t twice[] = {0, 1, 2};
  refuses(kindred_data_from_columns(1, users, items, NULL, NULL, 2, twice, "aa", 1, NULL, NULL, NULL),
          KINDRED_BAD_ARGUMENT, "an id that occurs twice");
  refuses(kindred_data_from_columns(1, users, items, NULL, NULL, 2, twice, "\xff\xff", 1, NULL, NULL, NULL),
          KINDRED_BAD_ARGUMENT, "an id that is not UTF-8");
  refuses(kindred_data_from_columns(-1, users, items, NULL, NULL, 2, NULL, NULL, 1, NULL, NULL, NULL),
          KINDRED_BAD_ARGUMENT, "a negative count");
  refuses(kindred_data_from_columns(1, NULL, items, NULL, NULL, 2, NULL, NULL, 1, NULL, NULL, NULL),
          KINDRED_BAD_ARGUMENT, "a null column");
  refuses(kindred_data_from_file("/no/such/file"), KINDRED_BAD_FILE, "a file that is missing");
  refuses(kindred_load("/no/such/file"), KINDRED_BAD_FILE, "a model that is missing");
}

static void test_recommender(const char *folder) {
  const int64_t data = data_set();
  int64_t epoch = 0;
  refuses(kindred_train(data, "{\"algorithm\":\"sgd\",\"settings\":{\"plain\":true,\"epochs\":100000}}", stop, &epoch),
          KINDRED_CANCELLED, "a cancelled training");
  check(epoch >= 2, "epochs are told");
  refuses(kindred_train(data, "{\"algorithm\":\"nothing\"}", NULL, NULL), KINDRED_BAD_ARGUMENT, "an algorithm");
  refuses(kindred_train(data, "{\"unknown\":1}", NULL, NULL), KINDRED_BAD_ARGUMENT, "an unknown option");
  refuses(kindred_train(data, "[", NULL, NULL), KINDRED_BAD_ARGUMENT, "options that are no JSON");
  const int64_t model =
      kindred_train(data, "{\"algorithm\":\"als\",\"settings\":{\"rank\":3,\"epochs\":3}}", NULL, NULL);
  check(model > 0, "a recommender is trained");
  int32_t found[USERS * 4], again[USERS * 4], everyone[USERS];
  float scores[USERS * 4], ratings[USERS * 4];
  for (int user = 0; user < USERS; user++) everyone[user] = user;
  check(kindred_recommend(model, USERS, everyone, NULL, NULL, NULL, 4, NULL, found, scores, ratings) == 0, "lists");
  const int64_t starts[] = {0, 2};
  const int32_t own[] = {1, 3};
  check(kindred_recommend(model, 1, NULL, starts, own, NULL, 4, "{\"diversity\":0.5}", again, scores, NULL) == 0,
        "a list of a stranger");
  everyone[0] = USERS;
  refuses(kindred_recommend(model, USERS, everyone, NULL, NULL, NULL, 4, NULL, again, scores, NULL),
          KINDRED_BAD_ARGUMENT, "a user out of range");
  everyone[0] = 0;
  refuses(kindred_recommend(model, 1, everyone, NULL, NULL, NULL, -1, NULL, again, scores, NULL),
          KINDRED_BAD_ARGUMENT, "a negative limit");
  refuses(kindred_recommend(data, 1, everyone, NULL, NULL, NULL, 1, NULL, again, scores, NULL), KINDRED_CLOSED,
          "lists of a data set");
  float shares[3];
  check(kindred_explain(model, 1, 0, NULL, NULL, 1, found, 3, again, shares) == 0, "reasons");
  check(kindred_similar(model, KINDRED_ITEMS, 2, own, 2, again, scores) == 0 && again[0] >= 0, "similar items");
  check(kindred_predict(model, 2, everyone, own, ratings, NULL) == 0 && ratings[0] == ratings[0], "predictions");
  char *groups = kindred_groups(model, 2, everyone);
  check(groups && groups[0] == '[', "groups");
  kindred_free(groups);
  char path[512];
  snprintf(path, sizeof path, "%s/interface.kindred", folder);
  check(kindred_save(model, path) == 0, "a model is saved");
  const int64_t loaded = kindred_load(path);
  for (int user = 0; user < USERS; user++) everyone[user] = user;
  check(kindred_recommend(loaded, USERS, everyone, NULL, NULL, NULL, 4, NULL, again, scores, ratings) == 0, "lists");
  check(memcmp(found, again, sizeof found) == 0, "a loaded model gives the same lists");
  remove(path);
  char *figures = kindred_evaluate(
      data, "{\"algorithms\":[\"ease\"],\"split\":\"user:0.3\",\"cutoffs\":[3]}", NULL, NULL);
  check(figures && strstr(figures, "ndcg@3"), "an evaluation");
  kindred_free(figures);
  check(kindred_close(model) == 0 && kindred_close(loaded) == 0 && kindred_close(data) == 0, "handles are closed");
}

static void test_factors(void) {
  // Arrays of their exact size, so that a read beyond them is seen.
  int64_t *offsets = malloc(4 * sizeof *offsets);
  int32_t *columns = malloc(5 * sizeof *columns);
  float *cells = malloc(5 * sizeof *cells), *own = malloc(3 * 5 * sizeof *own), *others = malloc(4 * 5 * sizeof *others);
  memcpy(offsets, (int64_t[]){0, 2, 2, 5}, 4 * sizeof *offsets);
  memcpy(columns, (int32_t[]){3, 0, 1, 2, 3}, 5 * sizeof *columns);
  memcpy(cells, (float[]){1, 4, -2, 0.5f, 1}, 5 * sizeof *cells);
  for (int i = 0; i < 20; i++) others[i] = 0.01f * (float)(i % 7 + 1);
  for (int i = 0; i < 15; i++) own[i] = 0.01f * (float)(i % 5 + 1);
  for (int block = 0; block <= 16; block += 16) {
    float losses[3];
    check(kindred_als_fit(3, 4, offsets, columns, cells, 5, 0.1f, block, 3, 2, own, others, losses, NULL, NULL) == 0,
          "factors are fitted");
    check(losses[2] <= losses[0] && own[5] == 0, "the loss falls, and a row without values is 0");
  }
  check(kindred_als_solve(3, 4, offsets, columns, cells, 5, 0.1f, 1, others, own) == 0, "rows are solved");
  int32_t top[6];
  float scores[6];
  const uint8_t allowed[] = {1, 0, 1, 1};
  check(kindred_top_products(3, 4, 5, own, others, 2, offsets, columns, allowed, 2, top, scores) == 0, "products");
  check(top[0] == 2 && top[1] == -1 && top[4] == 0, "lists leave out what they must");
  columns[4] = 4;
  refuses(kindred_als_fit(3, 4, offsets, columns, cells, 5, 0.1f, 0, 1, 1, own, others, NULL, NULL, NULL),
          KINDRED_BAD_ARGUMENT, "a column out of range");
  offsets[1] = 9;
  refuses(kindred_als_solve(3, 4, offsets, columns, cells, 5, 0.1f, 1, others, own), KINDRED_BAD_ARGUMENT,
          "offsets that fall");
  free(offsets), free(columns), free(cells), free(own), free(others);
}

int main(int count, char **arguments) {
  check(kindred_interface() == KINDRED_INTERFACE, "the version of the interface");
  make_columns();
  test_data();
  test_bad_data();
  test_recommender(count > 1 ? arguments[1] : ".");
  test_factors();
  printf("%s\n", failures ? "The C interface fails." : "The C interface holds.");
  return failures != 0;
}
