#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  // Pages, each a channel of its lines.
  const auto pages = gordian::Map(ctx, gordian::Generate(ctx, {10, 20, 30}), [ctx = ctx](int page) {
    return gordian::Generate(ctx, {page + 1, page + 2});
  });
  for (int line : gordian::Bridge(ctx, pages)) std::cout << line << ' ';
  cancel();

  const gordian::Chan<gordian::Unit> done(0);
  const gordian::Chan<gordian::RecvChan<int>> channels(1);
  channels.Send(gordian::Generate(done, {7, 8}));
  channels.Close();
  for (int n : gordian::Bridge(done, channels)) std::cout << n << ' ';
  done.Close();
  std::cout << '\n';
}
