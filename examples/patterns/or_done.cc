#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // Somebody else's channel, which is never closed.
  const gordian::Chan<int> measured(3);
  for (int n : {20, 21, 22}) measured.Send(n);

  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  for (int n : gordian::OrDone(ctx, measured)) {
    std::cout << n << ' ';
    if (n == 22) cancel();
  }

  const gordian::Chan<gordian::Unit> done(0);
  done.Close();
  for (int n : gordian::OrDone(done, measured)) std::cout << n << ' ';
  std::cout << "over\n";
}
