#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const gordian::Chan<int> burst(0);
  const auto smooth = gordian::Queue(ctx, burst, 3);
  for (int i = 1; i <= 4; ++i) burst.Send(i);  // three wait and one is on its way: nobody received
  burst.Close();
  for (int n : smooth) std::cout << n << ' ';
  cancel();

  const gordian::Chan<gordian::Unit> done(0);
  for (int n : gordian::Queue(done, gordian::Generate(done, {5, 6}), 1)) std::cout << n << ' ';
  done.Close();
  std::cout << '\n';
}
