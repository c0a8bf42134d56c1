#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // By time: it beats while it waits, so that who watches knows that it lives.
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  const gordian::Chan<int> jobs(0);
  const auto pulse =
      gordian::BeatEvery(ctx, absl::Milliseconds(2), jobs, [](int n) { return n * n; });
  for (int i = 0; i < 3; ++i) pulse.beats.Recv();
  jobs.Send(4);
  std::cout << *pulse.results.Recv() << ' ';
  cancel();

  // By unit of work: a test waits until the work has begun, and guesses no time.
  const gordian::Chan<gordian::Unit> done(0);
  const auto units =
      gordian::BeatPerUnit(done, gordian::Generate(done, {1, 2}), [](int n) { return n + 10; });
  units.beats.Recv();
  std::cout << "begun ";
  for (int n : units.results) std::cout << n << ' ';
  done.Close();
  std::cout << '\n';
}
