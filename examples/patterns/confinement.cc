#include <iostream>
#include <span>
#include <vector>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

// Lexical: the one goroutine that writes to the channel is inside; outside there is only a
// RecvChan, and to send on it or close it does not compile.
gordian::RecvChan<int> Countdown(const gordian::Until& until, int from) {
  return gordian::Produce<int>(until, [from](const gordian::Emit<int>& emit) {
    for (int n = from; n > 0 && emit(n); --n) {
    }
  });
}

int main() {
  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  for (int n : Countdown(ctx, 3)) std::cout << n << ' ';
  cancel();
  const gordian::Chan<gordian::Unit> done(0);
  for (int n : Countdown(done, 2)) std::cout << n << ' ';
  done.Close();

  // Lexical, for data: each goroutine sees the half that it was given.
  std::vector<int> data = {1, 2, 3, 4};
  gordian::WaitGroup group;
  for (const auto half : {std::span(data).first(2), std::span(data).last(2)}) {
    group.Go([half] {
      for (int& n : half) n *= 10;
    });
  }
  group.Wait();

  // Ad hoc: by agreement alone one goroutine touches `total`. Shared records it: were the
  // agreement broken, the race would be found.
  gordian::Shared<int> total(0);
  group.Go([&] {
    for (int n : data) total.Write(total.Read() + n);
  });
  group.Wait();
  std::cout << total.Read() << '\n';
}
