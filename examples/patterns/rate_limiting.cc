#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // What the service bears: so many a second, so many a minute; and what the disk does.
  gordian::RateLimiter second(gordian::Per(500, absl::Seconds(1)), 1);
  gordian::RateLimiter minute(gordian::Per(600, absl::Minutes(1)), 20);
  gordian::RateLimiter disk(gordian::Every(absl::Milliseconds(1)), 4);
  gordian::MultiLimiter api({&second, &minute}), read({&second, &minute, &disk});

  auto [ctx, cancel] = gordian::WithTimeout(gordian::Background(), absl::Seconds(5));
  int calls = 0;
  while (calls < 5 && api.Wait(ctx).ok()) ++calls;
  std::cout << calls << " calls ";

  const gordian::Chan<gordian::Unit> done(0);
  int reads = 0;
  for (int n : gordian::Throttle(done, gordian::Generate(done, {1, 2, 3}), read)) reads += n > 0;
  done.Close();
  std::cout << reads << " reads ";

  // What cannot be in time is refused at once, and takes nothing.
  gordian::RateLimiter rare(gordian::Per(1, absl::Hours(1)), 1);
  std::cout << rare.Allow() << rare.Allow() << ' ' << absl::IsDeadlineExceeded(rare.Wait(ctx))
            << '\n';
  cancel();
}
