#include <iostream>
#include <optional>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

using gordian::Recv;
using gordian::Select;
using gordian::Send;

// Serves both channels until it is told to stop.
void Serve(const gordian::Until& until, const gordian::RecvChan<int>& in,
           const gordian::SendChan<int>& out) {
  int last = 0;
  for (bool on = true; on;) {
    Select(Recv(in, [&](std::optional<int> n) { n.has_value() ? last = *n : on = false; }),
           Send(out, last), Recv(until.Done(), [&] { on = false; }));
  }
}

int main() {
  const gordian::Chan<int> in(0), out(0);
  gordian::WaitGroup group;

  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  group.Go([&, ctx = ctx] { Serve(ctx, in, out); });
  in.Send(5);
  std::cout << *out.Recv() << ' ';
  cancel();
  group.Wait();

  const gordian::Chan<gordian::Unit> done(0);
  group.Go([&] { Serve(done, in, out); });
  std::cout << *out.Recv() << ' ';
  done.Close();
  group.Wait();

  // The other form does work of its own, and looks between two pieces of it.
  auto [limited, stop] = gordian::WithTimeout(gordian::Background(), absl::Milliseconds(5));
  const gordian::Until until = limited;
  while (!until.Ended()) gordian::Gosched();
  stop();
  std::cout << "stopped\n";
}
