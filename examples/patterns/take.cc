#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  for (int n : gordian::Take(ctx, gordian::Repeat(ctx, {1, 2}), 5)) std::cout << n << ' ';
  cancel();  // for Repeat, which has more to give

  const gordian::Chan<gordian::Unit> done(0);
  for (int n : gordian::Take(done, gordian::Generate(done, {1, 2}), 5)) std::cout << n << ' ';
  done.Close();
  std::cout << '\n';
}
