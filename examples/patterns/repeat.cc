#include <iostream>
#include <string>
#include <vector>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto lights = gordian::Repeat(ctx, std::vector<std::string>{"red", "green"});
  for (int i = 0; i < 3; ++i) std::cout << *lights.Recv() << ' ';
  cancel();

  const gordian::Chan<gordian::Unit> done(0);
  const auto tickets = gordian::RepeatFunction(done, [n = 100]() mutable { return n++; });
  for (int i = 0; i < 3; ++i) std::cout << *tickets.Recv() << ' ';
  done.Close();
  std::cout << '\n';
}
