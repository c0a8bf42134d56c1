#include <iostream>

#include "gordian/gordian.h"
#include "gordian/patterns.h"

int main() {
  // A ward that does its work once and then hangs.
  const gordian::Chan<int> work(4);
  int life = 0;
  const gordian::Ward ward = [&](const gordian::Until& until, absl::Duration) {
    return gordian::Produce<gordian::Unit>(
        until, [&work, n = ++life](const gordian::Emit<gordian::Unit>& emit) {
          if (!emit.until().Send(work, n)) return;
          emit.until().Done().Recv();  // but it ends when it is told to
        });
  };
  const gordian::Ward healed = gordian::Steward(absl::Milliseconds(10), ward);

  auto [ctx, cancel] = gordian::WithCancel(gordian::Background());
  auto beats = healed(ctx, absl::Milliseconds(1));
  for (int i = 0; i < 3; ++i) std::cout << "life " << *work.Recv() << ' ';
  cancel();
  while (beats.Recv().has_value()) {  // until the steward has ended too
  }

  const gordian::Chan<gordian::Unit> done(0);
  beats = healed(done, absl::Milliseconds(1));
  beats.Recv();
  done.Close();
  while (beats.Recv().has_value()) {
  }
  std::cout << "done\n";
}
