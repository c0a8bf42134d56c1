#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto [log, work] = gordian::Tee(ctx, gordian::Generate(ctx, {1, 2, 3}));
  for (int n : work) std::cout << n << '/' << *log.Recv() << ' ';
  cancel();

  const gordian::Chan<gordian::Unit> done(0);
  const auto [left, right] = gordian::Tee(done, gordian::Generate(done, {4}));
  std::cout << *left.Recv() << '/' << *right.Recv() << '\n';
  done.Close();
}
