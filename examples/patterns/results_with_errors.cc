#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

// What can fail says so in its result; who receives decides.
absl::StatusOr<int> Price(const std::string& thing) {
  static const std::map<std::string, int> prices = {{"tea", 3}, {"milk", 1}};
  const auto found = prices.find(thing);
  if (found == prices.end()) return absl::NotFoundError(thing);
  return found->second;
}

int main() {
  const std::vector<std::string> things = {"tea", "gold", "milk"};

  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const auto prices = gordian::Map(ctx, gordian::Generate(ctx, things), Price);
  for (const absl::StatusOr<int>& dear : gordian::Then(ctx, prices, [](int n) { return 2 * n; })) {
    dear.ok() ? std::cout << *dear << ' ' : std::cout << "no " << dear.status().message() << ' ';
  }
  cancel();

  const gordian::Chan<gordian::Unit> done(0);
  const auto all =
      gordian::Collect(done, gordian::Map(done, gordian::Generate(done, things), Price));
  done.Close();  // Collect returned at the first error
  std::cout << (all.ok() ? "all" : "not all") << '\n';
}
