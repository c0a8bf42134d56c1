#include <iostream>
#include <vector>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  const auto slow_square = [](int n) {
    gordian::Sleep(absl::Milliseconds(1));
    return n * n;
  };

  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto parts = gordian::FanOut(ctx, gordian::Generate(ctx, {1, 2, 3, 4}), 4, slow_square);
  int sum = 0;
  for (int n : gordian::FanIn(ctx, parts)) sum += n;  // in any order
  cancel();
  std::cout << sum << ' ';

  const gordian::Chan<gordian::Unit> done(0);
  const auto left = gordian::Generate(done, {1, 2}), right = gordian::Generate(done, {10, 20});
  sum = 0;
  for (int n : gordian::FanIn(done, std::vector{left, right})) sum += n;
  done.Close();
  std::cout << sum << '\n';
}
