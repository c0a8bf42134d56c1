#include <iostream>
#include <numeric>
#include <vector>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // A stream: each value goes through all stages on its own.
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto numbers = gordian::Generate(ctx, {1, 2, 3, 4, 5});
  const auto squares = gordian::Map(ctx, numbers, [](int n) { return n * n; });
  const auto odd = gordian::Filter(ctx, squares, [](int n) { return n % 2 == 1; });
  for (int n : odd) std::cout << n << ' ';
  cancel();

  // Batches: a stage that is cheaper for many at once gets many, and the next one a stream again.
  const gordian::Chan<gordian::Unit> done(0);
  const auto batches = gordian::Batch(done, gordian::Generate(done, {1, 2, 3, 4, 5}), 2);
  const auto scaled = gordian::Map(done, batches, [](std::vector<int> batch) {
    const int sum = std::accumulate(batch.begin(), batch.end(), 0);
    for (int& n : batch) n = 100 * n / sum;
    return batch;
  });
  for (int n : gordian::Stream(done, scaled)) std::cout << n << "% ";
  done.Close();
  std::cout << '\n';
}
