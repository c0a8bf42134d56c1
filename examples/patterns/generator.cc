#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // Context form: the squares go on until the context is cancelled.
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto squares = gordian::Produce<int>(ctx, [](const gordian::Emit<int>& emit) {
    for (int i = 1; emit(i * i); ++i) {
    }
  });
  for (int i = 0; i < 4; ++i) std::cout << *squares.Recv() << ' ';
  cancel();

  // Done-channel form, with values that are there already.
  const gordian::Chan<gordian::Unit> done(0);
  for (int n : gordian::Generate(done, {7, 8, 9})) std::cout << n << ' ';
  done.Close();
  std::cout << '\n';
}
