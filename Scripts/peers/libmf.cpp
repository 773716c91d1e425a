// LIBMF on a training and a test file: what reading, training and an epoch take, and how good the model is.
//   libmf TRAIN TEST RANK EPOCHS THREADS  ->  one JSON object
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "mf.h"

static double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

int main(int count, char **arguments) {
  if (count != 6) return 64;
  auto parameters = mf::mf_get_default_param();
  parameters.k = atoi(arguments[3]);
  parameters.nr_threads = atoi(arguments[5]);
  parameters.lambda_p2 = parameters.lambda_q2 = 0.05f;
  parameters.eta = 0.1f;
  parameters.quiet = true;
  double start = now();
  mf::mf_problem train = mf::read_problem(arguments[1]);
  double read = now() - start;
  // The grid is made once in a training, so the time of an epoch is a difference.
  parameters.nr_iters = 1;
  start = now();
  mf::mf_model *model = mf::mf_train(&train, parameters);
  double first = now() - start;
  mf::mf_destroy_model(&model);
  parameters.nr_iters = atoi(arguments[4]);
  start = now();
  model = mf::mf_train(&train, parameters);
  double all = now() - start;
  mf::mf_problem test = mf::read_problem(arguments[2]);
  double squares = 0;
  for (mf::mf_long n = 0; n < test.nnz; n++) {
    double error = mf::mf_predict(model, test.R[n].u, test.R[n].v) - test.R[n].r;
    squares += error * error;
  }
  printf("{\"read\": %f, \"train\": %f, \"epoch\": %f, \"rmse\": %f}\n", read, all,
         (all - first) * 1e9 / (parameters.nr_iters - 1) / train.nnz, std::sqrt(squares / test.nnz));
}
