#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  const gordian::Chan<gordian::Unit> quit(0), idle(0);
  auto [ctx, cancel] = gordian::WithTimeout(gordian::Background(), absl::Seconds(60));
  const auto stop = gordian::Or({ctx.Done(), quit, idle});
  gordian::Go([idle] { idle.Close(); });
  stop.Recv();  // which of the three it was is no matter
  std::cout << "stopped\n";
  cancel();
}
