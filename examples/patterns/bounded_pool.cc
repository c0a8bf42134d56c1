#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

struct Connection {
  explicit Connection(int n) : number(n) {}
  int number;
  int queries = 0;
};

int main() {
  // At most two connections, made when they are first needed.
  gordian::BoundedPool<Connection> connections(2, [n = 0]() mutable { return Connection(++n); });
  gordian::Atomic<int> queries(0);
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  gordian::WaitGroup group;
  for (int i = 0; i < 6; ++i) {
    group.Go([&, &ctx = ctx] {
      auto connection = connections.Get(ctx);  // waits for one to come back
      if (!connection.ok()) return;
      ++(*connection)->queries;
      queries.Add(1);
    });
  }
  group.Wait();
  cancel();
  std::cout << queries.Load() << " queries, " << connections.Free() << " free, ";

  // All are lent, and the caller does not want to wait for ever.
  const gordian::Chan<gordian::Unit> done(0);
  const auto first = connections.Get(done), second = connections.Get(done);
  gordian::Go([done] { done.Close(); });
  std::cout << (connections.Get(done).ok() ? "got one" : "none in time") << '\n';
}
